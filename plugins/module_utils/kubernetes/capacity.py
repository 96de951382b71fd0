# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the cluster has room for what a pod would ask for: quotas, limit ranges, nodes. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.quantity import (
    format_bytes,
    format_cores,
    parse_quantity,
)

# A quota with another scope counts other pods, or pods by what only the server knows.
_COMMON_SCOPES = frozenset({"NotTerminating", "NotBestEffort"})
_QUOTA_KEYS = {
    "cpu": ("requests", "cpu"),
    "memory": ("requests", "memory"),
    "requests.cpu": ("requests", "cpu"),
    "requests.memory": ("requests", "memory"),
    "limits.cpu": ("limits", "cpu"),
    "limits.memory": ("limits", "memory"),
}


def need(pod: Mapping[str, Any]) -> dict[tuple[str, str], Decimal]:
    """What one pod with this spec asks for, by kind and resource; what it leaves open is missing."""
    needed: dict[tuple[str, str], Decimal] = {}
    initial: dict[tuple[str, str], Decimal] = {}
    for container in pod.get("containers") or []:
        for place, value in _asked(container).items():
            needed[place] = needed.get(place, Decimal(0)) + value
    for container in pod.get("initContainers") or []:
        for place, value in _asked(container).items():
            if container.get("restartPolicy") == "Always":
                needed[place] = needed.get(place, Decimal(0)) + value
            else:
                initial[place] = max(initial.get(place, Decimal(0)), value)
    return {place: max(needed.get(place, Decimal(0)), initial.get(place, Decimal(0))) for place in needed | initial}


def above_quota(before: Mapping[str, Any], after: Mapping[str, Any], quotas: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the namespace's quotas lack for the whole rollout from one live workload to the other."""
    old = need(before["spec"]["template"]["spec"])
    new = need(after["spec"]["template"]["spec"])
    problems = []
    for quota in quotas:
        spec, status = quota.get("spec") or {}, quota.get("status") or {}
        if spec.get("scopeSelector") or not set(spec.get("scopes") or ()) <= _COMMON_SCOPES:
            continue
        for key, hard in (status.get("hard") or spec.get("hard") or {}).items():
            place = _QUOTA_KEYS.get(key)
            if place is None or new.get(place, 0) <= old.get(place, 0):
                continue
            used = parse_quantity((status.get("used") or {}).get(key, 0))
            free = parse_quantity(hard) - used
            more = rollout_peak(after, old.get(place, Decimal(0)), new[place])
            if more > free:
                allowed, taken, lacking = (_show(place[1], one) for one in (parse_quantity(hard), used, more))
                problems.append(
                    f"quota {quota['metadata']['name']} allows {allowed} of {key}, {taken} is used, and the rollout "
                    f"needs {lacking} more"
                )
    return problems


def rollout_peak(workload: Mapping[str, Any], old: Decimal, new: Decimal) -> Decimal:
    """How much more all pods together ask for at the height of the rollout, from ``old`` to ``new`` for each pod."""
    replicas = int(workload["spec"].get("replicas", 1))
    if not replicas:
        return Decimal(0)
    last = (replicas - 1) * (new - old)
    # Where no pod may be missing, each old pod stays until its successor is ready beside it.
    return max(new, last + new) if replaces_beside(workload) else max(Decimal(0), last + new - old)


def replaces_beside(workload: Mapping[str, Any]) -> bool:
    """Whether a new pod is made before an old one ends."""
    spec = workload["spec"]
    strategy = spec.get("strategy") or {}
    if "updateStrategy" in spec or strategy.get("type") == "Recreate":
        return False
    missing = (strategy.get("rollingUpdate") or {}).get("maxUnavailable", "25%")
    if isinstance(missing, str) and missing.endswith("%"):
        return math.floor(int(spec.get("replicas", 1)) * int(missing[:-1]) / 100) == 0
    return int(missing) == 0


def outside_limit_ranges(container: Mapping[str, Any], ranges: Sequence[Mapping[str, Any]]) -> list[str]:
    """Where the container's resources break the namespace's limit ranges."""
    asked = _asked(container)
    problems = []
    for item in ranges:
        for rule in (item.get("spec") or {}).get("limits") or []:
            if rule.get("type") != "Container":
                continue
            for bound, kind, wrong in (("max", "limits", "above"), ("min", "requests", "below")):
                for name, edge in (rule.get(bound) or {}).items():
                    value, allowed = asked.get((kind, name)), parse_quantity(edge)
                    if value is not None and (value > allowed if bound == "max" else value < allowed):
                        problems.append(
                            f"the {name} {kind.removesuffix('s')} of {_show(name, value)} is {wrong} the {bound}imum "
                            f"of {_show(name, allowed)} in limit range {item['metadata']['name']}"
                        )
    return problems


def above_nodes(pod: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    """What no node could hold even if it were empty; nodes that take no new pod of this kind do not count."""
    offers = [
        {name: parse_quantity(allocatable[name]) for name in ("cpu", "memory") if name in allocatable}
        for node in nodes
        if _takes(node, pod) and (allocatable := (node.get("status") or {}).get("allocatable") or {})
    ]
    asked = {
        name: value for (kind, name), value in need(pod).items() if kind == "requests" and name in ("cpu", "memory")
    }
    if not offers or any(all(value <= offer.get(name, 0) for name, value in asked.items()) for offer in offers):
        return []
    wanted = " and ".join(f"{_show(name, value)} of {name}" for name, value in sorted(asked.items()))
    largest = max(offers, key=lambda offer: (offer.get("memory", Decimal(0)), offer.get("cpu", Decimal(0))))
    offered = " and ".join(f"{_show(name, value)} of {name}" for name, value in sorted(largest.items()))
    return [f"a pod would ask for {wanted}, and the largest node has {offered}"]


def _asked(container: Mapping[str, Any]) -> dict[tuple[str, str], Decimal]:
    resources = container.get("resources") or {}
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    asked = {("limits", name): parse_quantity(text) for name, text in limits.items()}
    # Where only the limit is given, the API server takes it for the request, too.
    return asked | {("requests", name): parse_quantity(text) for name, text in {**limits, **requests}.items()}


def _takes(node: Mapping[str, Any], pod: Mapping[str, Any]) -> bool:
    spec = node.get("spec") or {}
    closed = [taint for taint in spec.get("taints") or [] if taint.get("effect") in ("NoSchedule", "NoExecute")]
    return not spec.get("unschedulable") and (not closed or bool(pod.get("tolerations")))


def _show(resource: str, value: Decimal) -> str:
    return format_cores(float(value)) if resource == "cpu" else format_bytes(int(value))
