"""What the source of the pods keeps of each: which container fails, and since when the pod is not ready."""

from __future__ import annotations

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes import pods
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service

KILLED = {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-23T10:56:00Z"}}
RUNNING = {"running": {"startedAt": "2026-11-23T10:00:00Z"}}


class Pods:
    """A cluster that holds one pod with a sidecar."""

    def __init__(self, proxy, *, ready):
        ready_condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": "2026-11-23T10:56:01Z"}
        self._pod = {
            "metadata": {"name": "api-1", "labels": {}},
            "spec": {"containers": [{"name": "api", "image": "api:1"}, {"name": "proxy", "image": "proxy:1"}]},
            "status": {
                "phase": "Running",
                "conditions": [ready_condition],
                "containerStatuses": [{"name": "api", "ready": True, "state": RUNNING}, {"name": "proxy", **proxy}],
            },
        }

    def pods(self):
        return [self._pod]

    def selector(self):
        return "app=api"

    def current_hash(self):
        return ""


def item(proxy, *, ready):
    (found,) = pods.read(Service(name="api"), Pods(proxy, ready=ready), Deadline(1))["items"]
    return found


def test_a_killed_sidecar_is_named_as_the_container_that_keeps_the_pod_from_being_ready():
    found = item({"ready": False, "state": KILLED, "restartCount": 3}, ready=False)
    assert (found["reason"], found["container"], found["last_container"]) == ("OOMKilled", "proxy", "proxy")
    assert found["unready_since"] == "2026-11-23T10:56:01Z"


def test_a_sidecar_that_came_back_is_remembered_as_the_container_that_ended_last():
    found = item({"ready": True, "state": RUNNING, "lastState": KILLED, "restartCount": 3}, ready=True)
    assert (found["reason"], found["container"]) == (None, None)
    assert (found["last_reason"], found["last_container"]) == ("OOMKilled", "proxy")
    assert found["unready_since"] is None
