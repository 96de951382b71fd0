"""A part is one server of the environment: how to start it, how to see that it works, how to end it."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hotswap_runbooks.gameday import processes
from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.paths import Paths

OK = "ok"
COLLECTING = "ok, collecting"  # works, but has nothing to tell yet


@dataclass(frozen=True)
class Part:
    """One server. ``health()`` says `ok`, or what is wrong, or nothing when it does not answer yet."""

    name: str
    address: str
    command: Sequence[str | Path]
    health: Callable[[], str]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: tuple[int, int] | None = None
    politely: signal.Signals = signal.SIGTERM
    patience: float = 10  # seconds to end by itself
    start_limit: float = 60  # seconds until it answers
    try_again_for: float = 0  # seconds in which one that ends at once is started again


@dataclass(frozen=True)
class PartStatus:
    """One row of `runbook gameday status`."""

    name: str
    pid: int | None
    address: str
    health: str

    @property
    def ok(self) -> bool:
        return self.pid is not None and self.health in (OK, COLLECTING)


class Parts:
    """The processes of one environment, known by their pid files."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def _pid_file(self, name: str) -> Path:
        return self._paths.pids / name

    def log(self, name: str) -> Path:
        """Where the part writes its output."""
        return self._paths.logs / f"{name}.log"

    def process(self, name: str) -> processes.Process | None:
        """The part's living process."""
        process = processes.recorded(self._pid_file(name))
        return process if processes.alive(process) else None

    def recorded(self) -> list[str]:
        """Names of all parts that were ever started here."""
        folder = self._paths.pids
        return sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []

    def start(self, part: Part) -> bool:
        """Start a part and wait until it answers; False when it was running already."""
        begun = time.monotonic()
        running = self.process(part.name) is not None
        child = None if running else self._launch(part)
        while not part.health():
            waited = time.monotonic() - begun
            if self._ended(part.name, child):
                if waited > part.try_again_for:
                    code = f" with exit code {child.returncode}" if child else ""
                    raise self._failure(part, f"ended at once{code}: ", last_words=True)
                time.sleep(0.2)
                child = self._launch(part)
            elif waited > part.start_limit:
                raise self._failure(part, f"did not answer on {part.address} within {part.start_limit:.0f} s.")
            time.sleep(0.05)
        return not running

    def _ended(self, name: str, child: subprocess.Popen[bytes] | None) -> bool:
        # A child is asked itself: right after its start there may be nothing in its pid file yet.
        return child.poll() is not None if child else self.process(name) is None

    def _launch(self, part: Part) -> subprocess.Popen[bytes]:
        return processes.start(
            part.command,
            pid_file=self._pid_file(part.name),
            log=self.log(part.name),
            environment=part.environment,
            user=part.user,
        )

    def _failure(self, part: Part, what: str, *, last_words: bool = False) -> PracticeError:
        log = self.log(part.name)
        return PracticeError(f"{part.name} {what}{last_line(log) if last_words else ''}", f"Its log is {log}.")

    def stop(self, name: str, politely: signal.Signals = signal.SIGTERM, patience: float = 10) -> bool:
        """End a part and wait for its end; False when it was not running."""
        process = self.process(name)
        if process:
            processes.stop(process, politely=politely, patience=patience)
        self._pid_file(name).unlink(missing_ok=True)
        return process is not None

    def status(self, part: Part) -> PartStatus:
        """Whether a part runs and works."""
        process = self.process(part.name)
        if process is None:
            return PartStatus(part.name, None, part.address, "not running")
        return PartStatus(part.name, process.pid, part.address, part.health() or "does not answer")


def last_line(log: Path) -> str:
    """The last line of a log that says something, cut to 300 characters."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "nothing was logged"
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "nothing was logged")
