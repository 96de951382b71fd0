# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks the cluster whether it has room for a workload's new pods, before the workload is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Denied, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import capacity
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.client import KubernetesClient
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    LIMIT_RANGES,
    NODES,
    PODS,
    QUOTAS,
    Resource,
)


def require_room(
    client: KubernetesClient,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    index: int,
    *,
    beyond_nodes: bool = False,
) -> list[str]:
    """Raises Precondition with everything that is in the way of the live workload's change to ``after``.

    ``index`` is the container's that changes; ``beyond_nodes`` leaves the nodes aside. Raises Denied with the API
    server's own words where its admission would refuse the new pods. Returns what could not be looked at, as warnings:
    who may change a workload need not be allowed to read nodes.
    """
    namespace = before["metadata"]["namespace"]
    pod = after["spec"]["template"]["spec"]
    unseen: list[str] = []
    quotas = _readable(client, QUOTAS, namespace, unseen)
    ranges = _readable(client, LIMIT_RANGES, namespace, unseen)
    nodes = [] if beyond_nodes else _readable(client, NODES, "", unseen)
    problems = [
        *capacity.outside_limit_ranges(pod["containers"][index], ranges),
        *capacity.above_quota(before, after, quotas),
        *capacity.above_nodes(pod, nodes),
    ]
    if problems:
        raise Precondition(
            f"There is no room for this: {'; '.join(problems)}.",
            "Ask for less, or have the quota, the limit range or the nodes changed first (where a cluster autoscaler "
            "brings larger nodes: beyond_nodes=true, resources_beyond_nodes in a playbook).",
            problems=problems,
        )
    _ask_admission(client, after)
    return unseen


def _readable(client: KubernetesClient, resource: Resource, namespace: str, unseen: list[str]) -> list[dict[str, Any]]:
    try:
        return client.list(resource, namespace)
    except Denied:
        unseen.append(f"Nobody looked at the {resource.plural}: you may not list them.")
        return []


def _ask_admission(client: KubernetesClient, after: Mapping[str, Any]) -> None:
    """Make a pod of the new kind as a dry run: quotas with scopes, limit ranges of pods and webhooks have their say."""
    namespace, template = after["metadata"]["namespace"], after["spec"]["template"]
    if not client.allowed("create", PODS, namespace):
        return
    marks = {key: value for key, value in (template.get("metadata") or {}).items() if key in ("labels", "annotations")}
    body = {"metadata": {"generateName": f"{after['metadata']['name']}-", **marks}, "spec": template["spec"]}
    try:
        client.create(PODS, body, namespace, dry_run=True)
    except Denied as refused:
        # Where an old pod ends first, it leaves its share of the quota to the new one.
        if "exceeded quota" in refused.message and not capacity.replaces_beside(after):
            return
        raise
