# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Vault: whether each node is sealed."""

from __future__ import annotations

from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, TimedOut, Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.vault import node_urls, read_nodes

SOURCE = "vault"
_KINDS = {"timeout": TimedOut, "bad_input": BadInput}


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:  # noqa: ARG001
    """``{nodes, sealed, total}``. Raises what the first node's failure was when not one node could be read."""
    if not node_urls(service.vault):
        raise NotConfigured("service_vault has neither urls nor url.")
    nodes = read_nodes(service.vault, deadline)
    if not any(node["reachable"] for node in nodes):
        first = nodes[0]["error"]
        kind = _KINDS.get(first["error_class"], Unreachable)
        others = f" None of the {len(nodes)} nodes answered." if len(nodes) > 1 else ""
        raise kind(f"{first['message']}{others}", first["hint"], nodes=nodes)
    return {"nodes": nodes, "sealed": sum(node["sealed"] is True for node in nodes), "total": len(nodes)}
