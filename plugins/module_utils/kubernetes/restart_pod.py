# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether and how one pod of a workload is restarted. Pure functions.

The record on the workload comes first and names the pod by its uid; the eviction follows. So what a run that died
left undone is seen from the pods: the uid is still there, or it is gone.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.pods import is_ready
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record, read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import controlled_by
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

ACTION = "restart_pod"
# Enough of a random uid to tell the pods of one workload apart; the record is kept in an annotation.
_SHORT = 8
Pod = Mapping[str, Any]


def own_pods(live: Mapping[str, Any], replica_sets: Sequence[Mapping[str, Any]], pods: Sequence[Pod]) -> list[Pod]:
    """Those of the pods that the workload, or a replica set of it, controls."""
    owners = [live, *controlled_by(live, replica_sets)]
    return [pod for owner in owners for pod in controlled_by(owner, pods)]


def recorded_restart(live: Mapping[str, Any], incident: str, pod: str) -> Record | None:
    """The last restart of the pod of that name that this incident has begun, from the records on the workload."""
    record = read_record(live)
    for one in record.all() if record else ():
        if one.action == ACTION and one.incident == incident and one.previous.get("pod") == pod:
            return one
    return None


def pod_of(record: Record, pods: Sequence[Pod]) -> Pod | None:
    """The very pod that the record names, while it is there."""
    return next((pod for pod in pods if uid(pod) == record.previous.get("uid")), None)


def named(workload: WorkloadRef, name: str, pods: Sequence[Pod]) -> Pod:
    """The workload's pod of that name. Raises NotFound, which lists those that it has."""
    found = next((pod for pod in pods if pod["metadata"]["name"] == name), None)
    if found is None:
        names = [str(pod["metadata"]["name"]) for pod in pods]
        near = difflib.get_close_matches(name, names, n=5, cutoff=0.0)
        raise NotFound(
            f"{workload} has no pod {name}.",
            f"It has: {', '.join(near)}." if near else "It has no pods at all.",
            pods=names,
        )
    return found


def refuse_outage(workload: WorkloadRef, live: Mapping[str, Any], pod: Pod, pods: Sequence[Pod]) -> None:
    """Raises Precondition where the pod is the last ready one, or nothing would take its place."""
    name = pod["metadata"]["name"]
    if live["spec"].get("replicas", 1) == 0:
        raise Precondition(f"{workload} is scaled to zero: nothing would take the place of pod {name}.", "Scale it up.")
    if is_ready(pod) and not any(is_ready(other) for other in pods if uid(other) != uid(pod)):
        raise Precondition(
            f"Pod {name} is the only ready one of {workload}.",
            "Scale it up first (scale.yml), or accept the outage on purpose (maintenance.yml).",
        )


def record_step(pod: Pod, pods: Sequence[Pod]) -> Step:
    """The record alone: who restarts which pod, and which others there were."""
    others = sorted(uid(other)[:_SHORT] for other in pods if uid(other) != uid(pod))
    return Step([], {"pod": pod["metadata"]["name"], "uid": uid(pod), "others": ",".join(others)})


def replacement(record: Record, pods: Sequence[Pod]) -> list[Pod]:
    """The pods that came since, the ones going again left out."""
    known = {*str(record.previous.get("others") or "").split(","), str(record.previous.get("uid"))[:_SHORT]}
    return [pod for pod in pods if uid(pod)[:_SHORT] not in known and not pod["metadata"].get("deletionTimestamp")]


def uid(pod: Pod) -> str:
    return str(pod["metadata"]["uid"])


def state(_live: Mapping[str, Any]) -> dict[str, Any]:
    """What it touches of the workload: nothing."""
    return {}


def undo_step(_live: Mapping[str, Any], _record: Record) -> Step | None:
    """Nothing: the new pod runs what the old one ran."""
    return None
