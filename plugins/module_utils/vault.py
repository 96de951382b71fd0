# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The seal of Vault and OpenBao, node by node.

Plain HTTP: the two calls need no token, and the client library would cost a tenth of a second to load. Neither the
token nor the namespace is sent: the seal belongs to the whole server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, RunbookError, Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.http import Reply, Request, Trust, fetch
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line
from ansible_collections.hotswap.runbooks.plugins.module_utils.together import run_together

# sys/health answers with these as states: active, standby, uninitialised, sealed; the others are Vault Enterprise's
# disaster-recovery secondary, performance standby, standby without its active node, and removed node.
HEALTH_STATES = frozenset({200, 429, 472, 473, 474, 501, 503, 530})
_STANDBY_STATES = frozenset({429, 473, 474})
_ANSWER_LIMIT = 100_000
Node = dict[str, Any]


def node_urls(options: Mapping[str, Any]) -> list[str]:
    """The address of each node, once each: ``urls``, else ``url``."""
    listed = options.get("urls") or [options.get("url") or ""]
    return list(dict.fromkeys(str(url).rstrip("/") for url in listed if url))


def trust(options: Mapping[str, Any]) -> Trust:
    verify = options.get("validate_certs")
    return Trust(ca_cert=str(options.get("ca_cert") or ""), verify=verify is not False)


def read_nodes(options: Mapping[str, Any], deadline: Deadline) -> list[Node]:
    """The seal of every node, in the order given; a node that cannot be read says why in ``error``.

    ``{url, reachable, initialized, sealed, standby, progress, threshold, shares, nonce, type, version, error}``.
    """
    urls = node_urls(options)
    seconds = min(float(options.get("timeout") or 30), deadline.remaining())
    believed = trust(options)
    inner = Deadline(seconds * 0.95)
    calls = {f"{kind} {url}": _call(kind, url, believed, inner) for url in urls for kind in ("seal-status", "health")}
    answers = run_together(calls, seconds)
    nodes = []
    for url in urls:
        seal, health = answers.get(f"seal-status {url}"), answers.get(f"health {url}")
        if seal is None or seal.error is not None or seal.value is None:
            nodes.append(_unread(url, seal.error if seal else None, seconds))
        else:
            nodes.append(_node(url, seal.value, (health.value if health else None) or {}))
    return nodes


def _call(kind: str, url: str, believed: Trust, deadline: Deadline) -> Any:
    def call() -> Mapping[str, Any]:
        reply = fetch(Request(f"{url}/v1/sys/{kind}", trust=believed, limit=_ANSWER_LIMIT), deadline)
        return _seal_status(reply) if kind == "seal-status" else _health(reply)

    return call


def _seal_status(reply: Reply) -> Mapping[str, Any]:
    if 300 <= reply.status < 400:
        raise BadInput(f"{reply.url} redirects: it is not a node's own address.", "Name each node by itself.")
    if not reply.ok:
        raise Unreachable(f"{reply.url} answered {reply.status}.", "Look at its log, and the proxy before it.")
    answer = reply.json()
    if not isinstance(answer, dict) or not isinstance(answer.get("sealed"), bool):
        raise BadInput(f"{reply.url} answered with JSON that is not a seal's status.", "Check the URL.")
    return answer


def _health(reply: Reply) -> Mapping[str, Any]:
    if reply.status not in HEALTH_STATES:
        return {}
    try:
        answer = reply.json()
    except BadInput:
        answer = {}
    standby = answer.get("standby") if isinstance(answer, dict) else None
    return {"standby": True if reply.status in _STANDBY_STATES else standby}


def _node(url: str, seal: Mapping[str, Any], health: Mapping[str, Any]) -> Node:
    return {
        "url": url,
        "reachable": True,
        "initialized": bool(seal.get("initialized")),
        "sealed": seal["sealed"],
        # A sealed node calls itself a standby, which says nothing.
        "standby": None if seal["sealed"] else health.get("standby"),
        "progress": seal.get("progress", 0),
        "threshold": seal.get("t", 0),
        "shares": seal.get("n", 0),
        "nonce": one_line(str(seal.get("nonce") or ""), 60),
        "type": one_line(str(seal.get("type") or ""), 40),
        "version": one_line(str(seal.get("version") or ""), 60),
        "error": None,
    }


def _unread(url: str, error: BaseException | None, seconds: float) -> Node:
    if error is None:
        described = {"error_class": "timeout", "message": f"{url} did not answer within {seconds:.3g} s.", "hint": ""}
    elif isinstance(error, RunbookError):
        described = {"error_class": error.error_class, "message": error.message, "hint": error.hint}
    else:
        raise error
    unknown = ("initialized", "sealed", "standby", "progress", "threshold", "shares", "nonce", "type", "version")
    return {"url": url, "reachable": False, **dict.fromkeys(unknown), "error": described}
