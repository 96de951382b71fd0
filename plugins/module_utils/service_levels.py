# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Error rate, latency and alerts of one service, from Prometheus in one round trip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.openmetrics import DURATION, FAILED
from ansible_collections.hotswap.runbooks.plugins.module_utils.prometheus import (
    PrometheusClient,
    Vector,
    absent_or,
    duration,
    matcher,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

_MARK = "asked"
_ALERTS = 50
# Rates outlive the service by their window: without a sample younger than this many seconds they are history.
_FRESH = 180.0


@dataclass(frozen=True)
class ServiceLevels:
    """What Prometheus knows about a service over one window; what it does not know, or not lately, is None.

    ``targets`` are scraped, ``up`` of them answer. ``age_s`` is the age of the newest sample in seconds.
    ``alerts`` are ``{name, state, severity}``.
    """

    window: str
    targets: int | None
    up: int | None
    error_rate: float | None
    requests_per_s: float | None
    p95_s: float | None
    age_s: float | None
    alerts: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()


def error_rate_expression(job: str, window: str) -> str:
    """PromQL for the share of failed requests; NaN without traffic, empty without the metrics."""
    return f"({_failed(job, window)}) / ({_requests(job, window)})"


def read_levels(
    client: PrometheusClient, job: str, window: str, deadline: Deadline, namespace: str = ""
) -> ServiceLevels:
    """The levels of ``job`` over ``window``, and the alerts that are its own or nobody's."""
    mine = matcher("job", job)
    latency = f"histogram_quantile(0.95, sum by (le) (rate({DURATION}_bucket{{{mine}}}[{duration(window)}])))"
    labels = [absent_or("job", job), absent_or("service", job)]
    labels += [absent_or("namespace", namespace)] if namespace else []
    asked = {
        "targets": f"count(up{{{mine}}})",
        "up": f"sum(up{{{mine}}})",
        "error_rate": error_rate_expression(job, window),
        "requests_per_s": _requests(job, window),
        "p95_s": latency,
        "age_s": f"time() - max(timestamp({DURATION}_count{{{mine}}}))",
        "alerts": f"ALERTS{{{','.join(labels)}}}",
    }
    # Each part is marked with its name, so that one query answers all of them.
    query = " or ".join(f'label_replace({part}, "{_MARK}", "{name}", "", "")' for name, part in asked.items())
    answer = client.query(query, deadline)
    age = _value(answer, "age_s")
    fresh = age is not None and age <= _FRESH
    return ServiceLevels(
        window=window,
        targets=_whole(_value(answer, "targets")),
        up=_whole(_value(answer, "up")),
        error_rate=_value(answer, "error_rate") if fresh else None,
        requests_per_s=_value(answer, "requests_per_s") if fresh else None,
        p95_s=_value(answer, "p95_s") if fresh else None,
        age_s=age,
        alerts=_alerts(answer),
        warnings=answer.warnings,
    )


def read_error_rate(client: PrometheusClient, job: str, window: str, deadline: Deadline, *, at: float) -> float | None:
    """The error rate over the window that ended at ``at``, unix seconds; None when it is not known."""
    return client.query(error_rate_expression(job, window), deadline, at=at).only()


def _failed(job: str, window: str) -> str:
    mine = f"{{{matcher('job', job)}}}[{duration(window)}]"
    return f"sum(rate({FAILED}_total{mine})) or sum(rate({FAILED}{mine}))"


def _requests(job: str, window: str) -> str:
    return f"sum(rate({DURATION}_count{{{matcher('job', job)}}}[{duration(window)}]))"


def _value(answer: Vector, name: str) -> float | None:
    return next((sample.value for sample in answer.samples if sample.labels.get(_MARK) == name), None)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _alerts(answer: Vector) -> tuple[dict[str, Any], ...]:
    found = {
        (
            one_line(sample.labels.get("alertname", ""), 100),
            one_line(sample.labels.get("alertstate", ""), 20),
            one_line(sample.labels.get("severity", ""), 40) or None,
        )
        for sample in answer.samples
        if sample.labels.get(_MARK) == "alerts"
    }
    ordered = sorted(found, key=lambda alert: (alert[1] != "firing", alert[0], alert[2] or ""))
    return tuple({"name": name, "state": state, "severity": severity} for name, state, severity in ordered[:_ALERTS])
