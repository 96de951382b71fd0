"""Down leaves nothing behind but logs, whatever it finds; waiting ends with a reason."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from hotswap_runbooks.gameday import lifecycle, processes
from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.parts import Part, Parts
from hotswap_runbooks.gameday.paths import Paths
from hotswap_runbooks.gameday.progress import Lines, Silence, clock


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths.of(tmp_path / ".gameday")
    for folder in (paths.pids, paths.logs, paths.data):
        folder.mkdir(parents=True)
    return paths


def test_down_ends_what_was_started_also_without_a_readable_state(paths: Paths) -> None:
    child = processes.start(["sleep", "60"], pid_file=paths.pids / "etcd", log=paths.logs / "etcd.log")
    extra = processes.start(["sleep", "60"], pid_file=paths.pids / "batch", log=paths.logs / "batch.log")
    while not Parts(paths).process("batch") or not Parts(paths).process("etcd"):
        pass
    paths.state.write_text("torn {")
    assert sorted(lifecycle.down(paths, Silence())) == ["batch", "etcd"]
    assert child.wait(5) == extra.wait(5) == -signal.SIGTERM
    assert sorted(entry.name for entry in paths.folder.iterdir()) == ["lock", "logs"]


def test_down_leaves_a_process_alone_that_got_the_pid_of_a_part(paths: Paths) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        stat = Path(f"/proc/{stranger.pid}/stat").read_text()
        (paths.pids / "etcd").write_text(f"{stranger.pid}\nan-earlier-boot\n{stat}")
        assert lifecycle.down(paths, Silence()) == []
        assert stranger.poll() is None
        stranger.kill()


def test_down_where_nothing_was_started_creates_nothing(tmp_path: Path) -> None:
    assert lifecycle.down(Paths.of(tmp_path / ".gameday"), Silence()) == []
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_ends_at_once_is_reported_with_its_last_words(paths: Paths) -> None:
    part = Part("etcd", "nowhere", ["sh", "-c", "echo the port is taken >&2; exit 7"], lambda: "")
    with pytest.raises(PracticeError, match=r"etcd ended at once with exit code 7: the port is taken.*etcd\.log"):
        Parts(paths).start(part)


def test_a_part_that_never_answers_is_reported_with_its_log(paths: Paths) -> None:
    parts = Parts(paths)
    with pytest.raises(PracticeError, match="etcd did not answer on nowhere within 0 s"):
        parts.start(Part("etcd", "nowhere", ["sleep", "60"], lambda: "", start_limit=0.2))
    assert parts.stop("etcd")


def test_waiting_ends_with_what_is_still_missing() -> None:
    with pytest.raises(PracticeError, match=r"not ready after 0 s: 2 of 3 pods ready"):
        lifecycle.wait("pods", lambda: "2 of 3 pods ready", Silence(), 0.1)


def test_plain_progress_has_one_line_per_step_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    with Lines().step("etcd") as note:
        note("already running")
    line = capsys.readouterr().out
    assert line.startswith("  etcd ")
    assert line.endswith("0.0 s already running\n")


@pytest.mark.parametrize(("seconds", "text"), [(0.04, "0.0 s"), (9.96, "10 s"), (75, "75 s"), (185.2, "3:05")])
def test_durations_read_well(seconds: float, text: str) -> None:
    assert clock(seconds) == text
