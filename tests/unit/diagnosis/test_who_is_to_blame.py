"""A release is blamed, and rolled back, only where nothing that was read speaks for it."""

from __future__ import annotations

import pytest
from recorded import evidence, ids, report, unread

DAY = 86400
NEWEST = "84bd795f7c"
REFUSED = "dial tcp <address>: connect: connection refused"


def crashing(age_s, said, kind, ready=0):
    """Three pods of the present release, ``ready`` of them serving; the others crash with that line in the log."""
    found = evidence("bad_release")
    template = next(item for item in found["pods"]["data"]["items"] if item["revision_hash"] == NEWEST)
    pods = [template | {"name": f"hotswap-api-{number}"} for number in range(3)]
    for pod in pods[:ready]:
        pod |= {"ready": True, "reason": None, "last_reason": None, "last_exit_code": None, "last_finished_at": None}
    found["pods"]["data"]["items"] = pods
    found["pods"]["data"]["by_revision"] = [{"revision_hash": NEWEST, "newest": True, "ready": ready, "total": 3}]
    found["history"]["data"]["current"]["age_s"] = age_s
    rollout = {"done": False, "failed": False, "reason": "NotAvailable", "message": f"{ready} of 3"}
    found["workload"]["data"] |= {"available": ready, "rollout": rollout}
    if not ready:
        found["health"] = unread()
    logged(found, said, kind, [pod["name"] for pod in pods[ready:]])
    return found


def logged(found, said, kind, pods):
    line = {"template": said, "reason": said, "class": kind, "level": "error", "count": 3, "pods": pods}
    found["logs"]["data"] |= {"templates": [line], "classes": {kind: 3}, "error_lines": 3}


def test_a_release_whose_other_pods_have_served_for_a_month_is_not_blamed_for_one_that_crashes():
    found = report(crashing(30 * DAY, "panic: unhandled exception", "application", ready=2))
    assert ids(found) == ["pods_crashing"]
    assert found["causes"][0]["remedy"] == "restart"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("connection refused (redis cache)", "dependency"),
        ("x509: certificate has expired: api.payments.example", "dependency"),
        ("Call to https://downstream/<path> timed out", "timeout"),
        ("401 unauthorized: api key expired", "authentication"),
    ],
)
def test_a_release_that_has_run_for_days_is_not_blamed_for_what_it_depends_on(said, kind):
    found = report(crashing(5 * DAY, said, kind))
    assert ids(found) == ["crash_on_dependency"]
    cause = found["causes"][0]
    assert said in cause["says"]
    assert (cause["remedy"], cause["command"]) == (None, None)
    assert any("--previous" in step for step in cause["manual"])


def test_without_its_logs_a_release_that_has_run_for_days_is_not_blamed():
    found = crashing(5 * DAY, "boom", "application")
    found["logs"] = unread()
    assert ids(report(found)) == ["pods_crashing"]


@pytest.mark.parametrize(
    ("said", "kind"), [("boom", "application"), ("connection refused (redis cache)", "dependency")]
)
def test_a_new_release_is_blamed_whatever_it_crashes_on(said, kind):
    found = report(crashing(600, said, kind))
    assert ids(found) == ["bad_release"]
    assert found["causes"][0]["says"].startswith("The new release hotswap-api:2-bad crashes")


def test_an_old_release_that_crashes_by_itself_is_not_called_new():
    found = report(crashing(5 * DAY, "boom", "application"))
    assert ids(found) == ["bad_release"]
    assert found["causes"][0]["says"] == "The release hotswap-api:2-bad crashes as it starts (pods: 3)"


def test_a_release_that_has_been_stuck_for_days_beside_the_older_one_is_blamed():
    found = evidence("bad_release")
    found["history"]["data"]["current"]["age_s"] = 5 * DAY
    assert ids(report(found)) == ["bad_release"]


@pytest.mark.parametrize(
    ("said", "kind"),
    [(REFUSED, "dependency"), ("Error: connect ECONNREFUSED <address>", "dependency"), ("i/o timeout", "timeout")],
)
@pytest.mark.parametrize(
    "entry", [unread(), unread("timeout", "timeout"), unread(sqlstate="57P03")], ids=["down", "silent", "starting"]
)
@pytest.mark.parametrize("age_s", [600, 5 * DAY])
def test_a_database_without_an_answer_is_blamed_before_the_release(said, kind, entry, age_s):
    found = crashing(age_s, said, kind)
    found["database"] = entry
    result = report(found)
    assert ids(result) == ["database_down"]
    assert any(said in quote["quote"] for quote in result["causes"][0]["evidence"])


@pytest.mark.parametrize(
    "said", ["connection refused (redis cache)", "GET https://downstream/<path>: connection refused"]
)
def test_a_connection_to_something_else_does_not_blame_a_database_out_of_our_reach(said):
    found = crashing(600, said, "dependency")
    found["database"] = unread()
    assert ids(report(found)) == ["bad_release"]


def test_a_refused_connection_does_not_blame_a_database_that_answers():
    assert "database_down" not in ids(report(crashing(600, REFUSED, "dependency")))


def waiting(reason, age_s, ready=0):
    """Three pods of the present release: ``ready`` of them serve, the others wait for its image."""
    found = crashing(age_s, "", "application", ready)
    found["logs"]["data"] |= {"templates": [], "classes": {}, "error_lines": 0}
    for pod in found["pods"]["data"]["items"][ready:]:
        pod |= {"phase": "Pending", "reason": reason, "message": f"{reason}: no image", "restarts": 0}
        pod |= {"last_reason": None, "last_exit_code": None, "last_finished_at": None}
    found["pods"]["data"]["reasons"] = {reason: 3 - ready}
    return found


@pytest.mark.parametrize(
    ("reason", "age_s", "ready"),
    [
        ("ImagePullBackOff", 30 * DAY, 2),
        ("ImagePullBackOff", 600, 2),
        ("ErrImagePull", 30 * DAY, 0),
        ("RegistryUnavailable", 600, 0),
    ],
)
def test_an_image_that_the_registry_does_not_give_any_more_is_not_rolled_back(reason, age_s, ready):
    found = report(waiting(reason, age_s, ready))
    assert ids(found) == ["image_unavailable"]
    cause = found["causes"][0]
    assert "hotswap-api:2-bad" in cause["says"]
    assert (cause["remedy"], cause["command"]) == (None, None)
    assert any("pull secret" in step for step in cause["manual"])
    assert any(reason in quote["quote"] for quote in cause["evidence"])


@pytest.mark.parametrize("changed", [False, None])
def test_an_image_that_did_not_change_is_not_rolled_back(changed):
    found = waiting("ImagePullBackOff", 600)
    found["history"]["data"]["image_changed"] = changed
    assert ids(report(found)) == ["image_unavailable"]


def test_an_image_that_only_pods_of_the_older_release_wait_for_is_not_rolled_back_to():
    found = evidence("missing_image")
    for pod in found["pods"]["data"]["items"]:
        waits = pod["revision_hash"] != "5548b7b69b" and pod["name"].endswith("krdsz")
        pod |= {"ready": not waits, "reason": "ImagePullBackOff" if waits else None}
    found["pods"]["data"]["items"] = [pod for pod in found["pods"]["data"]["items"] if pod["reason"]]
    assert ids(report(found)) == ["image_unavailable"]


@pytest.mark.parametrize("age_s", [600, 5 * DAY])
def test_an_image_that_never_came_up_beside_the_older_release_is_rolled_back(age_s):
    found = evidence("missing_image")
    found["history"]["data"]["current"]["age_s"] = age_s
    assert ids(report(found)) == ["missing_image"]


def stale(age_s=2 * DAY, reason="NotAvailable", since="2026-11-23T10:40:00Z"):
    """Pods that have been unready for long beside a database and a Vault that are well."""
    found = crashing(age_s, "", "application")
    found["logs"]["data"] |= {"templates": [], "classes": {}, "error_lines": 0}
    for pod in found["pods"]["data"]["items"]:
        pod |= {"reason": "NotReady", "last_reason": None, "last_exit_code": None, "last_finished_at": None}
        pod |= {"message": "the readiness probe does not succeed", "unready_since": since, "restarts": 0}
    found["workload"]["data"]["rollout"]["reason"] = reason
    return found


@pytest.mark.parametrize("reason", ["NotAvailable", "ProgressDeadlineExceeded"])
def test_pods_that_stay_unready_although_all_they_need_is_well_are_restarted(reason):
    found = report(stale(reason=reason))
    assert ids(found) == ["pods_stale"]
    assert found["causes"][0]["remedy"] == "restart"


@pytest.mark.parametrize(
    "changes",
    [
        *({"reason": reason} for reason in ("NotObserved", "Updating", "OldReplicas", "Paused")),
        {"age_s": 120},
        {"since": "2026-11-23T10:56:30Z"},
    ],
    ids=str,
)
def test_pods_that_may_still_come_up_are_not_restarted(changes):
    assert "pods_stale" not in ids(report(stale(**changes)))


def test_a_release_that_does_not_come_up_beside_the_older_one_is_not_restarted():
    found = stale(reason="ProgressDeadlineExceeded")
    older = evidence("bad_release")["pods"]["data"]["items"][0]
    found["pods"]["data"]["items"].append(older)
    assert ids(report(found)) == []


def test_pods_that_wait_for_a_cache_are_not_restarted():
    found = stale()
    found["health"] = evidence("none")["health"]
    found["health"]["data"] |= {"healthy": False, "http_status": 503, "checks": {"redis": "Unhealthy"}}
    assert ids(report(found)) == ["dependency_failing"]


def test_a_node_that_does_not_get_a_container_created_is_no_wrong_configuration():
    found = waiting("CreateContainerError", 5 * DAY, ready=2)
    found["pods"]["data"]["items"][2]["message"] = "context deadline exceeded"
    result = report(found)
    assert ids(result) == ["container_not_created"]
    assert "context deadline exceeded" in result["causes"][0]["says"]
    assert result["causes"][0]["remedy"] is None


def test_a_missing_key_of_the_configuration_is_a_wrong_configuration():
    found = waiting("CreateContainerConfigError", 600)
    found["pods"]["data"]["items"][0]["message"] = "couldn't find key DB_URL in ConfigMap shop/api"
    result = report(found)
    assert ids(result) == ["config_error"]
    assert "DB_URL" in result["causes"][0]["says"]
