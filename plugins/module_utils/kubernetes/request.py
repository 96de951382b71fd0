# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One request to the API server, and what it is about in RBAC's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.names import checked_name, checked_namespace
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import Resource

_METHODS = {
    "get": "GET",
    "list": "GET",
    "watch": "GET",
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
}


@dataclass(frozen=True)
class Request:
    """``verb`` is RBAC's: get, list, watch, create, update, patch, delete. Nothing of it is sent before it is checked.

    ``idempotent`` says that sending it twice does no more than sending it once.
    """

    verb: str
    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)
    content_type: str = "application/json"
    accept: str = "application/json"
    idempotent: bool = True

    @property
    def method(self) -> str:
        return _METHODS[self.verb]

    @property
    def path(self) -> str:
        """The path with its query. Raises BadInput for a namespace or name that is empty where one is needed."""
        resource = self.resource
        parts = [resource.root]
        if resource.namespaced:
            parts += ["namespaces", checked_namespace(self.namespace)]
        parts.append(resource.plural)
        if self.name or self.subresource or self.verb in ("get", "update", "patch", "delete"):
            parts.append(quote(checked_name(self.name, resource.words), safe=""))
        if self.subresource:
            parts.append(self.subresource)
        query = f"?{urlencode(self.query)}" if self.query else ""
        return "/".join(parts) + query

    @property
    def full_resource(self) -> str:
        """``pods/log``, ``deployments``: the resource as a rule of RBAC names it."""
        return f"{self.resource.plural}/{self.subresource}" if self.subresource else self.resource.plural

    @property
    def target(self) -> str:
        """``deployment hotswap-api in namespace hotswap``: what a person reads."""
        what = self.resource.words if self.name else self.resource.plural
        named = f"{what} {self.name}".rstrip()
        return f"{named} in namespace {self.namespace}" if self.resource.namespaced else named

    @property
    def doing(self) -> str:
        """``reading the log of pod x in namespace y``: the request as the object of a sentence."""
        if self.subresource == "log":
            return f"reading the log of {self.target}"
        if self.subresource == "eviction":
            return f"evicting {self.target}"
        verb = {"get": "reading", "list": "listing", "watch": "watching", "create": "creating", "update": "replacing"}
        return f"{verb.get(self.verb, self.verb.rstrip('e') + 'ing')} {self.target}"


@dataclass(frozen=True)
class Answer:
    """A complete answer. ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    host: str = ""

    def json(self) -> dict[str, Any]:
        """The body as an object. Raises Unreachable when it is something else: then no API server answered."""
        try:
            content = json.loads(self.body)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            kind = self.headers.get("content-type", "an unknown type").split(";")[0]
            raise Unreachable(
                f"What answers at {self.host} is not a Kubernetes API server: it sent {kind}.",
                "Check the server's address, and a proxy or login page in between.",
            )
        return content
