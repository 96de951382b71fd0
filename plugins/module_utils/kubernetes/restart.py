# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether and how a workload is restarted. Pure functions."""

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


def refuse_outage(workload: WorkloadRef, live: Mapping[str, Any]) -> None:
    """Raises Precondition where a restart would take the last ready replica away, or would not be rolled out."""
    spec, status = live["spec"], live.get("status") or {}
    if spec.get("paused"):
        raise Precondition(
            f"{workload} is paused: a restart would be stored and not rolled out.",
            f"Resume it first: kubectl -n {live['metadata']['namespace']} rollout resume {workload}",
        )
    replicas, ready = spec.get("replicas", 1), status.get("readyReplicas") or 0
    if replicas == 0:
        raise Precondition(f"{workload} is scaled to zero: there is nothing to restart.", "Scale it up first.")
    if ready and ready <= _may_be_missing(spec, replicas):
        raise Precondition(
            f"A restart of {workload} may take all {ready} ready replicas away at once: {_strategy(spec)}.",
            "Scale it up first (scale.yml), so that one replica serves while the others restart.",
        )


def _may_be_missing(spec: Mapping[str, Any], replicas: int) -> int:
    """How many ready pods the rollout may take away before others are ready."""
    if "updateStrategy" in spec:
        return 1  # a StatefulSet replaces one pod after the other
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return replicas
    limit = (strategy.get("rollingUpdate") or {}).get("maxUnavailable", "25%")
    if isinstance(limit, str) and limit.endswith("%"):
        return math.floor(replicas * int(limit[:-1]) / 100)
    return int(limit)


def _strategy(spec: Mapping[str, Any]) -> str:
    if "updateStrategy" in spec:
        return "a StatefulSet replaces one pod after the other, and there is only one"
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return "its strategy is Recreate"
    return f"its maxUnavailable is {(strategy.get('rollingUpdate') or {}).get('maxUnavailable', '25%')}"


def restart_step(live: Mapping[str, Any], now: datetime.datetime) -> Step:
    """The change of the template that makes its controller replace all pods, as `kubectl rollout restart` does."""
    metadata = live["spec"]["template"].get("metadata") or {}
    marks = dict(metadata.get("annotations") or {})
    previous = {"restarted_at": marks.get(MARK)}
    marks[MARK] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    patch = [{"op": "add", "path": "/spec/template/metadata/annotations", "value": marks}]
    return Step(patch, previous)
