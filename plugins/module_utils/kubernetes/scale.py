# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether and how the replicas of a workload are set. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.pods import is_ready
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record, read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

ACTION = "scale"
LIMIT = 20
_INDEX = "apps.kubernetes.io/pod-index"


def checked_replicas(replicas: int, limit: int) -> int:
    """The number as it was asked for. Raises BadInput below zero, Precondition for zero and above the limit."""
    if replicas < 0:
        raise BadInput(f"{replicas} replicas cannot be: the number is below zero.", "Give 1 or more.")
    if replicas == 0:
        raise Precondition(
            "Scaling to zero is an outage on purpose.",
            "Use maintenance mode, which keeps the count and answers in the service's place: maintenance.yml.",
        )
    if replicas > limit:
        raise Precondition(
            f"{replicas} replicas are more than the {limit} that one step may ask for.",
            f"If the cluster has room for them, raise the limit on purpose: limit={replicas} (scale_max={replicas}).",
            limit=limit,
        )
    return replicas


def refuse_outage(
    workload: WorkloadRef,
    live: Mapping[str, Any],
    replicas: int,
    pods: Sequence[Mapping[str, Any]],
    *,
    allowed: bool = False,
) -> None:
    """Raises Precondition where fewer replicas could mean no ready one, and where maintenance mode keeps them at zero.

    ``pods`` are the workload's own. A Deployment ends the pods that are not ready first; a StatefulSet ends those
    with the highest numbers, ready or not. ``allowed`` is whether a person has accepted that none is ready.
    """
    spec, status = live["spec"], live.get("status") or {}
    present = spec.get("replicas", 1)
    record = read_record(live)
    if present == 0 and record is not None and record.action == "maintenance":
        raise Precondition(
            f"{workload} is in maintenance mode since {record.at} (incident {record.incident}).",
            "End that first, it brings the former replicas back: maintenance.yml -e maintenance_state=off",
        )
    if replicas >= present or allowed:
        return
    if "updateStrategy" in spec:
        ready = [pod for pod in pods if is_ready(pod)]
        end = replicas + int((spec.get("ordinals") or {}).get("start") or 0)
        if ready and not any(_number(pod) < end for pod in ready):
            names = ", ".join(sorted(str(pod["metadata"]["name"]) for pod in ready))
            raise Precondition(
                f"Scaling {workload} down to {replicas} would end every ready pod: {names}.",
                "A StatefulSet ends its highest numbers first. Bring the lower ones back first.",
            )
        return
    old = (status.get("replicas") or 0) - (status.get("updatedReplicas") or 0)
    if old > 0 and status.get("readyReplicas"):
        raise Precondition(
            f"{workload} is in the middle of a rollout: {old} of its pods are old ones, and scaling down now may end "
            "those that serve.",
            "Wait for its end, or go back first: rollback.yml.",
        )


def _number(pod: Mapping[str, Any]) -> int:
    """The ordinal of a StatefulSet's pod."""
    metadata = pod["metadata"]
    text = (metadata.get("labels") or {}).get(_INDEX) or str(metadata["name"]).rpartition("-")[2]
    return int(text)


def scale_step(live: Mapping[str, Any], replicas: int) -> Step | None:
    """The change to so many replicas; None where it has them."""
    if state(live)["replicas"] == replicas:
        return None
    return _to(replicas, previous=state(live))


def undo_step(live: Mapping[str, Any], record: Record) -> Step | None:
    """Back to the replicas before the recorded change."""
    replicas = record.previous.get("replicas")
    if replicas is None or state(live)["replicas"] == replicas:
        return None
    return _to(int(replicas), previous=state(live))


def state(live: Mapping[str, Any]) -> dict[str, Any]:
    """What scaling touches."""
    return {"replicas": live["spec"].get("replicas", 1)}


def _to(replicas: int, previous: Mapping[str, Any]) -> Step:
    patch = [{"op": "add", "path": "/spec/replicas", "value": replicas}]
    return Step(patch, previous, after={"replicas": replicas})
