# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a service has recovered, judged on evidence. Pure functions; no data never passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils import slo
from ansible_collections.hotswap.runbooks.plugins.module_utils.slo import FAIL, PASS, UNKNOWN, Verdict

Evidence = Mapping[str, Mapping[str, Any]]
CHECKS = ("rollout", "health", "error rate", "latency")


@dataclass(frozen=True)
class Limits:
    """What counts as recovered: the share of failed requests (0 to 1) and the 95th percentile in seconds."""

    error_rate: float
    p95_s: float


def judge(evidence: Evidence, limits: Limits) -> dict[str, Verdict]:
    """A verdict per check: rollout, health, error rate, latency. Checks whose source is not configured are left out."""
    verdicts = (
        _rollout(evidence.get("workload")),
        _health(evidence.get("health")),
        _measured(evidence, "error_rate", "error rate", limits.error_rate, "%"),
        _measured(evidence, "p95_s", "p95", limits.p95_s, "s"),
    )
    return {name: verdict for name, verdict in zip(CHECKS, verdicts, strict=True) if verdict is not None}


def _rollout(entry: Mapping[str, Any] | None) -> Verdict | None:
    if _absent(entry):
        return None
    data = _data(entry)
    if data is None:
        return Verdict(UNKNOWN, f"the workload could not be read: {_why(entry)}")
    if not data.get("replicas"):
        return Verdict(FAIL, "the workload is scaled to zero")
    rollout = data.get("rollout") or {}
    return Verdict(PASS if rollout.get("done") else FAIL, str(rollout.get("message") or "rollout state unknown"))


def _health(entry: Mapping[str, Any] | None) -> Verdict | None:
    if _absent(entry):
        return None
    data = _data(entry)
    if data is None:
        return Verdict(UNKNOWN, f"health did not answer: {_why(entry)}")
    return Verdict(PASS if data.get("healthy") else FAIL, f"health answers {data.get('http_status')}")


def _measured(evidence: Evidence, key: str, name: str, limit: float, unit: str) -> Verdict | None:
    """The judgement on the first source that has the number: Prometheus, or two readings of /metrics."""
    configured = [entry for source in ("prometheus", "metrics") if not _absent(entry := evidence.get(source))]
    if not configured:
        return None
    for entry in configured:
        value = (_data(entry) or {}).get(key)
        if value is not None:
            return slo.judge(name, value, limit, unit)
    reasons = [_why(entry) if (data := _data(entry)) is None else data.get("no_rate") for entry in configured]
    return Verdict(UNKNOWN, f"{name} is unknown: {next(filter(None, reasons), 'there is no data')}")


def _absent(entry: Mapping[str, Any] | None) -> bool:
    return entry is None or entry.get("status") == "skipped"


def _data(entry: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if entry is None or entry.get("status") != "ok":
        return None
    return entry.get("data")


def _why(entry: Mapping[str, Any] | None) -> str:
    error = (entry or {}).get("error") or {}
    return str(error.get("message") or "no answer").rstrip(".")


class Soak:
    """Counts for how long everything has been good without a break; ``seconds`` is how long it must be."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.began: float | None = None

    def add(self, now: float, verdicts: Mapping[str, Verdict]) -> bool:
        """Take one reading at ``now`` (seconds on any steady clock); True when the soak has been held."""
        if not verdicts or not all(verdict.passed for verdict in verdicts.values()):
            self.began = None
            return False
        if self.began is None:
            self.began = now
        return now - self.began >= self.seconds

    def says(self, now: float, verdicts: Mapping[str, Verdict]) -> str:
        if self.began is None:
            return "not yet: " + "; ".join(v.reason for v in verdicts.values() if not v.passed)
        # In tenths of the soak: a line a second for a quarter of an hour would bury what matters.
        tenths = int(10 * (now - self.began) / self.seconds) if self.seconds else 10
        return f"good, {tenths * self.seconds / 10:.0f} of {self.seconds:.0f} s held"
