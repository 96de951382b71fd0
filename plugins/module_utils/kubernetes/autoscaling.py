# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scaling a workload that a HorizontalPodAutoscaler scales: through its minimum, never against it. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

Autoscaler = Mapping[str, Any]


def autoscaler_of(workload: WorkloadRef, autoscalers: Sequence[Autoscaler]) -> Autoscaler | None:
    """The one that targets the workload. Raises Precondition when several do: they fight each other already."""
    found = [one for one in autoscalers if _targets(one, workload)]
    if len(found) > 1:
        names = " and ".join(sorted(str(one["metadata"]["name"]) for one in found))
        raise Precondition(
            f"{workload} is scaled by more than one HorizontalPodAutoscaler: {names}.", "Delete all but one of them."
        )
    return found[0] if found else None


def _targets(autoscaler: Autoscaler, workload: WorkloadRef) -> bool:
    target = autoscaler["spec"]["scaleTargetRef"]
    group = str(target.get("apiVersion") or "").partition("/")[0]
    return (target["kind"], target["name"]) == (workload.kind, workload.name) and group in (workload.resource.group, "")


def refuse_fight(workload: WorkloadRef, autoscaler: Autoscaler, replicas: int) -> None:
    """Raises Precondition: the autoscaler would change the replicas back."""
    name, low, high = _facts(autoscaler)
    raise Precondition(
        f"{workload} is scaled by HorizontalPodAutoscaler {name} (minimum {low}, maximum {high}), which would change "
        f"{replicas} replicas back.",
        "Raise its minimum instead: raise_minimum=true (scale_raise_minimum=true).",
        autoscaler=name,
        minimum=low,
        maximum=high,
    )


def refuse_at_rest(workload: WorkloadRef, live: Mapping[str, Any], name: str) -> None:
    """Raises Precondition where the workload is at zero: an autoscaler leaves that as it is."""
    if live["spec"].get("replicas", 1) == 0:
        raise Precondition(
            f"{workload} is scaled to zero, and HorizontalPodAutoscaler {name} leaves that alone.",
            "End maintenance mode (maintenance.yml -e maintenance_state=off), or scale it to one with kubectl first.",
        )


def raise_step(autoscaler: Autoscaler, replicas: int) -> Step | None:
    """The change of the minimum to ``replicas``; None where it is that. Raises Precondition below it and above the max.

    A lower minimum would leave the autoscaler free to end pods: that is not what was asked for here.
    """
    name, low, high = _facts(autoscaler)
    if replicas == low:
        return None
    if replicas > high:
        raise Precondition(
            f"{replicas} replicas are above the maximum {high} of HorizontalPodAutoscaler {name}.",
            f"Ask for at most {high}, or raise its maximum on purpose where it is defined.",
        )
    if replicas < low:
        raise Precondition(
            f"The minimum of HorizontalPodAutoscaler {name} is {low} already, and is only raised here.",
            "It goes down by itself to its minimum when the load allows it.",
        )
    return _to(replicas, previous=state(autoscaler))


def undo_step(autoscaler: Autoscaler, record: Record) -> Step | None:
    """Back to the minimum before the recorded change."""
    minimum = record.previous.get("minimum")
    if minimum is None or state(autoscaler)["minimum"] == minimum:
        return None
    return _to(int(minimum), previous=state(autoscaler))


def state(autoscaler: Autoscaler) -> dict[str, Any]:
    """What scaling touches of it."""
    return {"minimum": _facts(autoscaler)[1]}


def _facts(autoscaler: Autoscaler) -> tuple[str, int, int]:
    spec = autoscaler["spec"]
    return str(autoscaler["metadata"]["name"]), int(spec.get("minReplicas", 1)), int(spec["maxReplicas"])


def _to(minimum: int, previous: Mapping[str, Any]) -> Step:
    return Step([{"op": "add", "path": "/spec/minReplicas", "value": minimum}], previous, after={"minimum": minimum})
