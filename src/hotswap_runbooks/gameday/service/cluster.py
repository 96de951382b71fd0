"""The few calls the stand-in makes to the Kubernetes API, and a watch that survives the API's absence."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import yaml

Object = dict[str, Any]
ADDED, MODIFIED, DELETED, LISTED = "ADDED", "MODIFIED", "DELETED", "LISTED"
RETRY_S = 1.0


class Refused(Exception):
    """The API answered with an error status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status


# What a call may raise while the API is away or says no; the stand-in lives on.
ABSENT = (aiohttp.ClientError, TimeoutError, Refused, OSError)


class Cluster:
    """A session to the API server of a kubeconfig's current context."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
        base = kubeconfig.parent
        trust = ssl.create_default_context(cadata=_content(cluster, "certificate-authority", base))
        headers = {}
        if "token" in user:
            headers["Authorization"] = f"Bearer {user['token']}"
        elif certificate := _content(user, "client-certificate", base):
            _load_certificate(trust, certificate, _content(user, "client-key", base) or "")
        self._server = cluster["server"].rstrip("/")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trust), headers=headers, read_bufsize=2**20
        )

    async def close(self) -> None:
        await self._session.close()

    async def get(self, path: str, **query: str) -> Object | None:
        """The object at ``path``; None when there is none."""
        try:
            return await self._call("GET", path, query)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    async def create(self, path: str, body: Object) -> Object:
        return await self._call("POST", path, {}, body, "application/json")

    async def patch(self, path: str, body: Object) -> Object:
        """A strategic merge patch."""
        return await self._call("PATCH", path, {}, body, "application/strategic-merge-patch+json")

    async def watch(self, path: str, **query: str) -> AsyncIterator[tuple[str, Object]]:
        """Every state of the objects at ``path``, for ever.

        Yields ``LISTED`` with the whole list after each (re)listing, then the single changes.
        """
        while True:
            try:
                listed = await self._call("GET", path, query)
                yield LISTED, listed
                async for kind, thing in self._changes(path, query, listed["metadata"]["resourceVersion"]):
                    yield kind, thing
            except ABSENT:
                await asyncio.sleep(RETRY_S)

    async def _changes(self, path: str, query: dict[str, str], version: str) -> AsyncIterator[tuple[str, Object]]:
        parameters = query | {"watch": "1", "resourceVersion": version, "timeoutSeconds": "300"}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=330)
        async with self._session.get(self._server + path, params=parameters, timeout=timeout) as response:
            if response.status != 200:
                raise Refused(response.status, (await response.text())[:200])
            while line := await response.content.readline():
                change = json.loads(line)
                if change["type"] == "ERROR":
                    raise Refused(change["object"].get("code", 500), change["object"].get("message", ""))
                yield change["type"], change["object"]

    async def _call(
        self, method: str, path: str, query: dict[str, str], body: Object | None = None, media: str = ""
    ) -> Object:
        async with self._session.request(
            method,
            self._server + path,
            params=query,
            data=json.dumps(body) if body is not None else None,
            headers={"Content-Type": media} if media else {},
            timeout=aiohttp.ClientTimeout(total=5),
        ) as response:
            if response.status >= 400:
                raise Refused(response.status, (await response.text())[:200])
            answer: Object = await response.json()
            return answer


def _named(entries: list[Object], name: str) -> Object:
    return next(entry for entry in entries if entry["name"] == name)


def _content(section: Object, key: str, base: Path) -> str | None:
    if data := section.get(f"{key}-data"):
        return base64.b64decode(data).decode()
    return (base / section[key]).read_text() if key in section else None


def _load_certificate(trust: ssl.SSLContext, certificate: str, key: str) -> None:
    # The ssl module reads a client certificate from a file only.
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(certificate + "\n" + key)
        file.flush()
        trust.load_cert_chain(file.name)
