# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CPU and memory of each container from the metrics API, beside its limit."""

from __future__ import annotations

from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import NotFound, Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.quantity import cores, whole_bytes
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import POD_METRICS
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service

SOURCE = "usage"


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:  # noqa: ARG001
    """One item per container that has been measured; a fresh pod is absent for a while. Memory is the working set."""
    client = cluster.client()
    selector = cluster.selector()
    try:
        measured = client.list(POD_METRICS, cluster.namespace, label_selector=selector)
    except (NotFound, Unreachable) as missing:
        if missing.facts.get("http_status") not in (404, 503) or missing.facts.get("missing") == "namespace":
            raise
        raise NotFound(
            "The cluster measures no usage: its metrics API does not answer.",
            "Install metrics-server, or look at its health; usage stays unknown.",
            http_status=missing.facts["http_status"],
        ) from None
    limits = {
        (pod["metadata"]["name"], container["name"]): (container.get("resources") or {}).get("limits") or {}
        for pod in cluster.pods()
        for container in pod["spec"].get("containers") or []
    }
    items = []
    for pod in measured:
        for container in pod.get("containers") or []:
            name, usage = pod["metadata"]["name"], container.get("usage") or {}
            limit = limits.get((name, container["name"]), {}).get("memory")
            limit_bytes = whole_bytes(limit) if limit is not None else None
            memory = whole_bytes(usage["memory"]) if "memory" in usage else None
            ratio = round(memory / limit_bytes, 4) if memory is not None and limit_bytes else None
            items.append(
                {
                    "pod": name,
                    "container": container["name"],
                    "cpu_cores": cores(usage["cpu"]) if "cpu" in usage else None,
                    "memory_bytes": memory,
                    "memory_limit_bytes": limit_bytes,
                    "memory_ratio": ratio,
                }
            )
    used, ratios, memories = (
        [item[name] for item in items if item[name] is not None]
        for name in ("cpu_cores", "memory_ratio", "memory_bytes")
    )
    return {
        "items": sorted(items, key=lambda item: (item["pod"], item["container"])),
        "memory_ratio_max": max(ratios, default=None),
        "memory_bytes_max": max(memories, default=None),
        "cpu_cores_total": round(sum(used), 6) if used else None,
    }
