"""An API server that throttles, fails, cuts, hangs or is gone: bounded retries, then one clear error."""

import socket
import threading
import time

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Denied,
    Throttled,
    TimedOut,
    Unreachable,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.connection import connect
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
)
from fault_proxy import black_hole

pytestmark = pytest.mark.services


def test_row_5_a_throttled_read_waits_as_long_as_the_header_asks(through, proxy, namespace, deployment):
    proxy.next("GET", status=429, reason="TooManyRequests", headers={"Retry-After": "1"})
    started = time.monotonic()
    assert through().get(DEPLOYMENTS, deployment, namespace)
    assert 1.0 <= time.monotonic() - started < 2.0
    assert len(proxy.requests) == 2


def test_row_5_a_throttled_read_waits_as_long_as_the_status_asks(through, proxy, namespace, deployment):
    proxy.next("GET", status=429, reason="TooManyRequests", details={"retryAfterSeconds": 1})
    started = time.monotonic()
    assert through().get(DEPLOYMENTS, deployment, namespace)
    assert 1.0 <= time.monotonic() - started < 2.0


def test_row_5_throttling_without_a_hint_ends_after_its_attempts(through, proxy, namespace, deployment, failing):
    proxy.next("GET", times=99, status=429, reason="TooManyRequests")
    error = failing(through().get, DEPLOYMENTS, deployment, namespace)
    assert isinstance(error, Throttled)
    assert "tried 5 times" in error.message
    assert len(proxy.requests) == 5


def test_row_5_a_hint_beyond_the_deadline_is_not_waited_for(through, proxy, namespace, deployment, failing):
    proxy.next("GET", times=99, status=429, reason="TooManyRequests", headers={"Retry-After": "60"})
    started = time.monotonic()
    error = failing(through(5).get, DEPLOYMENTS, deployment, namespace)
    assert isinstance(error, Throttled)
    assert "60 s" in error.hint
    assert time.monotonic() - started < 1


def test_row_5_a_throttled_patch_is_sent_again(through, proxy, client, namespace, deployment):
    proxy.next("PATCH", times=2, status=429, reason="TooManyRequests")
    _, after = through().update(
        DEPLOYMENTS, deployment, namespace, lambda live: {"metadata": {"annotations": {"throttled": "yes"}}}
    )
    assert after["metadata"]["annotations"]["throttled"] == "yes"
    assert len(proxy.seen("PATCH")) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failing_server_is_asked_again(through, proxy, namespace, deployment, status):
    proxy.next("GET", times=2, status=status, reason="InternalError")
    assert through().get(DEPLOYMENTS, deployment, namespace)
    assert len(proxy.requests) == 3


def test_a_server_that_keeps_failing_ends_in_one_sentence(through, proxy, namespace, deployment, failing):
    proxy.next("GET", times=99, status=500, reason="InternalError", message="etcdserver: no leader")
    error = failing(through().get, DEPLOYMENTS, deployment, namespace)
    assert isinstance(error, Unreachable)
    assert "HTTP 500" in error.message
    assert "no leader" in error.message


def test_a_cut_connection_is_made_again(through, proxy, namespace, deployment):
    proxy.next("GET", times=2, reset="before")
    assert through().get(DEPLOYMENTS, deployment, namespace)


def test_an_answer_cut_in_the_middle_is_asked_for_again(through, proxy, namespace, deployment):
    proxy.next("GET", times=1, cut=40)
    assert through().get(DEPLOYMENTS, deployment, namespace)["metadata"]["name"] == deployment
    assert len(proxy.requests) == 2


def test_a_create_with_a_lost_answer_is_not_sent_twice(through, proxy, client, namespace, failing):
    proxy.next("POST", times=99, reset="after")
    error = failing(through().create, CONFIG_MAPS, {"metadata": {"name": "once"}}, namespace)
    assert isinstance(error, Unreachable)
    assert error.facts["uncertain"]
    assert len(proxy.seen("POST")) == 1
    assert client.find(CONFIG_MAPS, "once", namespace)


def test_a_create_is_not_sent_again_after_a_server_error_but_after_throttling(through, proxy, namespace, failing):
    proxy.next("POST", status=503, reason="ServiceUnavailable")
    assert isinstance(failing(through().create, CONFIG_MAPS, {"metadata": {"name": "a5"}}, namespace), Unreachable)
    assert len(proxy.seen("POST")) == 1
    proxy.next("POST", status=429, reason="TooManyRequests")
    assert through().create(CONFIG_MAPS, {"metadata": {"name": "a5"}}, namespace)
    assert len(proxy.seen("POST")) == 3


def test_a_slow_answer_ends_at_the_deadline(through, proxy, namespace, deployment, failing):
    proxy.next("GET", times=99, delay=30)
    started = time.monotonic()
    error = failing(through(1.5).get, DEPLOYMENTS, deployment, namespace)
    assert isinstance(error, TimedOut)
    assert "did not answer within" in error.message
    assert time.monotonic() - started < 2.2


def test_row_7_an_expired_token_is_loaded_once_more(proxy, namespace, deployment, tmp_path):
    token = tmp_path / "token"
    token.write_text("old\n")
    options = {"kubeconfig": kubeconfig(proxy.url, {"tokenFile": str(token)})}
    proxy.token = "old"
    client = connect(options, Deadline(20))
    assert client.get(DEPLOYMENTS, deployment, namespace)
    proxy.token = "new"
    token.write_text("new\n")
    assert client.get(DEPLOYMENTS, deployment, namespace)
    assert len(proxy.requests) == 3


def test_row_7_credentials_that_stay_refused_are_denied_at_once(through, proxy, namespace, deployment, failing):
    proxy.token = "another"
    error = failing(through().get, DEPLOYMENTS, deployment, namespace)
    assert isinstance(error, Denied)
    assert "does not accept our credentials" in error.message
    assert len(proxy.requests) == 1


def test_row_7_threads_that_are_refused_together_ask_the_plugin_once(proxy, namespace, deployment, tmp_path):
    plugin = tmp_path / "plugin"
    calls, current = tmp_path / "calls", tmp_path / "current"
    current.write_text("one")
    plugin.write_text(
        "#!/bin/sh\n"
        f"echo x >> {calls}\n"
        'echo \'{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"\''
        f"$(cat {current})"
        "'\"}}'\n"
    )
    plugin.chmod(0o700)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "args": []}}
    proxy.token = "one"
    client = connect({"kubeconfig": kubeconfig(proxy.url, user)}, Deadline(20))
    assert client.get(DEPLOYMENTS, deployment, namespace)
    proxy.token = "two"
    current.write_text("two")
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(client.get(DEPLOYMENTS, deployment, namespace))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert calls.read_text().count("x") == 2


def test_row_1_a_refused_port_is_unreachable_in_well_under_a_second(failing):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = connect({"host": f"https://127.0.0.1:{port}", "api_key": "x"}, Deadline(10))
    started = time.monotonic()
    error = failing(client.list, PODS, "default")
    assert isinstance(error, Unreachable)
    assert "refused the connection" in error.message
    assert time.monotonic() - started < 0.7


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_row_1_a_server_that_accepts_and_never_answers_ends_at_the_deadline(scheme, failing):
    with black_hole() as port:
        client = connect({"host": f"{scheme}://127.0.0.1:{port}", "api_key": "x"}, Deadline(1.0))
        started = time.monotonic()
        error = failing(client.list, PODS, "default")
        assert isinstance(error, TimedOut)
        assert time.monotonic() - started < 1.5


def test_row_1_a_name_that_does_not_resolve_says_so(failing):
    client = connect({"host": "https://no-such-host.invalid:6443", "api_key": "x"}, Deadline(5))
    error = failing(client.list, PODS, "default")
    assert isinstance(error, Unreachable)
    assert "cannot be resolved" in error.message


def test_an_untrusted_certificate_says_so_and_is_never_skipped(client, failing):
    stranger = connect({"host": client.host, "api_key": "x"}, Deadline(5))
    error = failing(stranger.list, NAMESPACES)
    assert isinstance(error, Unreachable)
    assert "certificate is not trusted" in error.message
    assert "ca_cert" in error.hint


def test_a_certificate_for_another_name_says_so(client, admin, failing):
    port = client.host.rsplit(":", 1)[1]
    stranger = connect({**admin, "host": f"https://ip6-localhost-x.localhost:{port}"}, Deadline(5))
    error = failing(stranger.list, NAMESPACES)
    assert isinstance(error, Unreachable)


def test_plain_http_to_a_tls_port_and_the_reverse_say_so(client, proxy, failing):
    plain = connect({"host": client.host.replace("https", "http"), "api_key": "x"}, Deadline(5))
    assert isinstance(failing(plain.list, NAMESPACES), (Unreachable, BadInput))
    tls = connect({"host": proxy.url.replace("http", "https"), "api_key": "x"}, Deadline(5))
    error = failing(tls.list, NAMESPACES)
    assert isinstance(error, Unreachable)
    assert "does not speak TLS" in error.message


def test_row_62_a_login_page_is_no_api_server(through, proxy, failing):
    proxy.next("GET", body=b"<html>Please log in</html>")
    error = failing(through().list, NAMESPACES)
    assert isinstance(error, Unreachable)
    assert "not a Kubernetes API server" in error.message
    proxy.next("GET", times=2, status=302, body=b"", headers={"Location": "http://login.example"})
    assert "HTTP 302" in failing(through().list, NAMESPACES).message


def kubeconfig(server, user):
    return {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
