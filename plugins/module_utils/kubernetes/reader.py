# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading the Kubernetes API in plain dictionaries, in kubectl's nouns."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from typing import Any, Self

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    Conflict,
    Denied,
    NotFound,
    RunbookError,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.names import (
    checked_namespace,
    checked_selector,
    nearest_hint,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.request import Request
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    NAMESPACES,
    PODS,
    SUBJECT_REVIEWS,
    Resource,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.retry import Budget
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.session import Session
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.transport import ANSWER_S, Transport
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.watch import WatchEvent, watch

PAGE = 500
LOG_BYTES = 4 << 20
_NAMES_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

# The methods are named as kubectl's verbs are; inside the class ``list`` is one of them.
Objects = list[dict[str, Any]]
Names = list[str]


class KubernetesReader:
    """The reading half of KubernetesClient."""

    def __init__(
        self, session: Session, deadline: Deadline, budget: Budget | None = None, answer_s: float = ANSWER_S
    ) -> None:
        self.deadline = deadline
        self.transport = Transport(session, deadline, budget or Budget(), answer_s)

    @property
    def host(self) -> str:
        """The API server's address."""
        return self.transport.session.login(self.deadline).host

    def server_time(self) -> datetime.datetime:
        """The present time by the API server's clock, as its answers tell it; ours until the first one."""
        return datetime.datetime.now(datetime.UTC) + self.transport.ahead

    def within(self, deadline: Deadline) -> Self:
        """The same login and connections under another deadline."""
        return type(self)(self.transport.session, deadline, self.transport.budget, self.transport.answer_s)

    def get(self, resource: Resource, name: str, namespace: str = "") -> dict[str, Any]:
        """The object. Raises NotFound with the nearest names, of namespaces too."""
        return self._json(Request("get", resource, namespace, name))

    def find(self, resource: Resource, name: str, namespace: str = "") -> dict[str, Any] | None:
        """The object, or None when it is absent; a missing namespace still raises NotFound."""
        try:
            return self.transport.call(Request("get", resource, namespace, name)).json()
        except NotFound as absent:
            if absent.facts.get("missing") != "object":
                raise
            if resource.namespaced:
                self._require_namespace(namespace)
            return None

    def list(
        self,
        resource: Resource,
        namespace: str = "",
        label_selector: str | None = None,
        field_selector: str | None = None,
        limit: int | None = None,
    ) -> Objects:
        """The objects, at most ``limit``. None of them in a namespace that does not exist raises NotFound.

        A selector that is given and empty is refused; None means all in the namespace.
        """
        items, _version = self.list_with_version(resource, namespace, label_selector, field_selector, limit)
        return items

    def list_with_version(
        self,
        resource: Resource,
        namespace: str = "",
        label_selector: str | None = None,
        field_selector: str | None = None,
        limit: int | None = None,
        *,
        accept: str = "application/json",
    ) -> tuple[Objects, str]:
        """As ``list``, with the resourceVersion from which a watch goes on."""
        query = {
            "labelSelector": checked_selector(label_selector, resource.plural),
            "fieldSelector": checked_selector(field_selector, resource.plural),
            "limit": str(min(PAGE, limit) if limit else PAGE),
        }
        query = {key: value for key, value in query.items() if value}
        items: Objects = []
        version, more = "", ""
        while True:
            page = query | ({"continue": more} if more else {})
            try:
                answer = self._json(Request("list", resource, namespace, query=page, accept=accept))
            except Conflict:
                if not more:
                    raise
                # The token for the next page is older than the server remembers: take the list in one piece.
                items, more = [], ""
                query.pop("limit", None)
                continue
            items += answer.get("items") or []
            version = (answer.get("metadata") or {}).get("resourceVersion") or ""
            more = (answer.get("metadata") or {}).get("continue") or ""
            if not more or (limit and len(items) >= limit):
                break
        if not items and resource.namespaced:
            self._require_namespace(namespace)
        return items[:limit], version

    def names(self, resource: Resource, namespace: str = "", at_most: int = 1000) -> Names:
        """The names of all objects of a kind, without their content."""
        items, _ = self.list_with_version(resource, namespace, limit=at_most, accept=_NAMES_ONLY)
        return [item["metadata"]["name"] for item in items]

    def watch(
        self,
        resource: Resource,
        namespace: str,
        *,
        name: str | None = None,
        label_selector: str | None = None,
        silence_s: float = 30.0,
    ) -> Iterator[WatchEvent]:
        """Each object as it is now, then as it changes. Raises TimedOut at the deadline: silence is no success."""
        return watch(self, resource, namespace, name=name, label_selector=label_selector, silence_s=silence_s)

    def log(
        self,
        pod: str,
        namespace: str,
        container: str = "",
        *,
        previous: bool = False,
        since_seconds: int | None = None,
        tail_lines: int | None = None,
        limit_bytes: int | None = LOG_BYTES,
        timestamps: bool = False,
    ) -> bytes:
        """The log's bytes as they are, at most ``limit_bytes``, capped at the server and again while reading.

        Raises Precondition while the container waits to start, NotFound when there is no previous one.
        """
        query: dict[str, str] = {"container": container} if container else {}
        if previous:
            query["previous"] = "true"
        if timestamps:
            query["timestamps"] = "true"
        for key, value in (("sinceSeconds", since_seconds), ("tailLines", tail_lines), ("limitBytes", limit_bytes)):
            if value is not None:
                query[key] = str(value)
        request = Request("get", PODS, namespace, pod, subresource="log", query=query, accept="*/*")
        return self.transport.call(request, at_most=limit_bytes).body

    def allowed(
        self, verb: str, resource: Resource, namespace: str = "", name: str = "", subresource: str = ""
    ) -> bool:
        """Whether RBAC lets us. False is also "no opinion"; admission can still refuse."""
        attributes = {
            "verb": verb,
            "group": resource.group,
            "version": resource.version,
            "resource": resource.plural,
            "subresource": subresource,
            "name": name,
        }
        if resource.namespaced:
            # An empty namespace would ask for all of them.
            attributes["namespace"] = checked_namespace(namespace)
        body = {
            "apiVersion": SUBJECT_REVIEWS.api_version,
            "kind": SUBJECT_REVIEWS.kind,
            "spec": {"resourceAttributes": attributes},
        }
        review = self._json(Request("create", SUBJECT_REVIEWS, body=body))
        return bool((review.get("status") or {}).get("allowed"))

    def _json(self, request: Request) -> dict[str, Any]:
        """The answer as an object; NotFound comes with the nearest names."""
        try:
            return self.transport.call(request).json()
        except NotFound as absent:
            raise self._explained(absent, request.resource, request.name, request.namespace) from None

    def _require_namespace(self, namespace: str) -> None:
        # Without the right to see namespaces the server's own answer stands.
        with contextlib.suppress(Denied):
            try:
                self._json(Request("get", NAMESPACES, name=namespace))
            except NotFound as absent:
                absent.facts["missing"] = "namespace"
                raise

    def _explained(self, absent: NotFound, resource: Resource, name: str, namespace: str) -> NotFound:
        """The error with the names that do exist, as far as we may list them."""
        if absent.facts.get("missing") == "namespace":
            resource, name = NAMESPACES, namespace
        elif absent.facts.get("missing") != "object":
            return absent
        try:
            known = self.names(resource, "" if resource is NAMESPACES else namespace)
        except NotFound as deeper:
            return deeper
        except RunbookError:
            return absent  # the names are a help, not the answer
        where = f" in namespace {namespace}" if resource.namespaced else ""
        facts = {**absent.facts, "known": known[:50]}
        return NotFound(absent.message, nearest_hint(name, known, f"{resource.words}{where}"), **facts)
