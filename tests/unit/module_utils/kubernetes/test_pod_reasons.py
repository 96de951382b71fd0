"""What is wrong with a pod, on recorded pods."""

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.pods import is_ready, reason, restarts


def test_nothing_is_wrong_with_a_ready_pod(recorded):
    for pod in recorded("healthy").pods:
        assert is_ready(pod)
        assert reason(pod).reason == ""
        assert not reason(pod).hopeless


def test_a_crash_loop_names_its_exit_code_and_its_container(recorded):
    found = reason(recorded("bad_release").pod("hotswap-api:bad"))
    assert (found.reason, found.exit_code, found.container) == ("CrashLoopBackOff", 1, "hotswap-api")
    assert (found.last_container, found.last_reason, found.last_exit_code) == ("hotswap-api", "Error", 1)
    assert found.restarts == 4


def test_a_crash_loop_is_hopeless_after_some_restarts_only(recorded):
    assert not reason(recorded("bad_release_early").pod("hotswap-api:bad")).hopeless
    assert reason(recorded("bad_release").pod("hotswap-api:bad")).hopeless
    assert reason(recorded("bad_release_early").pod("hotswap-api:bad"), hopeless_restarts=1).hopeless


def test_a_container_killed_for_memory_says_so_behind_its_crash_loop(recorded):
    found = reason(recorded("oom").pods[0])
    assert (found.reason, found.exit_code, found.last_reason) == ("CrashLoopBackOff", 137, "OOMKilled")


def test_a_first_failed_pull_may_pass_a_second_is_hopeless(recorded):
    first = reason(recorded("missing_image_first_pull").pod("hotswap-api:missing"))
    assert (first.reason, first.hopeless) == ("ErrImagePull", False)
    again = reason(recorded("missing_image").pod("hotswap-api:missing"))
    assert (again.reason, again.hopeless) == ("ImagePullBackOff", True)
    assert "hotswap-api:missing" in again.message


def test_a_pod_without_a_node_is_not_hopeless(recorded):
    pod = next(pod for pod in recorded("unschedulable").pods if not pod["spec"].get("nodeName"))
    found = reason(pod)
    assert (found.reason, found.hopeless) == ("Unschedulable", False)
    assert "node" in found.message


def test_a_pod_that_starts_is_only_starting(recorded):
    for pod in recorded("starting").pods:
        assert (reason(pod).reason, reason(pod).hopeless) == ("ContainerCreating", False)


def test_a_terminating_pod_is_not_ready(recorded):
    pod = recorded("healthy").pods[0]
    pod["metadata"]["deletionTimestamp"] = "2026-11-23T16:40:00Z"
    assert not is_ready(pod)
    assert reason(pod).reason == ""


def _unready(pod):
    for one in pod["status"]["conditions"]:
        if one["type"] in ("Ready", "ContainersReady"):
            one["status"] = "False"
    pod["status"]["containerStatuses"][0]["ready"] = False
    return pod


def test_a_failing_readiness_probe_is_named_and_not_hopeless(recorded):
    found = reason(_unready(recorded("healthy").pods[0]))
    assert (found.reason, found.hopeless, found.container) == ("NotReady", False, "hotswap-api")
    assert "readiness probe" in found.message


def test_an_init_container_that_crashes_comes_before_the_containers_that_wait_for_it(recorded):
    pod = _unready(recorded("healthy").pods[0])
    pod["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "PodInitializing"}}
    pod["status"]["initContainerStatuses"] = [
        {"name": "fetch", "restartCount": 0, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}},
        {
            "name": "migrate",
            "restartCount": 5,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 3, "reason": "Error", "finishedAt": "2026-11-23T16:40:00Z"}},
        },
    ]
    found = reason(pod)
    assert (found.container, found.init, found.reason, found.exit_code) == ("migrate", True, "CrashLoopBackOff", 3)
    assert found.hopeless
    assert restarts(pod) == 5


@pytest.mark.parametrize("why", ["CreateContainerConfigError", "InvalidImageName", "CreateContainerError"])
def test_what_cannot_be_created_is_hopeless_at_once(recorded, why):
    pod = _unready(recorded("healthy").pods[0])
    pod["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": why, "message": "secret not found"}}
    found = reason(pod)
    assert (found.reason, found.message, found.hopeless) == (why, "secret not found", True)


def test_an_evicted_pod_is_named_and_replaced_by_its_controller(recorded):
    pod = _unready(recorded("healthy").pods[0])
    pod["status"].update(phase="Failed", reason="Evicted", message="The node was low on resource: memory.")
    assert (reason(pod).reason, reason(pod).hopeless) == ("Evicted", False)


def test_a_container_between_two_crashes_counts_as_crashed(recorded):
    pod = _unready(recorded("bad_release").pod("hotswap-api:bad"))
    status = pod["status"]["containerStatuses"][0]
    status["state"] = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-23T16:50:00Z"}}
    found = reason(pod)
    assert (found.reason, found.exit_code, found.hopeless) == ("OOMKilled", 137, True)


def test_a_ready_pod_remembers_its_last_crash(recorded):
    pod = recorded("healthy").pods[0]
    pod["status"]["containerStatuses"][0].update(
        restartCount=2,
        lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-23T16:40:00Z"}},
    )
    found = reason(pod)
    assert (found.reason, found.last_reason, found.last_exit_code, found.restarts) == ("", "OOMKilled", 137, 2)
