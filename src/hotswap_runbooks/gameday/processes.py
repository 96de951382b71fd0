"""Start a server detached, remember exactly which process it is, and end exactly that one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The shell writes down who it is before it becomes the server: from then on a killed `up` leaves no unknown process.
# Its standard output is the pid file, its standard error the log; the server writes both to the log.
_LAUNCH = """
printf '%s\\n' "$$"
cat /proc/sys/kernel/random/boot_id "/proc/$$/stat" 2>/dev/null || ps -o lstart= -p "$$"
exec "$@" >&2
"""


@dataclass(frozen=True)
class Process:
    """A process and the moment it was born: a reused pid is another process."""

    pid: int
    born: str


def _linux_birth(boot_id: str, stat: str) -> tuple[str, str]:
    """(birth, state letter) from /proc; the name in brackets may hold spaces and brackets."""
    fields = stat.rpartition(")")[2].split()
    return f"{boot_id.strip()}/{fields[19]}", fields[0]


def birth(pid: int) -> str | None:
    """When the process was born, as an opaque text; None when there is no such process or only its remains."""
    try:
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        born, state = _linux_birth(boot_id, Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
        lines = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
        return lines.strip() or None
    except (OSError, IndexError):
        return None
    return None if state in "ZX" else born


def alive(process: Process | None) -> bool:
    """Whether exactly this process still runs."""
    return process is not None and birth(process.pid) == process.born


def recorded(pid_file: Path) -> Process | None:
    """The process written down in a pid file; None when there is no file or it was torn."""
    try:
        lines = pid_file.read_text(encoding="utf-8", errors="replace").splitlines()
        pid = int(lines[0])
        born = _linux_birth(lines[1], lines[2])[0] if len(lines) > 2 else lines[1].strip()
    except (OSError, ValueError, IndexError):
        return None
    return Process(pid, born)


def start(
    command: Sequence[str | Path],
    *,
    pid_file: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: tuple[int, int] | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own; ``user`` is (uid, gid) when root gives its rights away."""
    rights: dict[str, Any] = {} if user is None else {"user": user[0], "group": user[1], "extra_groups": []}
    with pid_file.open("wb") as record, log.open("ab") as output:
        return subprocess.Popen(
            ["/bin/sh", "-c", _LAUNCH, "sh", *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=record,
            stderr=output,
            env={**os.environ, **(environment or {})},
            cwd=folder or "/",
            start_new_session=True,
            **rights,
        )


def stop(process: Process, *, politely: signal.Signals = signal.SIGTERM, patience: float = 10) -> None:
    """End exactly this process and wait for its end: first ``politely``, after ``patience`` seconds by SIGKILL."""
    for number in (politely, signal.SIGKILL):
        if not alive(process):
            return
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not alive(process):
                return
            time.sleep(0.02)
