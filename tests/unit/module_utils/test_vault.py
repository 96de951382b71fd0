"""How the answers of Vault's nodes are read, also those that a single open node never gives."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.vault import node_urls, read_nodes
from loopback import Behaviour, answer, serving

OPEN = {"type": "shamir", "initialized": True, "sealed": False, "t": 3, "n": 5, "progress": 0, "version": "2.7.2"}


def node(health: Behaviour, seal: Behaviour | None = None) -> Behaviour:
    """One node: its answer to sys/health, and to sys/seal-status."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        (health if request.path.endswith("/sys/health") else seal or answer(json.dumps(OPEN)))(request)

    return behave


def read(behaviour: Behaviour, **options: Any) -> dict[str, Any]:
    with serving(behaviour) as server:
        return read_nodes({"url": server.url, **options}, Deadline(5))[0]


@pytest.mark.parametrize(
    ("status", "body", "standby"),
    [
        (200, '{"standby": false}', False),
        (429, '{"standby": true}', True),
        (473, "", True),
        (474, "not json", True),
        (472, '{"standby": false}', False),
        (530, "{}", None),
        (500, '{"errors": ["internal"]}', None),
    ],
)
def test_row_48_the_codes_of_sys_health_are_states_and_no_errors(status: int, body: str, standby: bool | None) -> None:
    found = read(node(answer(body, status)))
    assert (found["reachable"], found["error"], found["standby"]) == (True, None, standby)


def test_a_node_whose_health_hangs_still_shows_its_seal() -> None:
    def hang(request: BaseHTTPRequestHandler) -> None:
        request.closing.wait(20)  # type: ignore[attr-defined]

    found = read(node(hang), timeout=0.5)
    assert (found["reachable"], found["sealed"], found["standby"]) == (True, False, None)


@pytest.mark.parametrize(
    ("seal", "error_class", "says"),
    [
        (answer("", 307, Location="https://active:8200/"), "bad_input", "redirects"),
        (answer("<html>", 200, "text/html"), "bad_input", "not JSON"),
        (answer("[]"), "bad_input", "not a seal's status"),
        (answer('{"sealed": "yes"}'), "bad_input", "not a seal's status"),
        (answer("<html>bad gateway", 502), "unreachable", "502"),
    ],
)
def test_row_48_what_is_no_seal_status_is_not_unsealed(seal: Behaviour, error_class: str, says: str) -> None:
    found = read(node(answer("{}"), seal))
    assert (found["reachable"], found["sealed"], found["error"]["error_class"]) == (False, None, error_class)
    assert says in found["error"]["message"]


def test_neither_token_nor_namespace_is_sent() -> None:
    with serving(node(answer("{}"))) as server:
        read_nodes({"urls": [server.url], "token": "hvs.secret", "namespace": "team"}, Deadline(5))
    assert len(server.requests) == 2
    assert not [name for headers in server.headers for name in headers if name.lower().startswith(("x-vault", "auth"))]


def test_each_node_is_asked_once_however_often_it_is_named() -> None:
    assert node_urls({"urls": ["https://a/", "https://a", "https://b"], "url": "https://c"}) == [
        "https://a",
        "https://b",
    ]
    assert node_urls({"url": "https://c/"}) == ["https://c"]
    assert node_urls({}) == node_urls({"urls": None, "url": None}) == []
