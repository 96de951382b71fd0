# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pods: which are ready, what is wrong with the others, and of which revision they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import RunbookError
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import pods as verdicts
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import (
    POD_HASH_LABEL,
    SET_HASH_LABEL,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service

SOURCE = "pods"


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:  # noqa: ARG001
    """All pods of the service, none of them being a finding of its own, not a failure."""
    items = [_item(pod, service.container) for pod in cluster.pods()]
    return {
        "selector": cluster.selector(),
        "total": len(items),
        "ready": sum(item["ready"] for item in items),
        "restarts": sum(item["restarts"] for item in items),
        "items": sorted(items, key=lambda item: item["name"]),
        "reasons": dict(Counter(item["reason"] for item in items if item["reason"])),
        "by_revision": _by_revision(items, _newest(cluster)),
    }


def _newest(cluster: Cluster) -> str | None:
    """The hash of the present template; None when it cannot be read, which must not cost us the pods."""
    try:
        return cluster.current_hash() or None
    except (RunbookError, NotConfigured):
        return None


def _item(pod: Mapping[str, Any], container: str) -> dict[str, Any]:
    metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    labels = metadata.get("labels") or {}
    found = verdicts.reason(pod)
    containers = spec.get("containers") or []
    ours = next((one for one in containers if one["name"] == container), containers[0] if containers else {})
    return {
        "name": metadata["name"],
        "node": spec.get("nodeName"),
        "revision_hash": labels.get(POD_HASH_LABEL) or labels.get(SET_HASH_LABEL),
        "image": ours.get("image"),
        "images": [one.get("image") for one in containers],
        "phase": status.get("phase"),
        "ready": verdicts.is_ready(pod),
        "restarts": verdicts.restarts(pod),
        "started_at": _started(status),
        "unready_since": _unready_since(status),
        "created": metadata.get("creationTimestamp"),
        "reason": found.reason or None,
        "message": found.message or None,
        "container": found.container or None,
        "exit_code": found.exit_code,
        "last_container": found.last_container,
        "last_reason": found.last_reason,
        "last_exit_code": found.last_exit_code,
        "last_finished_at": found.last_finished_at,
        "terminating": bool(metadata.get("deletionTimestamp")),
    }


def _started(status: Mapping[str, Any]) -> str | None:
    """When the youngest running container started: a restart counts, a pod's age does not."""
    running = [(one.get("state") or {}).get("running") or {} for one in status.get("containerStatuses") or []]
    return max((str(one["startedAt"]) for one in running if one.get("startedAt")), default=None)


def _unready_since(status: Mapping[str, Any]) -> str | None:
    """When the pod ceased to be ready, or began without being it."""
    conditions = status.get("conditions") or []
    false = (one for one in conditions if one.get("type") == "Ready" and one.get("status") != "True")
    return next((str(one["lastTransitionTime"]) for one in false if one.get("lastTransitionTime")), None)


def _by_revision(items: list[dict[str, Any]], newest: str | None) -> list[dict[str, Any]]:
    """One entry per revision that has pods, the newest first; ``newest`` is null when nobody can tell."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for item in items:
        groups.setdefault(item["revision_hash"], []).append(item)
    entries = [
        {
            "revision_hash": key,
            "images": group[0]["images"],
            "total": len(group),
            "ready": sum(item["ready"] for item in group),
            "newest": None if newest is None else key == newest,
            "reasons": dict(Counter(item["reason"] for item in group if item["reason"])),
        }
        for key, group in groups.items()
    ]
    return sorted(entries, key=lambda entry: (not entry["newest"], str(entry["revision_hash"])))
