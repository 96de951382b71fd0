# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The workload: replicas, images, limits, and how far its rollout is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.quantity import cores, whole_bytes
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import owner_tool, rollout_status
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service

SOURCE = "workload"
RECORD = "runbooks.hotswap/"


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:  # noqa: ARG001
    """Replica counts as numbers, memory in bytes, CPU in cores, the rollout as kubectl would judge it."""
    ref, workload = cluster.workload_ref(), cluster.workload()
    metadata, spec, status = workload["metadata"], workload["spec"], workload.get("status") or {}
    replicas = 1 if spec.get("replicas") is None else spec["replicas"]
    available = status.get("availableReplicas") or 0
    return {
        "kind": ref.kind,
        "name": ref.name,
        "namespace": metadata["namespace"],
        "replicas": replicas,
        "updated": status.get("updatedReplicas") or 0,
        "ready": status.get("readyReplicas") or 0,
        "available": available,
        "unavailable": max(0, replicas - available),
        "paused": bool(spec.get("paused")),
        "generation": metadata.get("generation"),
        "observed_generation": status.get("observedGeneration"),
        "containers": [_container(container) for container in spec["template"]["spec"].get("containers") or []],
        "rollout": rollout_status(workload).as_dict(),
        "owner_tool": owner_tool(workload),
        "conditions": [
            {name: one.get(name) for name in ("type", "status", "reason", "message")}
            for one in status.get("conditions") or []
        ],
        "created": metadata.get("creationTimestamp"),
        "annotations_incident": {
            name: text for name, text in (metadata.get("annotations") or {}).items() if name.startswith(RECORD)
        },
    }


def _container(container: Mapping[str, Any]) -> dict[str, Any]:
    wanted = container.get("resources") or {}
    limits, requests = wanted.get("limits") or {}, wanted.get("requests") or {}
    return {
        "name": container["name"],
        "image": container.get("image"),
        "memory_limit_bytes": whole_bytes(limits["memory"]) if "memory" in limits else None,
        "memory_request_bytes": whole_bytes(requests["memory"]) if "memory" in requests else None,
        "cpu_limit": cores(limits["cpu"]) if "cpu" in limits else None,
        "cpu_request": cores(requests["cpu"]) if "cpu" in requests else None,
    }
