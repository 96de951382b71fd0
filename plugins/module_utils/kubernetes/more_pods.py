# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a namespace's quotas have room for more pods of a workload. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.capacity import need
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.quantity import parse_quantity
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

_COUNTS = ("pods", "count/pods")


def refuse_beyond_quota(
    workload: WorkloadRef, live: Mapping[str, Any], replicas: int, quotas: Sequence[Mapping[str, Any]]
) -> None:
    """Raises Precondition where a quota has no room for all pods up to ``replicas``; it tells how many would fit.

    Quotas with scopes are left out: which pods they count, only the server knows.
    """
    has = int((live.get("status") or {}).get("replicas") or 0)
    one = _cost(live["spec"]["template"]["spec"])
    for quota in quotas:
        spec, status = quota.get("spec") or {}, quota.get("status") or {}
        if spec.get("scopes") or spec.get("scopeSelector"):
            continue
        for key, hard in (status.get("hard") or spec.get("hard") or {}).items():
            cost = one.get(key)
            if not cost:
                continue
            used = str((status.get("used") or {}).get(key, 0))
            fit = max(0, int((parse_quantity(hard) - parse_quantity(used)) // cost))
            if fit < replicas - has:
                raise Precondition(
                    f"Quota {quota['metadata']['name']} has no room for {replicas} replicas of {workload}: it allows "
                    f"{hard} of {key} and {used} is used, so {fit or 'none'} more can be made.",
                    (f"Ask for at most {has + fit}, or have" if fit else "Have") + " the quota raised first.",
                    fits=has + fit,
                )


def _cost(pod: Mapping[str, Any]) -> dict[str, Decimal]:
    """What one pod takes of a quota, by the quota's own keys."""
    cost = dict.fromkeys(_COUNTS, Decimal(1))
    for (kind, name), value in need(pod).items():
        cost[f"{kind}.{name}"] = value
        if kind == "requests" and name in ("cpu", "memory"):
            cost[name] = value
    return cost
