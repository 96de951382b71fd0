# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Containers that are killed for want of memory. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

KILLED = "OOMKilled"


def refuse_more_kills(
    workload: WorkloadRef, container: str, limit: str | None, pods: Sequence[Mapping[str, Any]]
) -> None:
    """Raises Precondition when one of the pods, all of them made with ``limit``, was killed for want of memory."""
    killed = [pod["metadata"]["name"] for pod in pods if _was_killed(pod, container)]
    if killed:
        raise Precondition(
            f"Container {container} of {workload} is out of memory again with a limit of {limit or 'none'}: "
            f"{len(killed)} x {KILLED} ({', '.join(sorted(killed)[:3])}).",
            "Raise it further, or look for a leak: a limit that is reached at any size is one.",
            pods=killed,
        )


def _was_killed(pod: Mapping[str, Any], container: str) -> bool:
    for status in (pod.get("status") or {}).get("containerStatuses") or []:
        if status.get("name") == container:
            for key in ("state", "lastState"):
                if ((status.get(key) or {}).get("terminated") or {}).get("reason") == KILLED:
                    return True
    return False
