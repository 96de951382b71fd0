# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a pod, in kubelet's own words, and whether waiting can help. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# A third crash in a row is no start-up race any more: by then kubelet has waited 10, 20 and 40 seconds.
HOPELESS_RESTARTS = 3

# The container cannot be made from what the pod says; only a changed pod, image or reference helps. ErrImagePull is
# the first failed pull and may be the registry's bad minute: kubelet says ImagePullBackOff when it fails again.
_HOPELESS = frozenset(
    {
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
    }
)
# Waiting without any of these reasons is what every pod does while it starts.
_STARTING = frozenset({"ContainerCreating", "PodInitializing", ""})


@dataclass(frozen=True)
class PodReason:
    """Why a pod is not ready; ``reason`` is empty when nothing is wrong with it.

    ``exit_code`` is that of the crash that counts. ``last_*`` describe the run that ended last, of whichever container,
    also of a pod that is ready again. ``hopeless``: it will not become ready by waiting.
    """

    reason: str = ""
    message: str = ""
    container: str = ""
    exit_code: int | None = None
    restarts: int = 0
    init: bool = False
    hopeless: bool = False
    last_container: str | None = None
    last_reason: str | None = None
    last_exit_code: int | None = None
    last_finished_at: str | None = None


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether the pod may get traffic: its condition Ready, and nobody is deleting it."""
    if pod["metadata"].get("deletionTimestamp"):
        return False
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def restarts(pod: Mapping[str, Any]) -> int:
    """How often the pod's containers were started again, init containers included."""
    return sum(int(status.get("restartCount") or 0) for status, _init in _statuses(pod))


def reason(pod: Mapping[str, Any], hopeless_restarts: int = HOPELESS_RESTARTS) -> PodReason:
    """The first thing that keeps the pod from being ready: its node, an init container, a container, its probe.

    Never hopeless: a pod without a node (one can come), an evicted one (its controller makes another), a failing
    readiness probe (what it probes can come back).
    """
    status = pod.get("status") or {}
    last = _last_run(pod)
    if status.get("phase") == "Failed" or status.get("reason"):
        return _with(last, reason=status.get("reason") or "Failed", message=status.get("message") or "")
    if (unscheduled := _unscheduled(status)) is not None:
        return _with(last, reason="Unschedulable", message=unscheduled)
    for container, init in _statuses(pod):
        found = _container_reason(container, init, hopeless_restarts)
        if found is not None:
            return _with(last, **found)
    if is_ready(pod) or status.get("phase") == "Succeeded" or pod["metadata"].get("deletionTimestamp"):
        return last
    return _not_ready(status, last)


def _statuses(pod: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    status = pod.get("status") or {}
    yield from ((one, True) for one in status.get("initContainerStatuses") or [])
    yield from ((one, False) for one in status.get("containerStatuses") or [])


def _container_reason(container: Mapping[str, Any], init: bool, limit: int) -> dict[str, Any] | None:
    state = container.get("state") or {}
    crashed = _crash(container)
    count = int(container.get("restartCount") or 0)
    known = {"container": container.get("name", ""), "init": init, "restarts": count}
    if waiting := state.get("waiting"):
        why = waiting.get("reason") or ""
        if why in _STARTING:
            return None
        looping = why == "CrashLoopBackOff"
        return {
            **known,
            "reason": why,
            "message": waiting.get("message") or "",
            "exit_code": crashed.get("exitCode") if looping else None,
            "hopeless": why in _HOPELESS or (looping and count >= limit),
        }
    if terminated := state.get("terminated"):
        if init and terminated.get("exitCode") == 0:
            return None
        return {
            **known,
            "reason": terminated.get("reason") or "Terminated",
            "message": terminated.get("message") or "",
            "exit_code": terminated.get("exitCode"),
            "hopeless": terminated.get("exitCode") != 0 and count >= limit,
        }
    return None


def _crash(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """The run that ended last: the present state when it has ended, else the previous one."""
    for key in ("state", "lastState"):
        if ended := (container.get(key) or {}).get("terminated"):
            return dict(ended)
    return {}


def _last_run(pod: Mapping[str, Any]) -> PodReason:
    """The most recent end of any of the pod's containers; init containers that did their work do not count."""
    ends = [
        (container.get("name"), ended)
        for container, init in _statuses(pod)
        if (ended := _crash(container)) and not (init and ended.get("exitCode") == 0)
    ]
    if not ends:
        return PodReason(restarts=restarts(pod))
    name, latest = max(ends, key=lambda end: str(end[1].get("finishedAt") or ""))
    return PodReason(
        restarts=restarts(pod),
        last_container=name,
        last_reason=latest.get("reason"),
        last_exit_code=latest.get("exitCode"),
        last_finished_at=latest.get("finishedAt"),
    )


def _unscheduled(status: Mapping[str, Any]) -> str | None:
    for one in status.get("conditions") or []:
        if one.get("type") == "PodScheduled" and one.get("status") == "False":
            return str(one.get("message") or "")
    return None


def _not_ready(status: Mapping[str, Any], last: PodReason) -> PodReason:
    running = [one for one in status.get("containerStatuses") or [] if "running" in (one.get("state") or {})]
    silent = next((one for one in running if not one.get("ready")), None)
    if silent is not None:
        message = "the readiness probe does not succeed" if silent.get("started", True) else "still starting"
        return _with(last, reason="NotReady", message=message, container=silent.get("name", ""))
    return _with(last, reason="ContainerCreating" if status.get("phase") == "Pending" else "NotReady")


def _with(last: PodReason, **found: Any) -> PodReason:
    return PodReason(
        **{
            "restarts": last.restarts,
            "last_container": last.last_container,
            "last_reason": last.last_reason,
            "last_exit_code": last.last_exit_code,
            "last_finished_at": last.last_finished_at,
            **found,
        }
    )
