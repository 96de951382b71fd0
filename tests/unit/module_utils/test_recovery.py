from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.recovery import Limits, judge

LIMITS = Limits(error_rate=0.01, p95_s=0.5)


def ok(**data):
    return {"status": "ok", "took_ms": 1, "data": data, "error": None}


def failed(message="refused"):
    return {"status": "failed", "took_ms": 1, "data": None, "error": {"error_class": "unreachable", "message": message}}


SKIPPED = {"status": "skipped", "took_ms": 0, "data": None, "error": None}
GOOD = {
    "workload": ok(replicas=3, rollout={"done": True, "message": "3 of 3"}),
    "health": ok(healthy=True, http_status=200),
    "prometheus": ok(error_rate=0.0, p95_s=0.04),
    "metrics": SKIPPED,
}


def states(evidence):
    return {name: verdict.state for name, verdict in judge(evidence, LIMITS).items()}


def test_everything_good_passes():
    assert states(GOOD) == {"rollout": "pass", "health": "pass", "error rate": "pass", "latency": "pass"}


@pytest.mark.parametrize(
    ("source", "entry", "check", "state"),
    [
        ("workload", ok(replicas=3, rollout={"done": False, "message": "1 of 3"}), "rollout", "fail"),
        ("workload", ok(replicas=0, rollout={"done": True, "message": "0 of 0"}), "rollout", "fail"),
        ("workload", failed(), "rollout", "unknown"),
        ("health", ok(healthy=False, http_status=503), "health", "fail"),
        ("health", failed(), "health", "unknown"),
        ("prometheus", ok(error_rate=0.01, p95_s=0.04), "error rate", "fail"),
        ("prometheus", ok(error_rate=0.0, p95_s=0.5), "latency", "fail"),
        ("prometheus", ok(error_rate=None, p95_s=None), "error rate", "unknown"),
        ("prometheus", failed(), "error rate", "unknown"),
        ("prometheus", failed(), "latency", "unknown"),
    ],
)
def test_no_data_never_passes_and_bad_data_fails(source, entry, check, state):
    assert states({**GOOD, source: entry})[check] == state


def test_metrics_stand_in_where_prometheus_has_nothing():
    evidence = {**GOOD, "prometheus": failed(), "metrics": ok(error_rate=0.3, p95_s=0.1)}
    assert states(evidence)["error rate"] == "fail"
    assert states(evidence)["latency"] == "pass"


def test_why_the_metrics_give_no_rate_is_said():
    evidence = {**GOOD, "prometheus": SKIPPED, "metrics": ok(error_rate=None, p95_s=None, no_rate="it is quiet")}
    assert judge(evidence, LIMITS)["error rate"].reason == "error rate is unknown: it is quiet"


def test_what_is_not_configured_is_not_judged():
    evidence = {"workload": SKIPPED, "health": GOOD["health"], "prometheus": SKIPPED, "metrics": SKIPPED}
    assert states(evidence) == {"health": "pass"}


def test_nothing_at_all_is_no_verdict_at_all():
    assert judge({}, LIMITS) == {}
