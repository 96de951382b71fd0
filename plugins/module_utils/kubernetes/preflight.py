# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that must be true before a change, looked at before any of it is made, and told in one message."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Denied, Precondition, RunbookError
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.reader import KubernetesReader
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import LEASES, PODS, Resource
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.targets import (
    require_cluster,
    workload_behind,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef, parse_workload


@dataclass(frozen=True)
class Right:
    """What will be done, in RBAC's words. An empty ``name`` means any object of the kind in the namespace."""

    verb: str
    resource: Resource
    name: str = ""
    subresource: str = ""

    def __str__(self) -> str:
        kind = f"{self.resource.full_name}/{self.subresource}" if self.subresource else self.resource.full_name
        return f"{self.verb} {kind} {self.name}".rstrip()


LOCK_RIGHTS = (Right("get", LEASES), Right("create", LEASES), Right("update", LEASES))
"""What taking the lock of a workload takes."""


def rollout_rights(workload: WorkloadRef) -> tuple[Right, ...]:
    """What changing a workload and watching its rollout takes."""
    return (
        Right("get", workload.resource, workload.name),
        Right("patch", workload.resource, workload.name),
        Right("list", PODS),
    )


def preflight(
    client: KubernetesReader, options: Mapping[str, Any], rights: Callable[[WorkloadRef], Sequence[Right]]
) -> WorkloadRef:
    """The one workload that ``namespace``, ``workload`` or ``selector`` and ``cluster`` of the options mean.

    ``rights`` tells what will be done to it. Raises the one thing that is missing, or one Precondition that lists all.
    """
    problems: list[RunbookError] = []
    namespace = options["namespace"]
    if options["cluster"] is not None:
        problems += _caught(lambda: require_cluster(client, options["cluster"]))
    found: list[WorkloadRef] = []
    problems += _caught(lambda: found.append(_target(client, namespace, options)))
    if found:
        problems += _caught(lambda: require_rights(client, namespace, rights(found[0])))
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise Precondition(
            f"{len(problems)} things are in the way: " + " ".join(problem.message for problem in problems),
            " ".join(problem.hint for problem in problems if problem.hint),
            problems=[problem.message for problem in problems],
        )
    return found[0]


def _caught(look: Callable[[], object]) -> list[RunbookError]:
    try:
        look()
    except RunbookError as problem:
        if problem.error_class in ("unreachable", "throttled", "timeout"):
            raise
        return [problem]
    return []


def _target(client: KubernetesReader, namespace: str, options: Mapping[str, Any]) -> WorkloadRef:
    if options["selector"] is not None:
        return workload_behind(client, namespace, options["selector"])
    workload = parse_workload(options["workload"])
    client.get(workload.resource, workload.name, namespace)
    return workload


def require_rights(client: KubernetesReader, namespace: str, rights: Sequence[Right]) -> None:
    """Raises Denied with all the rights that are missing."""
    missing = [
        right
        for right in rights
        if not client.allowed(right.verb, right.resource, namespace, right.name, right.subresource)
    ]
    if missing:
        listed = ", ".join(str(right) for right in missing)
        raise Denied(
            f"You may not: {listed} in namespace {namespace}.",
            "Ask for a role with these rules, or let somebody run this who has it.",
            missing=[str(right) for right in missing],
        )
