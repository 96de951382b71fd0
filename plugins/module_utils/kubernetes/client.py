# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Kubernetes API in plain dictionaries: KubernetesReader's reads, and writes that undo nobody's change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, NotFound
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.eviction import evict
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.reader import KubernetesReader
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.request import Request
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import Resource
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.updates import update

FIELD_MANAGER = "hotswap.runbooks"
PatchKind = Literal["merge", "strategic", "json"]
Patch = Mapping[str, Any] | list[dict[str, Any]]
Decide = Callable[[dict[str, Any]], Patch | None]

_PATCH_TYPES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}


class KubernetesClient(KubernetesReader):
    """One cluster, thread-safe, every call inside the deadline.

    All methods raise the RunbookError tree: BadInput for an empty namespace, name or selector before anything is
    sent; NotFound with the nearest names; Denied with the missing rule of RBAC; Throttled, Unreachable, TimedOut when
    the budget of retries is used up.
    """

    def create(
        self, resource: Resource, body: Mapping[str, Any], namespace: str = "", dry_run: bool = False
    ) -> dict[str, Any]:
        """The object as created. Not sent again after an uncertain failure. Raises Conflict when it exists."""
        full = {"apiVersion": resource.api_version, "kind": resource.kind, **body}
        query = _write_query(dry_run)
        return self._json(Request("create", resource, namespace, query=query, body=full, idempotent=False))

    def patch(
        self,
        resource: Resource,
        name: str,
        namespace: str,
        body: Patch,
        *,
        kind: PatchKind = "merge",
        dry_run: bool = False,
        subresource: str = "",
    ) -> dict[str, Any]:
        """The object as patched. The body must carry the resourceVersion it was decided on, or BadInput is raised."""
        if not _carries_version(body):
            raise BadInput(f"A patch of {resource.words} {name} without a resourceVersion could undo another's change.")
        request = Request(
            "patch",
            resource,
            namespace,
            name,
            subresource=subresource,
            query=_write_query(dry_run),
            body=body,
            content_type=_PATCH_TYPES[kind],
        )
        return self._json(request)

    def replace(
        self, resource: Resource, name: str, namespace: str, body: Mapping[str, Any], *, dry_run: bool = False
    ) -> dict[str, Any]:
        """The object as replaced. The body must carry the resourceVersion it was read with."""
        if not _carries_version(body):
            raise BadInput(f"Replacing {resource.words} {name} without a resourceVersion could undo another's change.")
        full = {"apiVersion": resource.api_version, "kind": resource.kind, **body}
        return self._json(Request("update", resource, namespace, name, query=_write_query(dry_run), body=full))

    def update(
        self,
        resource: Resource,
        name: str,
        namespace: str,
        decide: Decide,
        *,
        kind: PatchKind = "merge",
        dry_run: bool = False,
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Read, let ``decide`` make the patch, send it with the resourceVersion that was read.

        ``decide`` answers None when the goal already holds. On a conflict it is asked again, at most 5 times in all;
        then Conflict names the other field manager. Returns the object before, and after, or None for no change.
        """
        return update(self, resource, name, namespace, decide, kind=kind, dry_run=dry_run)

    def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str,
        dry_run: bool = False,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        grace_seconds: int | None = None,
    ) -> bool:
        """Delete the object; False when it was already gone. With ``uid`` a successor of that name is never hit.

        Without a precondition it is sent once: a repeat could delete the successor.
        """
        conditions = {"uid": uid, "resourceVersion": resource_version}
        conditions = {key: value for key, value in conditions.items() if value}
        body: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if conditions:
            body["preconditions"] = conditions
        if grace_seconds is not None:
            body["gracePeriodSeconds"] = grace_seconds
        query = {}
        if dry_run:
            # Beside a body the API server ignores the query, and would delete; the audit log shows only the query.
            body["dryRun"] = ["All"]
            query = {"dryRun": "All"}
        request = Request("delete", resource, namespace, name, query=query, body=body, idempotent=bool(conditions))
        try:
            self.transport.call(request)
        except NotFound as absent:
            if absent.facts.get("missing") != "object":
                raise
            if resource.namespaced:
                self._require_namespace(namespace)
            return False
        return True

    def evict(
        self,
        pod: str,
        namespace: str,
        dry_run: bool = False,
        *,
        uid: str | None = None,
        wait_s: float = 0.0,
        before_each: Callable[[], None] = lambda: None,
    ) -> bool:
        """Ask for the pod's eviction; False when it was already gone.

        While a disruption budget forbids it, asks again for ``wait_s`` seconds, then raises Precondition; it never
        falls back to deleting. ``before_each`` is called before each time; what it raises ends the wait.
        """
        return evict(self.transport, pod, namespace, dry_run, uid=uid, wait_s=wait_s, before_each=before_each)


def _write_query(dry_run: bool) -> dict[str, str]:
    query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
    return query | {"dryRun": "All"} if dry_run else query


def _carries_version(body: Patch) -> bool:
    if isinstance(body, Mapping):
        return bool((body.get("metadata") or {}).get("resourceVersion"))
    return any(op.get("path") == "/metadata/resourceVersion" and op.get("value") for op in body)
