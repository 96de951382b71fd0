# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Error logs of several pods as a few templates: what went wrong, how often, since when, and where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.classes import class_of
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.counting import Counting, Group, PodLog, Span
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.entries import Entry, Key, Scanner, unstamped
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.masks import mask
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.merging import merge
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.moments import earliest, latest
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.shapes import SHAPE, is_exception
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

MAX_TEMPLATES = 30
_EXAMPLE = 500
_LINK = re.compile(r"^(?:Caused by: |---> )")
_RESULT_CODE = re.compile(r"(Exception|Error) \((?:0x[0-9a-fA-F]{1,16}|\d{1,10})\)")


def group(logs: Iterable[PodLog]) -> dict[str, Any]:
    """The evidence of source ``logs``: templates by importance, with classes and counts.

    Only errors become templates; warnings are counted. Times are those written in the lines, in UTC where a line
    names no zone, and None where it names no time.
    """
    counted = Counting()
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


def _reason(example: Entry) -> str:
    """What a person would quote: the first exception as it stands in the log, else the message."""
    for line in example.details:
        if is_exception(line.strip()):
            return one_line(_LINK.sub("", _RESULT_CODE.sub(r"\1", one_line(line, None))), _EXAMPLE)
    # A shape is as long as what it is the shape of, so a message is found by its place.
    for line in (unstamped(example.line), *example.details[:1]):
        place = line.translate(SHAPE).rfind(example.key[1])
        if place >= 0:
            return one_line(line[place : place + len(example.key[1])], _EXAMPLE)
    return one_line(unstamped(example.line), _EXAMPLE)


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
        "reason": _reason(example),
        "example": one_line(lines, _EXAMPLE),
    }
