# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read, decide, write with what was read; a conflict is read and decided again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Conflict, RunbookError
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import Resource

if TYPE_CHECKING:
    from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.client import (
        Decide,
        KubernetesClient,
        Patch,
        PatchKind,
    )

DECISIONS = 5


def update(
    client: KubernetesClient,
    resource: Resource,
    name: str,
    namespace: str,
    decide: Decide,
    *,
    kind: PatchKind,
    dry_run: bool,
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """See KubernetesClient.update."""
    first: dict[str, Any] | None = None
    sent_from: dict[str, Any] | None = None
    live: dict[str, Any] = {}
    for _ in range(DECISIONS):
        live = client.get(resource, name, namespace)
        first = first or live
        patch = decide(live)
        if patch is None:
            # Our own write may have arrived although its answer was lost: then the change is ours to report.
            if sent_from is not None and _written_by_us(sent_from, live):
                return sent_from, live
            return live, None
        try:
            after = client.patch(resource, name, namespace, with_version(patch, live), kind=kind, dry_run=dry_run)
        except Conflict as conflict:
            if conflict.facts.get("uncertain"):
                sent_from = live
            continue
        except RunbookError as error:
            if error.facts.get("uncertain"):
                error.hint = f"It may have been applied all the same. {error.hint}".rstrip()
            raise
        return live, after
    others = [manager for manager in field_managers(live, since=first) if manager != _ours()]
    who = f" by {' and '.join(others)}" if others else ""
    raise Conflict(
        f"The {resource.words} {name} in namespace {namespace} was changed{who} each of {DECISIONS} times we tried.",
        "Find out what keeps changing it, or stop it, and run this again.",
        managers=others,
    )


def with_version(patch: Patch, live: Mapping[str, Any]) -> Patch:
    """The patch with the resourceVersion of the object it was decided on.

    In a JSON patch it is replaced, not tested: a failed test is answered 422 without a reason, a stale
    resourceVersion 409.
    """
    version = live["metadata"]["resourceVersion"]
    if isinstance(patch, Mapping):
        return {**patch, "metadata": {**(patch.get("metadata") or {}), "resourceVersion": version}}
    if any(step.get("path") == "/metadata/resourceVersion" for step in patch):
        return patch
    return [{"op": "replace", "path": "/metadata/resourceVersion", "value": version}, *patch]


def field_managers(live: Mapping[str, Any], since: Mapping[str, Any] | None = None) -> list[str]:
    """Who wrote to the object, the latest first; with ``since`` those who wrote after that state, if that is known."""
    entries = live.get("metadata", {}).get("managedFields") or []
    known = (since or {}).get("metadata", {}).get("managedFields") or []
    fresh = [entry for entry in entries if entry not in known] or entries
    fresh = sorted(fresh, key=lambda entry: str(entry.get("time") or ""), reverse=True)
    return list(dict.fromkeys(str(entry.get("manager") or "unknown") for entry in fresh))


def _written_by_us(before: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    if before["metadata"].get("resourceVersion") == live["metadata"].get("resourceVersion"):
        return False
    return _ours() in field_managers(live, since=before)


def _ours() -> str:
    from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.client import FIELD_MANAGER

    return FIELD_MANAGER
