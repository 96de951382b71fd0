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
_STARTED = "process_start_time_seconds"

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
    """The reading in ``text``. Raises BadInput naming the first line that is no metric of ``source``."""
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
            if _QUOTED.fullmatch(line):
                continue
            raise BadInput(
                f"{source} is not in the format of /metrics: line {number} reads {one_line(line, 80)!r}.",
                "Check that the URL leads to the metrics and not to a web page.",
                line=number,
            )
        name = match["name"]
        families.add(_SUFFIX.sub("", name))
        if name == f"{DURATION}_bucket":
            bound = _number(_labels(match["labels"] or "").get("le", ""))
            if bound is not None:
                buckets[bound] = buckets.get(bound, 0.0) + value
        elif name.startswith((FAILED, DURATION, _STARTED)):
            sums[name] = sums.get(name, 0.0) + value
    return Reading(
        families=len(families),
        failed=sums.get(f"{FAILED}_total", sums.get(FAILED)),
        requests=sums.get(f"{DURATION}_count"),
        buckets=tuple(sorted(buckets.items())),
        started=sums.get(_STARTED),
    )


def between(before: Reading, after: Reading) -> Levels:
    """The levels between two readings. When another process answered the second time, all are unknown."""
    if before.started != after.started:
        return Levels(None, None, None, None)
    failed = slo.increase(before.failed, after.failed)
    requests = slo.increase(before.requests, after.requests)
    buckets = slo.bucket_increase(before.buckets, after.buckets)
    p95 = slo.quantile(0.95, buckets) if buckets else None
    return Levels(failed, requests, slo.error_rate(failed, requests), p95)


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
