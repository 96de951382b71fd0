"""What a person sees while servers are built and started: each step with its time."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

Note = Callable[[str], None]
LONG = 20.0  # seconds after which a plain line says that a step still runs


class Progress(Protocol):
    """Tells a person about steps; safe from several threads."""

    @contextmanager
    def step(self, name: str) -> Iterator[Note]:
        """Run one step; the yielded function sets a short remark shown beside it."""
        raise NotImplementedError(name)

    def say(self, text: str) -> None:
        """One line that stays."""


def clock(seconds: float) -> str:
    """A duration for people: `0.4 s`, `12 s`, `3:05`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


class Lines:
    """Plain lines for logs and pipes: one when a step ends, one now and then while it lasts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        with self._lock:
            print(text, flush=True)

    @contextmanager
    def step(self, name: str) -> Iterator[Note]:
        remark = [""]
        begun, over = time.monotonic(), threading.Event()

        def still_running() -> None:
            while not over.wait(LONG):
                self.say(f"  ... {name} {clock(time.monotonic() - begun)} {remark[0]}".rstrip())

        threading.Thread(target=still_running, daemon=True).start()
        try:
            yield lambda text: remark.__setitem__(0, text)
        except BaseException:
            self.say(f"  failed: {name} after {clock(time.monotonic() - begun)}")
            raise
        finally:
            over.set()
        self.say(f"  {name:<44} {clock(time.monotonic() - begun):>8} {remark[0]}".rstrip())


class Terminal:
    """A live line per step that still runs, a plain one when it has ended."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._bars = Bars(
            TextColumn(" "),
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[remark]}"),
            console=self._console,
            transient=True,
        )

    def __enter__(self) -> Terminal:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def say(self, text: str) -> None:
        self._console.print(text, markup=False)

    @contextmanager
    def step(self, name: str) -> Iterator[Note]:
        begun, remark = time.monotonic(), [""]
        task = self._bars.add_task(name, remark="", total=None)

        def note(text: str) -> None:
            remark[0] = text
            self._bars.update(task, remark=text)

        try:
            yield note
        except BaseException:
            self.say(f"  ✗ {name} after {clock(time.monotonic() - begun)}")
            raise
        finally:
            self._bars.remove_task(task)
        self.say(f"  ✓ {name:<44} {clock(time.monotonic() - begun):>8} {remark[0]}".rstrip())


class Silence:
    """For tests and for callers with a display of their own."""

    def say(self, text: str) -> None:
        """Nothing."""

    @contextmanager
    def step(self, name: str) -> Iterator[Note]:  # noqa: ARG002
        yield lambda _: None


@contextmanager
def shown() -> Iterator[Progress]:
    """Live on a terminal, plain lines elsewhere."""
    if sys.stdout.isatty():
        with Terminal() as terminal:
            yield terminal
    else:
        yield Lines()
