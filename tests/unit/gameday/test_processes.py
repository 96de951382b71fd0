"""A process is started detached, known exactly, and only that one is ever ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotswap_runbooks.gameday import processes
from hotswap_runbooks.gameday.processes import Process


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def start(tmp_path: Path, *command: str) -> tuple[subprocess.Popen[bytes], Path]:
    pid_file = tmp_path / "part"
    child = processes.start(command, pid_file=pid_file, log=tmp_path / "part.log")
    deadline = time.monotonic() + 10
    while processes.recorded(pid_file) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return child, pid_file


def test_a_started_process_is_the_recorded_one_and_is_ended(tmp_path: Path) -> None:
    child, pid_file = start(tmp_path, "sleep", "60")
    process = processes.recorded(pid_file)
    assert process is not None
    assert process.pid == child.pid
    assert processes.alive(process)
    assert os.getsid(child.pid) == child.pid, "a closing terminal must not take the server along"
    processes.stop(process)
    assert not processes.alive(process)
    assert child.wait(5) == -signal.SIGTERM


def test_output_of_the_process_goes_to_its_log_and_not_into_the_pid_file(tmp_path: Path) -> None:
    child, pid_file = start(tmp_path, "sh", "-c", "echo out; echo err >&2")
    child.wait(5)
    assert (tmp_path / "part.log").read_text().split() == ["out", "err"]
    assert "out" not in pid_file.read_text()


def test_another_process_with_the_same_pid_is_never_ended(sleeper: subprocess.Popen[bytes]) -> None:
    born = processes.birth(sleeper.pid)
    assert born is not None
    processes.stop(Process(sleeper.pid, born + "0"))
    time.sleep(0.1)
    assert sleeper.poll() is None


def test_remains_of_an_ended_process_count_as_gone(sleeper: subprocess.Popen[bytes]) -> None:
    process = Process(sleeper.pid, processes.birth(sleeper.pid) or "")
    os.kill(sleeper.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while processes.alive(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    # Nobody has waited for it yet, so its entry is still there.
    assert Path(f"/proc/{sleeper.pid}").exists()
    assert not processes.alive(process)


def test_a_process_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    child, pid_file = start(tmp_path, sys.executable, "-c", deaf)
    deadline = time.monotonic() + 10
    while "deaf" not in (tmp_path / "part.log").read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    process = processes.recorded(pid_file)
    assert process is not None
    processes.stop(process, patience=0.3)
    assert child.wait(5) == -signal.SIGKILL


@pytest.mark.parametrize("content", ["", "12", "12\n", "x\nboot\n1 (a) S\n", "12\nboot\n12 (a) S 1\n"])
def test_a_torn_pid_file_names_no_process(tmp_path: Path, content: str) -> None:
    file = tmp_path / "part"
    file.write_text(content)
    assert not processes.alive(processes.recorded(file))


def test_a_program_name_with_brackets_and_spaces_does_not_shift_the_birth() -> None:
    stat = "42 (a) b (c) S " + " ".join(str(number) for number in range(4, 53))
    assert processes._linux_birth("boot\n", stat) == ("boot/22", "S")
