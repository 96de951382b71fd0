# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a step is about to touch: the right cluster, and exactly one workload."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.names import checked_selector
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.reader import KubernetesReader
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    REPLICA_SETS,
    STATEFULSETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.selectors import selects
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_KINDS = {"Deployment": DEPLOYMENTS, "StatefulSet": STATEFULSETS}


def require_cluster(client: KubernetesReader, expected: str) -> None:
    """Raises Precondition unless this is the expected cluster.

    ``expected`` is the UID of the namespace kube-system, which is what identifies a cluster for its whole life, or the
    name of the API server, with or without scheme and port. Raises BadInput when it is empty: nobody meant any cluster.
    """
    if not expected.strip():
        raise BadInput(
            "The expected cluster is empty.", "Name it (service_cluster), or leave it out to accept any cluster."
        )
    if _UID.fullmatch(expected):
        found = str(client.get(NAMESPACES, "kube-system")["metadata"]["uid"])
        same = found.lower() == expected.lower()
    else:
        found = client.host
        address = urlsplit(found)
        same = expected.rstrip("/").lower() in {found.lower(), address.netloc.lower(), (address.hostname or "").lower()}
    if not same:
        raise Precondition(
            f"This is the cluster {found}, not the expected {expected}.",
            "Check the context (service_kubernetes), or what is expected (service_cluster).",
            found=found,
        )


def workload_behind(
    client: KubernetesReader, namespace: str, selector: str, pods: Sequence[Mapping[str, Any]] | None = None
) -> WorkloadRef:
    """The one workload whose pods the selector matches; ``pods`` are these pods, if they were read already.

    A workload without pods is found by the labels that its pods would have. Raises BadInput for an empty selector,
    NotFound when it matches no workload's pod, Precondition when it matches several; that one lists them.
    """
    selector = checked_selector(selector, "the workload")
    if pods is None:
        pods = client.list(PODS, namespace, label_selector=selector)
    sets = {item["metadata"]["name"]: item for item in client.list(REPLICA_SETS, namespace)}
    owners = {owner for pod in pods if (owner := _owner(pod, sets)) is not None}
    refs = sorted((WorkloadRef(_KINDS[kind], name) for kind, name in owners if kind in _KINDS), key=str)
    refs = refs or _at_zero(client, namespace, selector)
    if len(refs) == 1:
        return refs[0]
    if refs:
        raise Precondition(
            f"The selector {selector} matches {' and '.join(map(str, refs))}.",
            "Set service_workload to the one that is meant.",
            workloads=[str(ref) for ref in refs],
        )
    raise NotFound(
        f"The selector {selector} matches no workload's pod in namespace {namespace}.",
        "Check the selector, or set service_workload.",
    )


def _at_zero(client: KubernetesReader, namespace: str, selector: str) -> list[WorkloadRef]:
    """The workloads that are scaled to zero and whose pods the selector would match."""
    found = [
        WorkloadRef(kind, item["metadata"]["name"])
        for kind in (DEPLOYMENTS, STATEFULSETS)
        for item in client.list(kind, namespace)
        if item["spec"].get("replicas") == 0
        and selects(selector, item["spec"]["template"]["metadata"].get("labels") or {})
    ]
    return sorted(found, key=str)


def _owner(pod: Mapping[str, Any], sets: Mapping[str, Mapping[str, Any]]) -> tuple[str, str] | None:
    """The kind and name at the end of the pod's chain of controllers."""
    owner = _controller(pod)
    if owner is not None and owner[0] == "ReplicaSet" and owner[1] in sets:
        return _controller(sets[owner[1]]) or owner
    return owner


def _controller(item: Mapping[str, Any]) -> tuple[str, str] | None:
    for reference in item["metadata"].get("ownerReferences") or []:
        if reference.get("controller"):
            return reference["kind"], reference["name"]
    return None
