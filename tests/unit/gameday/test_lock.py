"""One command at a time works on an environment."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

from hotswap_runbooks.gameday.lock import locked

HOLD = """
import sys, time
from pathlib import Path
from hotswap_runbooks.gameday.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_waits_until_the_first_has_finished_and_is_told(tmp_path: Path) -> None:
    file, order = tmp_path / "lock", []

    def second() -> None:
        with locked(file, lambda: order.append("second waits")):
            order.append("second works")

    with locked(file):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.4)
        order.append("first ends")
    thread.join(5)
    assert order == ["second waits", "first ends", "second works"]


def test_the_lock_of_a_killed_command_is_free(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
        holder.wait()
    waited: list[bool] = []
    with locked(file, lambda: waited.append(True)):
        pass
    assert waited == []
