# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Follows objects as they change, and lists them again whenever the stream could have missed something."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import TimedOut, Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.network import network_errors
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.request import Request
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import Resource
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.retry import AttemptFailed, Attempts, Failure

if TYPE_CHECKING:
    from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.reader import KubernetesReader

_CHUNK = 65536
# The server ends a watch now and then; a proxy that cuts each one at once must not make us spin.
_PAUSE_S = 0.2


@dataclass(frozen=True)
class WatchEvent:
    """``type`` is LISTED (as found, at the start and after each gap), ADDED, MODIFIED or DELETED."""

    type: str
    object: dict[str, Any]


class _Gap(Exception):
    """The stream ended, was cut, went silent, or its state is too old: list again."""


def watch(
    client: KubernetesReader,
    resource: Resource,
    namespace: str,
    *,
    name: str | None,
    label_selector: str | None,
    silence_s: float,
) -> Iterator[WatchEvent]:
    """See KubernetesClient.watch. Objects that vanished during a gap are reported DELETED."""
    fields = f"metadata.name={name}" if name is not None else None
    known: dict[str, dict[str, Any]] = {}
    deadline = client.deadline
    attempts = Attempts(client.transport.budget, deadline)
    while not deadline.expired():
        items, version = client.list_with_version(resource, namespace, label_selector, fields)
        found = {str(item["metadata"]["uid"]): item for item in items}
        yield from (WatchEvent("DELETED", gone) for uid, gone in known.items() if uid not in found)
        yield from (WatchEvent("LISTED", item) for item in items)
        known = found
        query = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": version}
        query |= {"labelSelector": label_selector} if label_selector else {}
        query |= {"fieldSelector": fields} if fields else {}
        query["timeoutSeconds"] = str(max(1, int(min(300.0, deadline.remaining()))))
        try:
            for event in _follow(client, Request("watch", resource, namespace, query=query), silence_s):
                attempts.made = 0
                _remember(known, event)
                yield event
        except _Gap:
            deadline.sleep(_PAUSE_S)
        except AttemptFailed as failed:
            pause = _PAUSE_S if failed.error.facts.get("http_status") in (401, 410) else None
            if pause is None:
                pause = attempts.pause_after(failed, idempotent=True)
            if pause is None:
                raise failed.error from None
            deadline.sleep(pause)
        else:
            deadline.sleep(_PAUSE_S)
    raise TimedOut(f"The deadline of {deadline.seconds:g} s passed while watching {resource.plural} in {namespace}.")


def _remember(known: dict[str, dict[str, Any]], event: WatchEvent) -> None:
    uid = str(event.object["metadata"]["uid"])
    if event.type == "DELETED":
        known.pop(uid, None)
    else:
        known[uid] = event.object


def _follow(client: KubernetesReader, request: Request, silence_s: float) -> Iterator[WatchEvent]:
    """The events of one stream until it ends. Raises _Gap when it ended otherwise than by the server's wish."""
    limit = min(silence_s, max(0.1, client.deadline.remaining()))
    response = client.transport.open(request, limit)
    try:
        for line in _lines(response):
            change = json.loads(line)
            content = change.get("object") or {}
            if change.get("type") == "ERROR":
                raise _error(request, content)
            if change.get("type") != "BOOKMARK":
                yield WatchEvent(str(change["type"]), content)
            if client.deadline.expired():
                return
    except network_errors() as cut:
        raise _Gap from cut
    finally:
        response.close()


def _lines(response: Any) -> Iterator[bytes]:
    read = getattr(response, "read1", None)
    rest = b""
    pieces = iter(lambda: read(_CHUNK), b"") if read else response.stream(_CHUNK)
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line for line in lines if line.strip())
    if rest.strip():
        raise ValueError("the stream ended within an event")


def _error(request: Request, status: dict[str, Any]) -> Exception:
    if status.get("code") == 410:
        return _Gap()
    text = (
        f"The API server ended {request.doing}: {status.get('message') or status.get('reason') or 'no reason given'}."
    )
    return AttemptFailed(Unreachable(text), Failure.UNKNOWN)
