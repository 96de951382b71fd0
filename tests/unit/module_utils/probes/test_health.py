"""The health endpoint, healthy or not."""

from __future__ import annotations

import json

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.health import checks, read
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service
from loopback import answer, serving

REPORT = {
    "status": "Unhealthy",
    "entries": {"vault": {"status": "Unhealthy", "description": "sealed"}, "database": {"status": "Healthy"}},
}


def test_an_unhealthy_service_names_its_failing_check() -> None:
    with serving(answer(json.dumps(REPORT), 503, "application/json")) as server:
        found = read(Service("x", health_url=f"{server.url}/health"), None, Deadline(5))
    assert (found["http_status"], found["healthy"]) == (503, False)
    assert found["checks"] == {"vault": "Unhealthy", "database": "Healthy"}
    assert found["url"] == f"{server.url}/health"


def test_only_2xx_is_healthy() -> None:
    for status, healthy in ((200, True), (204, True), (301, False), (404, False), (500, False)):
        with serving(answer("ok", status)) as server:
            assert read(Service("x", health_url=server.url), None, Deadline(5))["healthy"] is healthy


def test_row_77_the_body_is_cut_and_holds_no_terminal_codes() -> None:
    with serving(answer("\x1b]0;owned\x07" + "é" * 10_000)) as server:
        body = read(Service("x", health_url=server.url), None, Deadline(5))["body"]
    assert len(body) == 2000
    assert body.startswith("éé")


@pytest.mark.parametrize("body", ["", "Healthy", "[]", "3", "{}", '{"entries": 3}', "[" * 100_000, '{"a": \ud800}'])
def test_a_body_that_is_no_report_has_no_checks(body: str) -> None:
    assert checks(body) is None


def test_checks_are_read_in_the_other_common_shapes() -> None:
    assert checks('{"checks": [{"name": "db", "status": "DOWN"}, 3]}') == {"db": "DOWN"}
    assert checks('{"entries": {"db": "Healthy", "x\\u001b[1m": {"status": null}}}') == {"db": "Healthy", "x": "None"}
    assert len(checks(json.dumps({"entries": {str(i): {"status": "ok"} for i in range(5000)}})) or {}) == 100


def test_without_a_url_it_is_not_configured() -> None:
    with pytest.raises(NotConfigured, match="service_health_url"):
        read(Service("x"), None, Deadline(5))
