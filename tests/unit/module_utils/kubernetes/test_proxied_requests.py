"""What goes over the wire, seen by a server on loopback."""

import json
import time

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import TimedOut, Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.connection import connect
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import NAMESPACES
from loopback import answer, serving

EMPTY = json.dumps({"kind": "NamespaceList", "metadata": {"resourceVersion": "1"}, "items": []})


@pytest.fixture(autouse=True)
def no_proxy_from_outside(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_requests_go_through_the_proxy_with_its_headers():
    with serving(answer(EMPTY, kind="application/json")) as proxy:
        options = {
            "host": "http://api.invalid:8080",
            "api_key": "x",
            "proxy": proxy.url,
            "proxy_headers": {"proxy_basic_auth": "user:pass", "user_agent": "on-call"},
        }
        assert connect(options, Deadline(5)).list(NAMESPACES) == []
        assert proxy.requests == ["http://api.invalid:8080/api/v1/namespaces?limit=500"]
        sent = {name.lower(): value for name, value in proxy.headers[0].items()}
        assert sent["proxy-authorization"] == "Basic dXNlcjpwYXNz"
        assert sent["user-agent"] == "on-call"


def test_no_proxy_is_honoured():
    with serving(answer(EMPTY, kind="application/json")) as server, serving(answer("", 500)) as proxy:
        options = {"host": server.url, "api_key": "x", "proxy": proxy.url, "no_proxy": "127.0.0.1"}
        assert connect(options, Deadline(5)).list(NAMESPACES) == []
        assert proxy.requests == []


def test_a_proxy_that_is_gone_is_named():
    with serving(answer("")) as gone:
        url = gone.url
    options = {"host": "http://api.invalid:8080", "api_key": "x", "proxy": url}
    with pytest.raises(Unreachable, match="The proxy to the API server"):
        connect(options, Deadline(5)).list(NAMESPACES)


def test_an_answer_that_drips_ends_at_the_deadline():
    def drip(request):
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.end_headers()
        while not request.closing.wait(0.1):
            request.wfile.write(b" ")
            request.wfile.flush()

    with serving(drip) as server:
        deadline = Deadline(1.0)
        started = time.monotonic()
        with pytest.raises(TimedOut):
            connect({"host": server.url, "api_key": "x"}, deadline).list(NAMESPACES)
        assert time.monotonic() - started < 1.6


def test_a_token_is_never_sent_on_to_where_a_redirect_points():
    with serving(answer(EMPTY)) as elsewhere:
        redirect = answer("", 307, Location=f"{elsewhere.url}/api/v1/namespaces")
        with serving(redirect) as server:
            with pytest.raises(Unreachable, match="HTTP 307"):
                connect({"host": server.url, "api_key": "secret"}, Deadline(5)).list(NAMESPACES)
            assert elsewhere.requests == []
