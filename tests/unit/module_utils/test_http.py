"""An HTTP exchange ends in time and says plainly what went wrong."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    RunbookError,
    TimedOut,
    Unreachable,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.http import Request, Trust, fetch
from loopback import answer, drip_body, drip_headers, hang, serving

from hotswap_runbooks.gameday.certificates import Authority, pair


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    authority = Authority(folder, "ca")
    authority.server("server", [])
    Authority(folder, "stranger")
    return folder


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        yield listener.getsockname()[1]


def failure(url: str, seconds: float = 5, **options: object) -> RunbookError:
    with pytest.raises(RunbookError) as caught:
        fetch(Request(url, **options), Deadline(seconds))  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize("behaviour", [hang, drip_body, drip_headers])
def test_no_server_outlives_the_deadline_however_slowly_it_speaks(behaviour: object) -> None:
    with serving(behaviour) as server:  # type: ignore[arg-type]
        start = time.monotonic()
        error = failure(server.url, seconds=0.7)
        assert time.monotonic() - start < 1.0
    assert isinstance(error, TimedOut)
    assert server.url in error.message


def test_a_request_that_was_cut_off_leaves_no_thread_behind() -> None:
    with serving(drip_body) as server:
        failure(server.url, seconds=0.3)
        end = time.monotonic() + 2
        while any(thread.name == "runbooks-http" for thread in threading.enumerate()) and time.monotonic() < end:
            time.sleep(0.01)
        assert not [thread for thread in threading.enumerate() if thread.name == "runbooks-http"]


def test_a_tls_handshake_that_hangs_ends_at_the_deadline(silent_port: int) -> None:
    error = failure(f"https://127.0.0.1:{silent_port}", seconds=0.4)
    assert isinstance(error, TimedOut)
    assert error.facts["doing"] == "agreeing on TLS"


def test_row_30_refused_dns_and_tls_are_told_apart(certificates: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    server_files = pair(certificates, "server")
    with serving(answer("secret"), (server_files.certificate, server_files.key)) as tls:
        reasons = {
            "refused": failure(f"http://127.0.0.1:{port}/"),
            "dns": failure("http://no-such-host.invalid/"),
            "tls": failure(tls.url, trust=Trust(ca_cert=str(certificates / "stranger.crt"))),
        }
        assert {name: error.facts["reason"] for name, error in reasons.items()} == {name: name for name in reasons}
        assert {error.error_class for error in reasons.values()} == {"unreachable"}
        assert "not trusted" in reasons["tls"].message
        assert tls.requests == []


def test_certificates_are_checked_unless_switched_off(certificates: Path) -> None:
    files = pair(certificates, "server")
    with serving(answer("hello"), (files.certificate, files.key)) as tls:
        assert failure(tls.url).facts["reason"] == "tls"
        assert fetch(Request(tls.url, trust=Trust(ca_cert=str(certificates / "ca.crt"))), Deadline(5)).body == b"hello"
        assert fetch(Request(tls.url, trust=Trust(verify=False)), Deadline(5)).body == b"hello"


def test_a_ca_file_that_is_none_is_bad_input(tmp_path: Path) -> None:
    garbage = tmp_path / "ca.pem"
    garbage.write_text("garbage")
    for path in (garbage, tmp_path / "missing.pem"):
        error = failure("https://127.0.0.1:1/", trust=Trust(ca_cert=str(path)))
        assert isinstance(error, BadInput)
        assert str(path) in error.message


def test_a_server_that_speaks_no_http_is_named_so() -> None:
    def not_http(request: object) -> None:
        request.wfile.write(b"SSH-2.0-OpenSSH\r\n")  # type: ignore[attr-defined]

    with serving(not_http) as server:
        error = failure(server.url)
    assert error.facts["reason"] == "protocol"


def test_a_body_that_ends_early_is_not_taken_for_a_whole_one() -> None:
    def short(request: object) -> None:
        request.send_response(200)  # type: ignore[attr-defined]
        request.send_header("Content-Length", "100")  # type: ignore[attr-defined]
        request.end_headers()  # type: ignore[attr-defined]
        request.wfile.write(b"only this")  # type: ignore[attr-defined]

    with serving(short) as server:
        assert failure(server.url).facts["reason"] == "reset"


def test_a_huge_body_is_cut_and_marked() -> None:
    with serving(answer(b"x" * 5_000_000)) as server:
        reply = fetch(Request(server.url, limit=1000), Deadline(5))
    assert (len(reply.body), reply.truncated) == (1000, True)


def test_a_body_of_just_the_limit_is_not_marked() -> None:
    with serving(answer(b"x" * 1000)) as server:
        reply = fetch(Request(server.url, limit=1000), Deadline(5))
    assert (len(reply.body), reply.truncated) == (1000, False)


def test_redirects_are_replies_and_are_not_followed() -> None:
    with serving(answer("", 302, Location="http://127.0.0.1:1/evil")) as server:
        reply = fetch(server.url, Deadline(5))
    assert (reply.status, reply.ok, reply.headers["location"]) == (302, False, "http://127.0.0.1:1/evil")
    assert len(server.requests) == 1


def test_row_55_credentials_in_a_url_are_sent_and_never_shown() -> None:
    with serving(answer("<html>", kind="text/html")) as server:
        url = server.url.replace("http://", "http://me:s%3Acret@") + "/x?token=hidden"
        reply = fetch(url, Deadline(5))
        with pytest.raises(BadInput) as caught:
            reply.json()
    assert server.headers[0]["Authorization"] == "Basic bWU6czpjcmV0"
    assert server.requests == ["/x?token=hidden"]
    assert "cret" not in caught.value.message
    assert "hidden" not in caught.value.message
    assert "cret" not in failure("http://me:s%3Acret@127.0.0.1:1/").message


def test_row_62_html_of_a_proxy_is_quoted_in_the_error_and_not_obeyed() -> None:
    with serving(answer("<html>\x1b[31m Please log in", kind="text/html")) as server:
        reply = fetch(server.url, Deadline(5))
    with pytest.raises(BadInput, match=r"not JSON \(text/html\): '<html> Please log in'"):
        reply.json()


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://host/", "http://", "http://host:99999/", "http://a b/", "http://h/\r\nX: y", "http://h\u00e9/"],
)
def test_what_is_no_url_is_bad_input(url: str) -> None:
    assert isinstance(failure(url), BadInput)


def test_bad_input_hides_the_password_of_a_broken_url() -> None:
    assert "hunter2" not in failure("http://me:hunter2@host:99999/").message


def test_deep_json_is_bad_input_and_no_crash() -> None:
    with serving(answer("[" * 200_000)) as server:
        reply = fetch(server.url, Deadline(5))
    with pytest.raises(BadInput):
        reply.json()


def test_an_expired_deadline_asks_nothing() -> None:
    with serving(answer("x")) as server:
        assert isinstance(failure(server.url, seconds=0), TimedOut)
        assert server.requests == []


def test_failures_are_unreachable_for_a_playbook() -> None:
    assert isinstance(failure("http://127.0.0.1:1/"), Unreachable)
