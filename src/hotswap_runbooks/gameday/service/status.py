"""Pod statuses as the kubelet writes them: pure functions from a pod to one strategic patch.

KWOK's stages undo a status that contradicts itself, so each patch carries both conditions and every container.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

Pod = dict[str, Any]

FIRST_BACK_OFF_S = 2
LONGEST_BACK_OFF_S = 40


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def back_off_s(restarts: int) -> int:
    """Seconds until a container that already restarted so often starts again: 2, 4, 8, ... 40."""
    return int(min(FIRST_BACK_OFF_S * 2 ** min(restarts, 10), LONGEST_BACK_OFF_S))


def container(pod: Pod, name: str) -> dict[str, Any] | None:
    """The status of one container; None before the pod has started."""
    statuses = pod.get("status", {}).get("containerStatuses") or []
    return next((status for status in statuses if status["name"] == name), None)


def readiness(pod: Pod, name: str, ready: bool) -> Pod:
    """The readiness probe's verdict on a running container."""
    return _patch(pod, name, {"ready": ready, "started": True})


def exited(pod: Pod, name: str, exit_code: int, reason: str, at: str) -> Pod:
    """The container ended and waits for its next start."""
    known = container(pod, name) or {}
    full_name = f"{pod['metadata']['name']}_{pod['metadata']['namespace']}({pod['metadata']['uid']})"
    wait = back_off_s(int(known.get("restartCount", 0)))
    message = f"back-off {wait}s restarting failed container={name} pod={full_name}"
    ended = {
        "exitCode": exit_code,
        "reason": reason,
        "containerID": known.get("containerID", ""),
        "startedAt": known.get("state", {}).get("running", {}).get("startedAt", at),
        "finishedAt": at,
    }
    state = {"running": None, "terminated": None, "waiting": {"reason": "CrashLoopBackOff", "message": message}}
    return _patch(pod, name, {"ready": False, "started": False, "state": state, "lastState": {"terminated": ended}})


def restarted(pod: Pod, name: str, at: str) -> Pod:
    """The container runs again, one restart more, not ready yet."""
    known = container(pod, name) or {}
    count = int(known.get("restartCount", 0)) + 1
    state = {"waiting": None, "terminated": None, "running": {"startedAt": at}}
    identity = f"sim://{pod['metadata']['uid']}-{name}-{count}"
    return _patch(
        pod, name, {"ready": False, "started": True, "restartCount": count, "containerID": identity, "state": state}
    )


def _patch(pod: Pod, name: str, change: dict[str, Any]) -> Pod:
    statuses = [
        status | change if status["name"] == name else status
        for status in pod.get("status", {}).get("containerStatuses") or []
    ]
    unready = [status["name"] for status in statuses if not status["ready"]]
    verdict: dict[str, Any] = {"status": "True", "reason": None, "message": None}
    if unready:
        message = f"containers with unready status: [{' '.join(unready)}]"
        verdict = {"status": "False", "reason": "ContainersNotReady", "message": message}
    stamp = {"lastTransitionTime": now()} if _changes(pod, verdict["status"]) else {}
    conditions = [{"type": kind} | verdict | stamp for kind in ("Ready", "ContainersReady")]
    return {
        "metadata": {"uid": pod["metadata"]["uid"]},
        "status": {"conditions": conditions, "containerStatuses": statuses},
    }


def _changes(pod: Pod, status: str) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return not any(c["type"] == "Ready" and c["status"] == status for c in conditions)
