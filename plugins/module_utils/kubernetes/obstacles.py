# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a wait for pods meets that waiting does not cure: a volume that is not there, a quota that is used up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.pods import is_ready, reason
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import STATEFULSETS
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef, condition

# A volume may be made within seconds of its claim, and a quota freed by a pod that ends.
PATIENCE_SECONDS = 8.0
_NO_VOLUME = re.compile(r"persistentvolumeclaim|volume binding|volume node affinity", re.IGNORECASE)


def waits_for_volume(pods: Sequence[Mapping[str, Any]]) -> str:
    """Which pod cannot be scheduled for want of its volume, and the scheduler's words; empty when none is."""
    for pod in pods:
        found = reason(pod)
        if is_ready(pod) or found.reason != "Unschedulable" or not _NO_VOLUME.search(found.message):
            continue
        volumes = (pod.get("spec") or {}).get("volumes") or []
        claims = [one["persistentVolumeClaim"]["claimName"] for one in volumes if one.get("persistentVolumeClaim")]
        named = f"its volume ({', '.join(claims)})" if claims else "its volume"
        return f"pod {pod['metadata']['name']} waits for {named}: {found.message.rstrip('.')}"
    return ""


def cannot_create(workload: Mapping[str, Any]) -> str:
    """Why the controller cannot make pods, in the API server's words (a quota's, an admission's); empty when it can."""
    failing = condition(workload, "ReplicaFailure")
    return str(failing.get("message") or "") if failing.get("status") == "True" else ""


def holds_up(live: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """The pod of an earlier revision that a StatefulSet waits for in vain, and its reason; empty when there is none.

    In order, a StatefulSet ends a pod only when all are ready: one that is broken stays, whatever the new template
    says (kubernetes/kubernetes#67250, "forced rollback").
    """
    if "updateStrategy" not in live["spec"] or live["spec"].get("podManagementPolicy") == "Parallel":
        return "", ""
    for pod in others:
        found = reason(pod)
        if found.hopeless and not is_ready(pod) and not pod["metadata"].get("deletionTimestamp"):
            return str(pod["metadata"]["name"]), found.reason
    return "", ""


def create_failures(events: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What a controller was answered when it made pods, by message, each with a mark that changes when it recurs."""
    return {
        str(event.get("message") or ""): f"{event.get('count')} {event.get('lastTimestamp')} {event.get('series')}"
        for event in events
        if event.get("reason") == "FailedCreate"
    }


def refuse_without_volume(workload: WorkloadRef, pods: Sequence[Mapping[str, Any]]) -> None:
    """Raises Precondition where pods wait for a volume: a restart brings none."""
    if waiting := waits_for_volume(pods):
        namespace = pods[0]["metadata"]["namespace"]
        raise Precondition(
            f"A restart does not help {workload}: {waiting}.",
            f"See to the claim and its storage class: kubectl -n {namespace} get persistentvolumeclaims,storageclasses",
        )


def ends_early(
    workload: WorkloadRef, deadline: Deadline, events: Callable[[], Sequence[Mapping[str, Any]]]
) -> Callable[..., None]:
    """A look at each reading of a wait: raises Precondition when an obstacle has stood for PATIENCE_SECONDS.

    It is called with the workload, its new pods, and those of earlier revisions.
    ``events`` reads those of the workload: a StatefulSet has no condition that says why its pods cannot be made.
    """
    since: dict[str, float] = {}
    before: list[dict[str, str]] = []

    def refused(live: Mapping[str, Any]) -> str:
        has = (live.get("status") or {}).get("replicas") or 0
        if workload.resource != STATEFULSETS or has >= live["spec"].get("replicas", 1):
            return cannot_create(live)
        failures = create_failures(events())
        if not before:
            before.append(failures)
        # Events stay for an hour; what is new since the first look is about this wait.
        return next((message for message, mark in failures.items() if before[0].get(message) != mark), "")

    def look(
        live: Mapping[str, Any], pods: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        broken, why = holds_up(live, others)
        namespace = live["metadata"].get("namespace", "")
        found = {
            "broken": (
                f"pod {broken} still runs what was before and is in {why}; the controller does not replace it"
                if broken
                else "",
                f"Replace it by hand, then it goes on by itself: kubectl -n {namespace} delete pod {broken} "
                f"(or restart.yml -e restart_pod={broken})",
            ),
            "volume": (waits_for_volume(pods), "See to the claim and its storage class; a restart brings no volume."),
            "create": (refused(live), "Make room in what forbids the pods, or ask for as many as it allows."),
        }
        for kind, (says, hint) in found.items():
            if not says:
                since.pop(kind, None)
            elif deadline.elapsed() - since.setdefault(kind, deadline.elapsed()) >= PATIENCE_SECONDS:
                raise Precondition(f"{workload} cannot become ready: {says.rstrip('.')}.", hint)

    return look
