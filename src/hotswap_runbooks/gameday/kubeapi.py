"""The few calls the environment makes to its own API server, without the cost of importing a client."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hotswap_runbooks.gameday import http
from hotswap_runbooks.gameday.certificates import pair
from hotswap_runbooks.gameday.errors import PracticeError

Document = dict[str, Any]


class KubeApi:
    """Plain objects in and out, as the user `gameday:gameday`."""

    def __init__(self, server: str, certificates: Path) -> None:
        self._server = server
        self._ca = certificates / "cluster-ca.crt"
        self._files = pair(certificates, "gameday")
        self._resources: dict[str, dict[str, Document]] = {}  # apiVersion -> kind -> resource

    def call(
        self, method: str, path: str, body: Any = None, content: str = "application/json", timeout: float = 15
    ) -> http.Response:
        """One request; raises PracticeError when the API server does not answer."""
        try:
            return http.request(
                method,
                self._server + path,
                body=None if body is None else json.dumps(body).encode(),
                headers={"Accept": "application/json", "Content-Type": content},
                ca=self._ca,
                certificate=self._files.certificate,
                key=self._files.key,
                timeout=timeout,
            )
        except OSError as error:
            raise PracticeError(
                f"The practice environment's API server does not answer: {error}.", "See `runbook gameday status`."
            ) from error

    def get(self, path: str, timeout: float = 15) -> Document | None:
        """The object or list at ``path``; None when there is none."""
        answer = self.call("GET", path, timeout=timeout)
        if answer.status == 404:
            return None
        return self._good(answer, f"reading {path}")

    def apply(self, documents: Iterable[Document]) -> None:
        """Server-side apply of each document (field manager `gameday`, forced)."""
        for document in documents:
            path = f"{self.path_of(document)}?fieldManager=gameday&force=true"
            answer = self.call("PATCH", path, document, "application/apply-patch+yaml")
            self._good(answer, f"applying {self._title(document)}")

    def create(self, documents: Iterable[Document]) -> None:
        """Create each document's object, with its status; existing ones are left as they are."""
        for document in documents:
            answer = self.call("POST", self.path_of(document).rpartition("/")[0], document)
            if answer.status != 409:
                self._good(answer, f"creating {self._title(document)}")

    def delete(self, documents: Iterable[Document]) -> None:
        """Delete each document's object; absent ones are fine."""
        for document in documents:
            answer = self.call("DELETE", self.path_of(document))
            if answer.status != 404:
                self._good(answer, f"deleting {self._title(document)}")

    def token(self, account: Document, seconds: int) -> str:
        """A token of a ServiceAccount, good for so long."""
        body = {"spec": {"expirationSeconds": seconds}}
        answer = self.call("POST", f"{self.path_of(account)}/token", body)
        return str(self._good(answer, f"asking for a token of {self._title(account)}")["status"]["token"])

    def path_of(self, document: Document) -> str:
        """Where a document's object lives."""
        api_version, kind = document["apiVersion"], document["kind"]
        root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        if kind not in self._resources.get(api_version, {}):
            found = self._good(self.call("GET", root), f"listing the resources of {api_version}")
            self._resources[api_version] = {r["kind"]: r for r in found["resources"] if "/" not in r["name"]}
        resource = self._resources[api_version].get(kind)
        if resource is None:
            raise PracticeError(f"The API server knows no {kind} in {api_version}.", "Check the manifest.")
        metadata = document["metadata"]
        if resource["namespaced"]:
            root += f"/namespaces/{metadata.get('namespace', 'default')}"
        return f"{root}/{resource['name']}/{metadata['name']}"

    @staticmethod
    def _title(document: Document) -> str:
        return f"{document['kind']} {document['metadata']['name']}"

    @staticmethod
    def _good(answer: http.Response, doing: str) -> Document:
        body = answer.json()
        if answer.status >= 300 or not isinstance(body, dict):
            said = body.get("message") if isinstance(body, dict) else answer.body[:200].decode(errors="replace")
            raise PracticeError(f"The API server answered {answer.status} when {doing}: {said}.")
        return body
