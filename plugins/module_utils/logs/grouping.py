# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Error logs of several pods as a few templates: what went wrong, how often, since when, and where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.classes import class_of
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.entries import Entry, Key, Scanner, unstamped
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.masks import mask
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.merging import merge
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.moments import earliest, latest
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

MAX_TEMPLATES = 30
_MAX_KEYS = 20_000
_EXAMPLE = 500
_LINK = re.compile(r"^(?:Caused by: |---> )")
_RESULT_CODE = re.compile(r"(Exception|Error) \((?:0x[0-9a-fA-F]{1,16}|\d{1,10})\)")
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


def group(logs: Iterable[PodLog]) -> dict[str, Any]:
    """The evidence of source ``logs``: templates by importance, with classes and counts.

    Only errors become templates; warnings are counted. Times are those written in the lines, in UTC where a line
    names no zone, and None where it names no time.
    """
    counted = _Counting()
    scanner = Scanner(counted.add)
    total = 0
    previous, names, truncated = set(), set(), False
    for log in logs:
        names.add(log.pod)
        total += len(log.text)
        truncated = truncated or log.truncated
        if log.previous:
            previous.add(log.pod)
        counted.begin(log)
        scanner.scan(log.text, stamped=log.stamped)
    groups = _templates(counted.logs)
    classes: Counter[str] = Counter()
    shown = []
    for item in groups:
        kind = class_of(item.template)
        classes[kind] += item.count
        shown.append((_weight(item, kind), kind, item))
    shown.sort(key=lambda entry: (-entry[0], entry[2].template))
    return {
        "pods_read": len(names),
        "lines": scanner.lines,
        "bytes": total,
        "truncated": truncated,
        "previous_used": sorted(previous),
        "templates": [_described(item, kind) for _, kind, item in shown[:MAX_TEMPLATES]],
        "templates_left_out": max(0, len(shown) - MAX_TEMPLATES),
        "classes": dict(sorted(classes.items())),
        "error_lines": scanner.errors,
        "warning_lines": scanner.warnings,
    }


class _Counting:
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


def _templates(logs: Iterable[tuple[str, dict[Key, Span]]]) -> list[Group]:
    """Groups of one template each, those that differ in one varying word joined."""
    by_template: dict[str, Group] = {}
    for pod, spans in logs:
        for key, span in spans.items():
            template = " — ".join(_unrepeated(mask(_text(part)) for part in key[1:])) or "<empty>"
            found = Group(
                template,
                key[0],
                span.first.sure,
                span.count,
                span.first.index / span.lines,
                span.last.index / span.lines,
                {pod: (span.first, span.last)},
            )
            known = by_template.setdefault(template, found)
            if known is not found:
                known.add(found)
    return merge(list(by_template.values()))


def _unrepeated(parts: Iterable[str]) -> list[str]:
    shown: list[str] = []
    for part in parts:
        if part and not any(part in other for other in shown):
            shown.append(part)
    return shown


def _text(part: bytes) -> str:
    return _LINK.sub("", _RESULT_CODE.sub(r"\1", one_line(part, None)))


def _weight(item: Group, kind: str) -> float:
    """How much a template deserves to be read first.

    Its count, more for a level that was written than for a suspicious word, more for errors that name a part of the
    system than for what clients cause, and more for what came in a burst or began late than for what was always there.
    """
    level = 10.0 if item.level == "critical" else 3.0 if item.sure else 1.0
    named = 1.0 if kind in ("application", "authentication", "validation") else 2.0
    span = max(item.end - item.begin, 0.2)
    burst = 1.0 / span**2 if item.count >= 5 else 1.0
    return item.count * level * named * burst


def _described(item: Group, kind: str) -> dict[str, Any]:
    pod_entries = list(item.pods.values())
    example = pod_entries[-1][1]
    lines = b"\n".join([unstamped(example.line), *example.details])
    return {
        "template": item.template,
        "class": kind,
        "level": item.level,
        "count": item.count,
        "first": earliest(first.line for first, _ in pod_entries),
        "last": latest(last.line for _, last in pod_entries),
        "pods": sorted(item.pods),
        "example": one_line(lines, _EXAMPLE),
    }
