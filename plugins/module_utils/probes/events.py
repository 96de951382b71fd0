# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The events of the workload, its replica sets and its pods, also of pods that are gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import EVENTS
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service

SOURCE = "events"
SHOWN = 50
# A crowded namespace keeps an hour of events; the API cannot search them by several names.
READ = 3000


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:  # noqa: ARG001
    """At most 50, the newest first; ``warnings`` counts the occurrences of all those of type Warning."""
    client = cluster.client()
    events = client.list(EVENTS, cluster.namespace, limit=READ)
    owned = _owned(cluster)
    ours = [event for event in events if _concerns(event.get("involvedObject") or {}, owned)]
    items = sorted((_item(event) for event in ours), key=lambda item: item["last"] or "", reverse=True)
    return {
        "items": items[:SHOWN],
        "warnings": sum(item["count"] for item in items if item["type"] == "Warning"),
        "truncated": len(events) >= READ or len(items) > SHOWN,
    }


def _owned(cluster: Cluster) -> tuple[set[tuple[str, str]], tuple[str, ...]]:
    """The objects by kind and name, and how the names of their pods begin."""
    ref = cluster.workload_ref()
    sets = [item["metadata"]["name"] for item in cluster.replica_sets()]
    names = {(ref.kind, ref.name), *(("ReplicaSet", name) for name in sets)}
    names |= {("Pod", pod["metadata"]["name"]) for pod in cluster.pods()}
    makers = sets if ref.kind == "Deployment" else [ref.name]
    return names, tuple(f"{name}-" for name in makers)


def _concerns(involved: Mapping[str, Any], owned: tuple[set[tuple[str, str]], tuple[str, ...]]) -> bool:
    names, prefixes = owned
    kind, name = str(involved.get("kind")), str(involved.get("name"))
    if (kind, name) in names:
        return True
    # A pod's name is its maker's and one more part; a longer rest belongs to another workload's.
    return kind == "Pod" and any(name.startswith(prefix) and "-" not in name[len(prefix) :] for prefix in prefixes)


def _item(event: Mapping[str, Any]) -> dict[str, Any]:
    involved, series = event.get("involvedObject") or {}, event.get("series") or {}
    first = event.get("firstTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp")
    return {
        "type": event.get("type"),
        "reason": event.get("reason"),
        "message": event.get("message"),
        "object": f"{involved.get('kind')}/{involved.get('name')}",
        "count": int(series.get("count") or event.get("count") or 1),
        "first": _seconds(first),
        "last": _seconds(series.get("lastObservedTime") or event.get("lastTimestamp") or first),
    }


def _seconds(time: str | None) -> str | None:
    """Both event APIs' times in one form, so that they sort: some carry microseconds."""
    return f"{time.split('.')[0].rstrip('Z')}Z" if time else None
