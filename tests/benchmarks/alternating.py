"""Ratios of alternating runs: two ways of doing a thing take turns, so that a slow minute of the machine hits both."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A command line, run in ``folder`` with ``environment``; its output is thrown away."""

    words: Sequence[str]
    folder: Path
    environment: Mapping[str, str]

    def __call__(self) -> None:
        subprocess.run(
            self.words,
            cwd=self.folder,
            # As a person's shell has it: Python may keep its bytecode.
            env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )


def seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def ratios(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> list[float]:
    """Our time by theirs, of each round; a first round warms both up and does not count."""
    found = [seconds(ours) / seconds(theirs) for _ in range(rounds + 1)]
    return found[1:]


def median(values: Sequence[float]) -> float:
    return round(statistics.median(values), 2)
