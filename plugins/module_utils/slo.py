# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Error rate, latency and the judgement on them: pass, fail, or unknown. Pure functions.

No data is unknown, and unknown never passes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Bucket = tuple[float, float]
"""Upper bound in seconds and the cumulative count at or below it, as in a Prometheus histogram."""

PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"


@dataclass(frozen=True)
class Verdict:
    """``state`` is pass, fail or unknown; ``reason`` says why in one clause."""

    state: str
    reason: str

    @property
    def passed(self) -> bool:
        return self.state == PASS


def increase(before: float | None, after: float | None) -> float | None:
    """How much a counter grew. One that went down was reset and has grown from zero, as in PromQL's increase()."""
    if not _known(before) or not _known(after):
        return None
    assert before is not None
    assert after is not None
    return after if after < before else after - before


def bucket_increase(before: Sequence[Bucket], after: Sequence[Bucket]) -> list[Bucket] | None:
    """The histogram of what happened between two readings; None when their buckets differ."""
    if not before or [bound for bound, _ in before] != [bound for bound, _ in after]:
        return None
    # One reset resets all buckets, though only some of them may show it by being smaller.
    reset = any(new < old for (_, old), (_, new) in zip(before, after, strict=True))
    return [(bound, new if reset else new - old) for (bound, old), (_, new) in zip(before, after, strict=True)]


def error_rate(failed: float | None, total: float | None) -> float | None:
    """The share of failed requests, 0 to 1; None when there were no requests or one of the numbers is unknown."""
    if not _known(failed) or not _known(total):
        return None
    assert failed is not None
    assert total is not None
    if total <= 0 or failed < 0:
        return None
    # Two counters are not read in the same instant: one may be a request ahead.
    return min(1.0, failed / total)


def quantile(q: float, buckets: Sequence[Bucket]) -> float | None:
    """The ``q`` quantile in seconds, interpolated in its bucket; None without observations or without a +Inf bucket.

    The formula of Prometheus's histogram_quantile(): observations are spread evenly in their bucket, the first
    bucket starts at zero, and what falls into the last one counts as the last finite bound.
    """
    ordered = sorted(buckets)
    if len(ordered) < 2 or not math.isinf(ordered[-1][0]) or not 0 <= q <= 1:
        return None
    counts: list[float] = []
    for _, count in ordered:
        if not _known(count):
            return None
        counts.append(max(count, counts[-1] if counts else 0.0))
    total = counts[-1]
    if total <= 0:
        return None
    rank = q * total
    index = next(i for i, count in enumerate(counts) if count >= rank)
    if index == len(ordered) - 1:
        return ordered[-2][0]
    upper = ordered[index][0]
    if index == 0 and upper <= 0:
        return upper
    lower, below = (ordered[index - 1][0], counts[index - 1]) if index else (0.0, 0.0)
    inside = counts[index] - below
    return upper if inside <= 0 else lower + (upper - lower) * (rank - below) / inside


def judge(name: str, value: float | None, limit: float, unit: str = "") -> Verdict:
    """Whether ``value`` lies below ``limit``. ``unit`` ``%`` shows shares of one as per cent."""
    if not _known(value):
        return Verdict(UNKNOWN, f"{name} is unknown: there is no data")
    assert value is not None
    shown, bound = _shown(value, unit), _shown(limit, unit)
    if value < limit:
        return Verdict(PASS, f"{name} is {shown}, below {bound}")
    return Verdict(FAIL, f"{name} is {shown}, not below {bound}")


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """All verdicts as one: a failure outweighs the unknown, the unknown outweighs a pass; nothing at all is unknown."""
    given = list(verdicts)
    for state in (FAIL, UNKNOWN, PASS):
        reasons = [verdict.reason for verdict in given if verdict.state == state]
        if reasons:
            return Verdict(state, "; ".join(reasons))
    return Verdict(UNKNOWN, "nothing was measured")


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _shown(value: float, unit: str) -> str:
    if unit == "%":
        return f"{value * 100:.3g} %"
    if unit == "s" and value < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.3g} {unit}".rstrip()
