"""Each rule can hold, and does not hold of a service of which the opposite, or nothing, is known."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.rulebook import load_rulebook
from recorded import evidence, report, unread

Change = dict[str, dict[str, Any]]  # source -> values that replace those in its data


def template(text: str, kind: str, count: int = 30, pods: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "template": text,
        "class": kind,
        "level": "error",
        "count": count,
        "first": None,
        "last": None,
        "pods": list(pods),
        "example": text,
    }


def logged(text: str, kind: str, count: int = 30, pods: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"templates": [template(text, kind, count, pods)], "classes": {kind: count}, "error_lines": count}


def pod(**changes: Any) -> dict[str, Any]:
    return evidence("none")["pods"]["data"]["items"][0] | changes


def usage(ratio: float) -> dict[str, Any]:
    full = {"pod": "hotswap-api-1", "memory_ratio": ratio, "memory_bytes": 1, "memory_limit_bytes": 1}
    return {"items": [full], "memory_ratio_max": ratio}


CRASHING = pod(ready=False, reason="CrashLoopBackOff", restarts=4, last_exit_code=1, last_reason="Error")
NOT_AVAILABLE = {"done": False, "failed": False, "reason": "NotAvailable", "message": "2 of 3"}
AN_HOUR_OLD = {"current": {"revision": 2, "images": ["hotswap-api:1"], "age_s": 3600}}
NO_METRICS = {"metrics": unread(), "prometheus": unread()}

# rule: how the evidence of `none` (or of the named fault) has to change for the rule to hold
HOLDS: dict[str, str | Change | tuple[str, Change]] = {
    "serving": {},
    "all_pods_unready": "vault_sealed",
    "no_pods": {"pods": {"items": [], "total": 0, "ready": 0, "by_revision": []}},
    "scaled_to_zero": {"workload": {"replicas": 0}},
    "some_pods_unready": "bad_release",
    "none_available": {"workload": {"available": 0}, "pods": unread()},
    "too_few_available": {"workload": {"available": 2}},
    "rollout_stuck": {"workload": {"rollout": {"done": False, "failed": True, "reason": "x", "message": "y"}}},
    "health_failing": {"health": {"healthy": False, "http_status": 503}},
    "health_silent": {"health": unread("timeout", "timeout")},
    "error_rate_high": {"prometheus": {"error_rate": 0.11}},
    "error_rate_raised": {"prometheus": {"error_rate": 0.06}},
    "error_rate_slight": {"metrics": {"error_rate": 0.02}},
    "errors_unmeasured": {"logs": logged("boom", "application"), **NO_METRICS},
    "errors_falling": {"prometheus": {"error_rate": 0.06}, "metrics": {"error_rate": 0.0}},
    "latency_severe": {"prometheus": {"p95_s": 2.5}},
    "latency_raised": {"metrics": {"p95_s": 1.2}},
    "no_traffic": {"prometheus": {"requests_per_s": 0.0}},
    "targets_down": {"prometheus": {"up": 0, "targets": 1}},
    "alerts_firing": {"prometheus": {"alerts": [{"name": "HighErrorRate", "state": "firing", "severity": "page"}]}},
    "bad_release": "bad_release",
    "failing_release": "failing_release",
    "missing_image": "missing_image",
    "image_unavailable": ("missing_image", {"history": {"image_changed": False}}),
    "config_error": "config_error",
    "migration_failed": {
        "pods": {"items": [CRASHING]},
        "logs": logged("Applying migration <value> failed", "database"),
    },
    "oom": "oom",
    "pods_crashing": {"pods": {"items": [CRASHING]}},
    "pods_stale": {
        "pods": {"items": [pod(ready=False, reason="NotReady", unready_since="2026-11-23T10:50:00Z")]},
        "workload": {"available": 2, "rollout": NOT_AVAILABLE},
        "history": AN_HOUR_OLD,
    },
    "pods_unschedulable": {
        "pods": {"items": [pod(ready=False, phase="Pending", reason="Unschedulable", message="0/3 nodes fit")]}
    },
    "container_not_created": {
        "pods": {"items": [pod(ready=False, reason="CreateContainerError", message="context deadline exceeded")]}
    },
    "quota_exceeded": {
        "workload": {
            "available": 2,
            "conditions": [
                {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
            ],
        }
    },
    "pods_restarting": {"pods": {"items": [pod(ready=False, reason="NotReady", restarts=3)]}},
    "pods_evicted": {"pods": {"items": [pod(ready=False, phase="Failed", reason="Evicted")]}},
    "workload_paused": {"workload": {"paused": True}},
    "vault_sealed": "vault_sealed",
    "vault_partly_sealed": {
        "vault": {
            "nodes": [
                {"url": "https://a", "sealed": True, "initialized": True, "reachable": True},
                {"url": "https://b", "sealed": False, "initialized": True, "reachable": True},
            ]
        }
    },
    "vault_down": ("vault_sealed", {"vault": unread()}),
    "database_down": "database_down",
    "connections_exhausted": "connections_exhausted",
    "dependency_failing": {"health": {"checks": {"postgresql": "Healthy", "redis": "Unhealthy"}}},
    "crash_on_dependency": {
        "pods": {"items": [CRASHING]},
        "logs": logged("redis: connection refused", "dependency", pods=(CRASHING["name"],)),
    },
    "database_nearly_full": {"database": {"sessions": 50}},
    "idle_sessions": {"database": {"idle_old": 12}},
    "database_locks": {"database": {"waiting_on_lock": 7}},
    "long_transaction": {"database": {"longest_transaction_s": 1000.0}},
    "replication_lag": {"database": {"replication": [{"application_name": "s1", "replay_lag_s": 45.0}]}},
    "database_standby": {"database": {"in_recovery": True}},
    "database_view_partial": {"database": {"partial": True}},
    "downstream_timeouts": {
        "logs": logged("Call to https://downstream/<path> timed out", "timeout"),
        "prometheus": {"error_rate": 0.06},
    },
    "contention": {
        "logs": logged("Too many requests: rate limit reached", "application"),
        "prometheus": {"error_rate": 0.02},
    },
    "memory_near_limit": {"usage": usage(0.88)},
    "memory_pressure": {"usage": usage(0.95), "prometheus": {"p95_s": 1.5}},
    "just_rolled_back": {
        "workload": {"annotations_incident": {"runbooks.hotswap/action": "rollback"}},
        "history": {"current": {"revision": 3, "images": ["hotswap-api:1"], "age_s": 60}},
    },
    "recent_change": "bad_release",
    "recent_commits": {},
    "owned_elsewhere": {"workload": {"owner_tool": "Helm"}},
    "errors_logged": {"logs": logged("boom", "application", 3)},
    "logs_truncated": {"logs": {"truncated": True}},
    "previous_logs": {"logs": {"previous_used": ["hotswap-api-1"]}},
}

# Where the evidence of `none` makes a rule hold: what has to change for it not to hold.
DOES_NOT_HOLD: dict[str, Change] = {
    "serving": {"health": {"healthy": False, "http_status": 503}},
    "recent_commits": {"commits": {"items": []}},
    "recent_change": {"history": {"current": {"revision": 2, "images": ["hotswap-api:1"], "age_s": 7201}}},
}


def changed(change: str | Change | tuple[str, Change]) -> dict[str, Any]:
    if isinstance(change, str):
        return evidence(change)
    base, change = change if isinstance(change, tuple) else ("none", change)
    found = evidence(base)
    for source, values in change.items():
        found[source] = values if "status" in values else found[source] | {"data": found[source]["data"] | values}
    return found


def held(found: dict[str, Any]) -> set[str]:
    return {item["id"] for item in report(found)["findings"]}


def test_every_rule_is_in_the_table():
    assert {rule.id for rule in load_rulebook().rules} == set(HOLDS)


@pytest.mark.parametrize("rule", HOLDS)
def test_the_rule_holds(rule):
    found = next(item for item in report(changed(HOLDS[rule]))["findings"] if item["id"] == rule)
    assert "?" not in found["says"], "a fact is missing where the rule holds"
    assert found["evidence"], "a finding quotes what it rests on"


@pytest.mark.parametrize("rule", HOLDS)
def test_the_rule_does_not_hold(rule):
    assert rule not in held(changed(DOES_NOT_HOLD.get(rule, {})))


@pytest.mark.parametrize("rule", HOLDS)
def test_the_rule_does_not_hold_of_nothing(rule):
    assert rule not in held({})
    assert rule not in held({source: unread("denied") for source in evidence("none")})


LIMITS = [
    ("error_rate_high", {"prometheus": {"error_rate": 0.10}, "metrics": {"error_rate": None}}, False),
    ("error_rate_raised", {"prometheus": {"error_rate": 0.10}, "metrics": {"error_rate": None}}, True),
    ("error_rate_slight", {"prometheus": {"error_rate": 0.01}, "metrics": {"error_rate": None}}, True),
    ("error_rate_slight", {"prometheus": {"error_rate": 0.0099}, "metrics": {"error_rate": None}}, False),
    ("latency_severe", {"prometheus": {"p95_s": 2.0}}, False),
    ("latency_raised", {"prometheus": {"p95_s": 2.0}}, True),
    ("latency_raised", {"prometheus": {"p95_s": 1.0}}, False),
    ("vault_sealed", {"vault": {"nodes": [{"sealed": True}, {"sealed": False}]}}, False),
    ("connections_exhausted", {"database": {"sessions": 55}}, False),  # full, and the service does not feel it
    ("connections_exhausted", {"database": {"sessions": 55}, "health": {"healthy": False, "http_status": 503}}, True),
    ("downstream_timeouts", {"logs": logged("timed out", "timeout")}, False),
    ("database_down", {"database": unread(), "health": {"healthy": False, "checks": {"postgresql": "Healthy"}}}, False),
    ("database_down", {"database": unread(sqlstate="57P03"), "health": {"healthy": False, "checks": None}}, False),
    (
        "database_down",
        {
            "database": unread(sqlstate="57P03"),
            "health": {"healthy": False, "checks": None},
            "logs": logged("Npgsql: the database system is starting up", "database"),
        },
        True,
    ),
]


@pytest.mark.parametrize(("rule", "change", "expected"), LIMITS)
def test_the_limits_are_those_of_the_runbook(rule, change, expected):
    assert (rule in held(changed(change))) is expected


@pytest.mark.parametrize(("missing", "part"), [([], "the newest part"), (["hotswap-api-1"], "an older part")])
def test_of_a_log_that_was_cut_it_is_said_which_part_counts(missing, part):
    found = report(changed({"logs": {"truncated": True, "newest_missing": missing}}))["findings"]
    assert next(item for item in found if item["id"] == "logs_truncated")["says"].endswith(f"counts are of {part}")
