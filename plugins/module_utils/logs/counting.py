# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How often, where and when an error occurs: counted log by log, then put together."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.entries import Entry, Key

_MAX_KEYS = 20_000
_OVERFLOW = b"errors of too many different kinds to tell apart"


@dataclass(frozen=True)
class PodLog:
    """What was read of one container.

    ``previous``: it is of the run before the current one. ``stamped``: each line begins with its time.
    """

    pod: str
    text: bytes
    previous: bool = False
    truncated: bool = False
    stamped: bool = False


@dataclass(slots=True)
class Span:
    """The occurrences of one error in one log."""

    first: Entry
    last: Entry
    lines: int  # of the log
    count: int = 1


@dataclass
class Group:
    """Occurrences of one template. Positions run from 0, a log's first line, to 1, its last."""

    template: str
    level: str
    sure: bool
    count: int
    begin: float
    end: float
    pods: dict[str, tuple[Entry, Entry]]  # first and last entry of each pod

    def add(self, other: Group) -> None:
        """Take over the occurrences of another group."""
        self.count += other.count
        self.begin, self.end = min(self.begin, other.begin), max(self.end, other.end)
        self.sure = self.sure or other.sure
        if other.level == "critical":
            self.level = "critical"
        for pod, (first, last) in other.pods.items():
            mine = self.pods.get(pod)
            self.pods[pod] = (
                (first if mine is None or first.index < mine[0].index else mine[0]),
                (last if mine is None or last.index > mine[1].index else mine[1]),
            )


class Counting:
    """Counts the entries of one log after another by what they are grouped by."""

    def __init__(self) -> None:
        self.logs: list[tuple[str, dict[Key, Span]]] = []
        self._spans: dict[Key, Span] = {}
        self._lines = 1
        self._keys = 0

    def begin(self, log: PodLog) -> None:
        self._spans = {}
        self._lines = log.text.count(b"\n") + 1
        self.logs.append((log.pod, self._spans))

    def add(self, entry: Entry) -> None:
        span = self._spans.get(entry.key)
        if span is not None:
            span.last = entry
            span.count += 1
        elif self._keys < _MAX_KEYS:
            self._keys += 1
            self._spans[entry.key] = Span(entry, entry, self._lines)
        else:
            overflow = self._spans.setdefault(("error", _OVERFLOW), Span(entry, entry, self._lines, 0))
            overflow.last = entry
            overflow.count += 1
