# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The releases the workload has run, and the one a rollback would bring back."""

from __future__ import annotations

import datetime
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    NotFound,
    Precondition,
    RunbookError,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import rollback
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.config_restart import references
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import (
    POD_HASH_LABEL,
    Revision,
    current_revision,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service

SOURCE = "history"


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:  # noqa: ARG001
    """The revisions, the newest first; ``rollback_target`` is null when there is none or it is reached already."""
    workload, revisions = cluster.workload(), cluster.revisions()
    current = current_revision(workload, revisions)
    earlier = [revision for revision in revisions if current is not None and revision.number < current.number]
    previous = earlier[0] if earlier else None
    return {
        "current": _described(current, _came(current, cluster)),
        "previous": _described(previous),
        "revisions": [_described(revision) for revision in revisions],
        "image_changed": current.images != previous.images if current and previous else None,
        "rollback_target": _target(workload, revisions),
    }


def _target(workload: dict[str, Any], revisions: list[Revision]) -> dict[str, Any] | None:
    """What the module that rolls back would choose."""
    try:
        target = rollback.choose_target(workload, revisions)
    except (NotFound, Precondition):
        return None
    if target.already:
        return None
    chosen = target.revision
    read_then, read_now = (
        sorted(references({"spec": {"template": revision.template}})) for revision in (chosen, target.current)
    )
    return {
        "revision": chosen.number,
        "name": chosen.name,
        "images": list(chosen.images),
        "config_changed": read_then != read_now,
    }


def _came(current: Revision | None, cluster: Cluster) -> str:
    """When the current revision came: a template that came back keeps the age of its first use, its pods do not."""
    if current is None or not current.earlier_numbers:
        return ""
    try:
        pods = cluster.pods()
    except RunbookError:
        return ""
    mine = [
        one["metadata"] for one in pods if (one["metadata"].get("labels") or {}).get(POD_HASH_LABEL) == current.hash
    ]
    return min((str(metadata["creationTimestamp"]) for metadata in mine), default="")


def _described(revision: Revision | None, came: str = "") -> dict[str, Any] | None:
    if revision is None:
        return None
    return {
        "revision": revision.number,
        "name": revision.name,
        "images": list(revision.images),
        "created": revision.created or None,
        "age_s": _age(came or revision.created),
        "change_cause": revision.change_cause,
    }


def _age(created: str) -> int | None:
    """Seconds since then by this machine's clock, never negative."""
    if not created:
        return None
    then = datetime.datetime.fromisoformat(created.replace("Z", "+00:00"))
    return max(0, int((datetime.datetime.now(datetime.UTC) - then).total_seconds()))
