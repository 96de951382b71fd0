"""The statuses written in the kubelet's stead."""

from __future__ import annotations

from typing import Any

from hotswap_runbooks.gameday.service import status

AT = "2026-11-23T10:57:00Z"


def _pod(ready: bool = True, restarts: int = 0) -> dict[str, Any]:
    state = {"running": {"startedAt": "2026-11-23T10:00:00Z"}}
    api = {"name": "api", "ready": ready, "restartCount": restarts, "containerID": "sim://1", "state": state}
    side = {"name": "sidecar", "ready": True, "restartCount": 0, "state": state}
    return {
        "metadata": {"name": "pod-1", "namespace": "default", "uid": "u-1"},
        "status": {
            "conditions": [{"type": "Ready", "status": str(ready)}, {"type": "PodScheduled", "status": "True"}],
            "containerStatuses": [api, side],
        },
    }


def _conditions(patch: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {condition["type"]: condition for condition in patch["status"]["conditions"]}


def test_each_patch_carries_both_conditions_and_every_container() -> None:
    for patch in (
        status.readiness(_pod(), "api", False),
        status.exited(_pod(), "api", 1, "Error", AT),
        status.restarted(_pod(), "api", AT),
    ):
        assert set(_conditions(patch)) == {"Ready", "ContainersReady"}
        assert {c["status"] for c in _conditions(patch).values()} == {"False"}
        assert [c["name"] for c in patch["status"]["containerStatuses"]] == ["api", "sidecar"]
        assert patch["metadata"] == {"uid": "u-1"}


def test_ready_needs_every_container() -> None:
    pod = _pod(ready=False)
    assert _conditions(status.readiness(pod, "api", True))["Ready"]["status"] == "True"
    pod["status"]["containerStatuses"][1]["ready"] = False
    still = _conditions(status.readiness(pod, "api", True))["Ready"]
    assert still["status"] == "False"
    assert still["message"] == "containers with unready status: [sidecar]"


def test_the_time_of_a_condition_moves_only_when_it_changes() -> None:
    assert "lastTransitionTime" not in _conditions(status.readiness(_pod(), "api", True))["Ready"]
    assert "lastTransitionTime" in _conditions(status.readiness(_pod(), "api", False))["Ready"]


def test_an_exit_is_a_crash_loop_that_remembers_how_it_ended() -> None:
    api = status.exited(_pod(restarts=2), "api", 137, "OOMKilled", AT)["status"]["containerStatuses"][0]
    assert api["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert "back-off 8s" in api["state"]["waiting"]["message"]
    assert api["lastState"]["terminated"] == {
        "exitCode": 137,
        "reason": "OOMKilled",
        "containerID": "sim://1",
        "startedAt": "2026-11-23T10:00:00Z",
        "finishedAt": AT,
    }
    assert api["restartCount"] == 2


def test_a_restart_counts_and_keeps_the_last_exit() -> None:
    ended = _pod(restarts=2)
    ended["status"]["containerStatuses"][0]["lastState"] = {"terminated": {"exitCode": 1}}
    api = status.restarted(ended, "api", AT)["status"]["containerStatuses"][0]
    assert api["restartCount"] == 3
    assert api["state"]["running"] == {"startedAt": AT}
    assert api["lastState"] == {"terminated": {"exitCode": 1}}
    assert not api["ready"]


def test_back_off_doubles_up_to_forty_seconds() -> None:
    assert [status.back_off_s(restarts) for restarts in range(7)] == [2, 4, 8, 16, 32, 40, 40]
    assert status.back_off_s(10_000) == 40


def test_a_pod_that_has_not_started_has_no_container_status() -> None:
    assert status.container({"metadata": {}, "status": {}}, "api") is None
