# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether and how all pods of a workload are restarted. Pure functions."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record, read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

ACTION = "restart"
MARK = "runbooks.hotswap/restarted-at"


def earlier_restart(live: Mapping[str, Any], incident: str) -> Record | None:
    """The restart that this incident has made already, from the records on the object."""
    record = read_record(live)
    for one in record.all() if record else ():
        if one.action == ACTION and one.incident == incident:
            return one
    return None


def refuse_at_zero(workload: WorkloadRef, live: Mapping[str, Any]) -> None:
    """Raises Precondition where there is no pod to restart."""
    if live["spec"].get("replicas", 1) == 0:
        raise Precondition(f"{workload} is scaled to zero: there is nothing to restart.", "Scale it up first.")


def refuse_paused(workload: WorkloadRef, live: Mapping[str, Any], what: str) -> None:
    """Raises Precondition for a paused Deployment: its controller brings no new pods."""
    if live["spec"].get("paused"):
        raise Precondition(
            f"{workload} is paused: a {what} would be stored and not rolled out.",
            f"Resume it first: kubectl -n {live['metadata']['namespace']} rollout resume {workload}",
        )


def refuse_outage(
    workload: WorkloadRef, live: Mapping[str, Any], what: str = "restart", *, allowed: bool = False
) -> None:
    """Raises Precondition where replacing all pods would not be rolled out, or would take the last ready one away.

    ``what`` replaces them; ``allowed`` is whether a person has accepted that nothing is ready for a while. A workload
    that is scaled to zero has nothing to lose.
    """
    spec, status = live["spec"], live.get("status") or {}
    refuse_paused(workload, live, what)
    replicas, ready = spec.get("replicas", 1), status.get("readyReplicas") or 0
    if not replicas:
        return
    if held := _held_back(spec, replicas):
        raise Precondition(
            f"A {what} of {workload} would replace no pod: {held}.",
            "Restart one pod by its name (restart_pod), or change the update strategy.",
        )
    if ready and not allowed and (why := _takes_all(spec, replicas, ready)):
        raise Precondition(
            f"A {what} of {workload} may take all {ready} ready replicas away at once: {why}."
            if ready > 1
            else f"A {what} of {workload} would take its only ready replica away: {why}.",
            (
                "Change its strategy to RollingUpdate first"
                if (spec.get("strategy") or {}).get("type") == "Recreate"
                else "Scale it up first (scale.yml), so that one replica serves while the others are replaced"
            )
            + ", or accept the outage on purpose (allow_outage=true).",
        )


def _held_back(spec: Mapping[str, Any], replicas: int) -> str:
    """Why the controller of a StatefulSet would leave every pod as it is; empty when it would not."""
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return "its strategy is OnDelete, so a pod is replaced only when somebody deletes it"
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    return f"its partition {partition} holds all {replicas} back" if partition >= replicas > 0 else ""


def _takes_all(spec: Mapping[str, Any], replicas: int, ready: int) -> str:
    """Why the rollout may take every ready pod away before others are ready; empty when one stays."""
    if "updateStrategy" in spec:
        # It takes pods by their number, the ready ones among them; a Deployment's takes those that are not ready.
        rolling = spec["updateStrategy"].get("rollingUpdate") or {}
        at_once = max(1, _share(rolling.get("maxUnavailable", 1), replicas, math.ceil))
        return "a StatefulSet ends a pod before it starts the new one" if ready <= at_once else ""
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return "its strategy is Recreate"
    rolling = strategy.get("rollingUpdate") or {}
    missing = _share(rolling.get("maxUnavailable", "25%"), replicas, math.floor)
    if missing == 0 and _share(rolling.get("maxSurge", "25%"), replicas, math.ceil) == 0:
        missing = 1  # the controller's own way out where both come to nothing
    return f"its maxUnavailable is {rolling.get('maxUnavailable', '25%')}" if missing >= replicas else ""


def _share(limit: Any, replicas: int, rounded: Any) -> int:
    """A limit in pods or percent as the controllers count it."""
    if isinstance(limit, str) and limit.endswith("%"):
        return int(rounded(replicas * int(limit[:-1]) / 100))
    return int(limit)


def restart_step(live: Mapping[str, Any], now: datetime.datetime) -> Step:
    """The change of the template that makes its controller replace all pods, as `kubectl rollout restart` does."""
    marks = dict((live["spec"]["template"].get("metadata") or {}).get("annotations") or {})
    previous = {"restarted_at": marks.get(MARK)}
    marks[MARK] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    patch = [{"op": "add", "path": "/spec/template/metadata/annotations", "value": marks}]
    return Step(patch, previous)


def state(live: Mapping[str, Any]) -> dict[str, Any]:
    """What a restart touches."""
    marks = (live["spec"]["template"].get("metadata") or {}).get("annotations") or {}
    return {"restarted_at": marks.get(MARK)}


def undo_step(_live: Mapping[str, Any], _record: Record) -> Step | None:
    """Nothing: the pods run what they ran before, and taking the mark back would restart them once more."""
    return None
