"""Unknown is not healthy: what nobody could see is never called fine."""

from __future__ import annotations

import pytest
from recorded import evidence, ids, read, report, unread

KUBERNETES = ("workload", "pods", "events", "logs", "usage", "history")


@pytest.mark.parametrize("lost", [["pods"], ["workload"], ["health"], ["pods", "workload"], list(KUBERNETES)])
@pytest.mark.parametrize("fault", ["none", "bad_release", "missing_image"])
def test_a_service_whose_pods_or_health_could_not_be_read_is_not_called_healthy(fault, lost):
    found = evidence(fault)
    for source in lost:
        found[source] = unread()
    diagnosed = report(found)
    assert diagnosed["status"] != "healthy"
    if diagnosed["status"] == "unknown":
        assert "could not be read" in diagnosed["severity_reason"]


@pytest.mark.parametrize("lost", ["usage", "events", "commits", "prometheus", "metrics", "database", "vault", "logs"])
def test_a_lost_side_source_does_not_hide_that_a_service_is_healthy(lost):
    found = evidence("none")
    found[lost] = unread()
    assert report(found)["status"] == "healthy"


SKIPPED = {"status": "skipped", "took_ms": 0, "data": None, "error": {"error_class": "not_configured"}}
STARTING = read(ready=False, window="5m", error_rate=None, p95_s=None, requests_per_s=None)


@pytest.mark.parametrize(
    ("prometheus", "metrics"),
    [
        (unread(), unread()),
        (unread("timeout", "timeout"), unread()),
        (unread(), SKIPPED),
        (SKIPPED, unread("timeout", "timeout")),
        (STARTING, unread()),
    ],
)
def test_a_service_whose_errors_nobody_could_see_is_not_called_healthy(prometheus, metrics):
    found = evidence("failing_release") | {"prometheus": prometheus, "metrics": metrics, "logs": unread()}
    result = report(found)
    assert (result["status"], result["causes"]) == ("unknown", [])
    lost = [name for name, entry in (("prometheus", prometheus), ("metrics", metrics)) if entry is not SKIPPED]
    assert f"{' and '.join(lost)} could not be read" in result["severity_reason"]


def test_a_service_without_any_source_of_its_errors_is_healthy_by_its_health_and_pods():
    assert report(evidence("none") | {"prometheus": SKIPPED, "metrics": SKIPPED})["status"] == "healthy"


def test_a_dependency_that_fails_is_no_complete_outage_while_no_user_feels_it():
    found = evidence("none")
    found["health"]["data"]["checks"]["redis"] = "Degraded"
    result = report(found)
    assert (ids(result), result["status"], result["pattern"]) == (["dependency_failing"], "degraded", None)
    assert result["causes"][0]["pattern"] is None
    assert "complete outage" not in result["summary"]
    found["health"]["data"] |= {"healthy": False, "http_status": 503}
    assert report(found)["pattern"] == "complete outage"


@pytest.mark.parametrize("log_class", ["database", "dependency", "authentication"])
def test_errors_of_a_dependency_are_not_blamed_on_a_young_release(log_class):
    found = evidence("failing_release")
    found["logs"]["data"]["classes"] = {log_class: 90}
    for template in found["logs"]["data"]["templates"]:
        template["class"] = log_class
    assert "failing_release" not in ids(report(found))


def test_a_service_without_health_and_traffic_is_told_what_to_configure():
    found = evidence("none")
    for source in ("health", "metrics", "prometheus"):
        found[source] = {"status": "skipped", "took_ms": 0, "data": None, "error": {"error_class": "not_configured"}}
    result = report(found)
    assert result["status"] == "unknown"
    assert "could not be read" not in result["severity_reason"]
    assert "service_health_url" in result["severity_reason"]


def test_a_release_that_crashes_beside_pods_killed_for_memory_is_named_too():
    found = evidence("oom")
    bad = evidence("bad_release")
    newest = next(item for item in bad["pods"]["data"]["items"] if item["reason"] == "CrashLoopBackOff")
    found["pods"]["data"]["items"].append(newest)
    found["pods"]["data"]["by_revision"] = bad["pods"]["data"]["by_revision"]
    found["history"] = bad["history"]
    assert set(ids(report(found))) >= {"oom", "bad_release"}


def test_events_of_pods_that_have_found_their_node_are_no_cause():
    found = evidence("oom")
    late = {"type": "Warning", "reason": "FailedScheduling", "message": "0/2 nodes are available", "object": "Pod/x"}
    found["events"]["data"]["items"].append({**late, "count": 1, "first": None, "last": None})
    assert ids(report(found)) == ["oom"]
