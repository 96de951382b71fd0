"""A container's log files in the form the kubelet keeps them (CRI), so that `kubectl logs` and `--previous` work."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

LARGEST = 2_000_000  # bytes of one file before its older half is dropped


def cri(lines: Iterable[str], at: datetime) -> str:
    """``lines`` as CRI log lines of standard output, all stamped ``at``."""
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
    return "".join(f"{stamp} stdout F {line}\n" for line in lines)


class ContainerLog:
    """The current and the previous log of one container; writing keeps the current one below `LARGEST` bytes."""

    def __init__(self, folder: Path, namespace: str, pod: str, container: str) -> None:
        stem = f"{namespace}_{pod}_{container}"
        self.current = folder / f"{stem}.log"
        self.previous = folder / f"{stem}.previous.log"
        self._removed = False
        self.current.touch()

    def write(self, lines: Iterable[str]) -> None:
        if self._removed:
            return
        with self.current.open("a", encoding="utf-8") as file:
            file.write(cri(lines, datetime.now(UTC)))
            size = file.tell()
        if size > LARGEST:
            self._drop_older_half()

    def exited(self) -> None:
        """The container ended: until it starts again both logs show the run that ended, as in life."""
        shutil.copyfile(self.current, self.previous)

    def restarted(self) -> None:
        """A new run of the container begins with an empty log."""
        self.current.write_bytes(b"")

    def remove(self) -> None:
        """The pod is gone, and its logs with it; what is written afterwards is dropped."""
        self._removed = True
        self.current.unlink(missing_ok=True)
        self.previous.unlink(missing_ok=True)

    def _drop_older_half(self) -> None:
        kept = self.current.read_bytes()[-LARGEST // 2 :]
        self.current.write_bytes(kept[kept.index(b"\n") + 1 :])
