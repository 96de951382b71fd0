# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The text that ``/metrics`` answers: Prometheus's exposition format and OpenMetrics.

Read by hand: the reference parser is strict about order and metadata that do not matter here, and takes several times
as long for a page of which two families are wanted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.hotswap.runbooks.plugins.module_utils import slo
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

FAILED = "http_req_failed"
DURATION = "http_req_duration_seconds"
STARTED = "process_start_time_seconds"
APART = 1.0
"""Seconds between two readings that are compared."""
REMEMBERED = 30.0
"""Seconds for which a reading can be compared: one from before the recovery would bring its errors into the soak."""

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = re.compile(r'\s*(?P<name>[a-zA-Z_][\w.]*|"(?:[^"\\]|\\.)*")\s*=\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*,?', re.ASCII)
# One line: name, labels, value, then a timestamp or an exemplar, which are not needed.
_SAMPLE = re.compile(
    rf'(?P<name>{_NAME})(?:[ \t]*\{{(?P<labels>(?:[^"}}]|"(?:[^"\\]|\\.)*")*)\}}[ \t]*|[ \t]+)(?P<value>[^\s{{}}"]+)'
    r"(?:[ \t]+-?[0-9][0-9.eE+-]*)?[ \t]*(?:#.*)?"
)
# Names outside the classic alphabet stand quoted inside the braces.
_QUOTED = re.compile(r'\{\s*"(?:[^"\\]|\\.)*"(?:[^"}]|"(?:[^"\\]|\\.)*")*\}[ \t]*[^\s{}"]+.*')
_SUFFIX = re.compile(r"_(?:total|bucket|sum|count|created|info)$")
_NUMBERS = {"+inf": float("inf"), "inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}


@dataclass(frozen=True)
class Reading:
    """One reading of the service's metrics.

    ``failed`` and ``requests`` are the counters summed over all labels, None when absent; ``buckets`` the latency
    histogram, in seconds; ``started`` the start of the process that answered, unix seconds.
    """

    families: int
    failed: float | None
    requests: float | None
    buckets: tuple[slo.Bucket, ...]
    started: float | None = None


@dataclass(frozen=True)
class Levels:
    """What happened between two readings; what cannot be told is None."""

    failed: float | None
    requests: float | None
    error_rate: float | None
    p95_s: float | None


def parse(text: str, source: str = "The text") -> Reading:
    """The reading in ``text``. Lines of somebody else's that are no metric are skipped.

    Raises BadInput naming the first line of ``source`` that is none when no line is a metric, or when it is one of
    those that are wanted: without it the numbers would be wrong.
    """
    odd: tuple[int, str] | None = None
    fitting = 0
    families: set[str] = set()
    sums: dict[str, float] = {}
    buckets: dict[float, float] = {}
    for number, raw in enumerate(text.lstrip("\ufeff").split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _SAMPLE.fullmatch(line)
        value = _number(match["value"]) if match else None
        if match is None or value is None:
            if line.startswith((FAILED, DURATION)):
                raise _no_metric(source, number, line)
            if _QUOTED.fullmatch(line):
                fitting += 1
            elif odd is None:
                odd = number, line
            continue
        fitting += 1
        name = match["name"]
        families.add(_SUFFIX.sub("", name))
        if name == f"{DURATION}_bucket":
            bound = _number(_labels(match["labels"] or "").get("le", ""))
            if bound is not None:
                buckets[bound] = buckets.get(bound, 0.0) + value
        elif name.startswith((FAILED, DURATION, STARTED)):
            sums[name] = sums.get(name, 0.0) + value
    if odd is not None and not fitting:
        raise _no_metric(source, *odd)
    return Reading(
        families=len(families),
        failed=sums.get(f"{FAILED}_total", sums.get(FAILED)),
        requests=sums.get(f"{DURATION}_count"),
        buckets=tuple(sorted(buckets.items())),
        started=sums.get(STARTED),
    )


class Readings:
    """The latest readings of what answers at one address, which may be several processes behind a load balancer."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, Reading]] = []

    def add(self, now: float, reading: Reading, *, alone: bool = False) -> Levels | None:
        """What happened since the last reading of the same process; None when no reading of it is a second old.

        ``now`` counts seconds on a steady clock. ``alone`` says that there is no other process to mistake it for.
        """
        self._kept = [(at, earlier) for at, earlier in self._kept if now - at <= REMEMBERED]
        same = [(at, earlier) for at, earlier in self._kept if same_process(earlier, reading, alone=alone)]
        # A sleep of a second may be a little short of one.
        before = [earlier for at, earlier in same if now - at >= 0.9 * APART]
        if before:
            self._kept = [kept for kept in self._kept if kept not in same]
        self._kept.append((now, reading))
        return between(before[-1], reading) if before else None


def same_process(before: Reading, after: Reading, *, alone: bool = False) -> bool:
    """Whether one process answered both times: it started at the same moment, and no counter of it went back.

    Without that moment only a process that is ``alone`` is the same; two others' counters would give invented rates.
    """
    if before.started != after.started or (after.started is None and not alone):
        return False
    grown = [(before.failed, after.failed), (before.requests, after.requests)]
    grown += [(old, new) for (_, old), (_, new) in zip(before.buckets, after.buckets, strict=False)]
    return all(old is None or new is None or new >= old for old, new in grown)


def between(before: Reading, after: Reading) -> Levels:
    """The levels between two readings of the same process."""
    failed = slo.increase(before.failed, after.failed)
    requests = slo.increase(before.requests, after.requests)
    buckets = slo.bucket_increase(before.buckets, after.buckets)
    p95 = slo.quantile(0.95, buckets) if buckets else None
    return Levels(failed, requests, slo.error_rate(failed, requests), p95)


def _no_metric(source: str, number: int, line: str) -> BadInput:
    return BadInput(
        f"{source} is not in the format of /metrics: line {number} reads {one_line(line, 80)!r}.",
        "Check that the URL leads to the metrics and not to a web page.",
        line=number,
    )


def _labels(text: str) -> Mapping[str, str]:
    return {match["name"]: match["value"] for match in _LABEL.finditer(text)}


def _number(text: str) -> float | None:
    special = _NUMBERS.get(text.lower())
    if special is not None:
        return special
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        return None
