"""PostgreSQL as evidence, from a real server with few slots."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Denied,
    NotFound,
    Precondition,
    RunbookError,
    TimedOut,
    Unreachable,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.postgres import connect, read_one
from ansible_collections.hotswap.runbooks.plugins.module_utils.postgres_sessions import read_sessions
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes import database
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.evidence import gather
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service
from servers import Postgres, free_port, wait_for

from hotswap_runbooks.gameday.certificates import Authority

pytestmark = pytest.mark.services


@contextlib.contextmanager
def sessions(server: Postgres, count: int, **more: Any) -> Iterator[list[Any]]:
    before = _others(server)
    opened = [server.connect("nobody", "sEcret42", **more) for _ in range(count)]
    try:
        yield opened
    finally:
        for connection in opened:
            connection.close()
        wait_for(lambda: _others(server) <= before, "The end of the sessions")


def _others(server: Postgres) -> int:
    with contextlib.closing(server.superuser()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'nobody'")
        return int(cursor.fetchone()[0])


def failure(options: dict[str, Any], seconds: float = 10) -> RunbookError:
    with pytest.raises(RunbookError) as caught:
        read_sessions(options, Deadline(seconds))
    return caught.value


def test_sessions_are_counted_by_state_and_application(postgres: Postgres) -> None:
    with sessions(postgres, 2, application_name="api\x1b[1m"), sessions(postgres, 1, application_name="job") as busy:
        with busy[0].cursor() as cursor:
            cursor.execute("BEGIN; SELECT 1")
        time.sleep(0.05)
        found = read_sessions(postgres.options(), Deadline(10))
    assert found["by_state"] == {"idle": 2, "idle in transaction": 1}
    assert {"application": "job", "state": "idle in transaction", "count": 1} in found["by_application"]
    assert found["sessions"] == 3
    assert (found["idle_in_transaction"], found["idle_old"], found["waiting_on_lock"]) == (1, 0, 0)
    assert 0.05 <= found["longest_transaction_s"] < 10
    assert (found["max_connections"], found["reserved"]) == (Postgres.SLOTS, Postgres.RESERVED)
    assert found["version_num"] >= 180000
    assert found["version"].startswith("18")
    assert (found["in_recovery"], found["partial"], found["full"], found["pgbouncer"]) == (False, False, False, False)
    assert found["replication"] == []


def test_row_28_no_slot_left_is_a_precondition_with_its_sqlstate(postgres: Postgres) -> None:
    with sessions(postgres, Postgres.SLOTS - Postgres.RESERVED):
        error = failure(postgres.options())
        found = gather(Service("x", database=postgres.options()), Deadline(5), [database])["database"]
    assert isinstance(error, Precondition)
    assert error.facts == {"sqlstate": "53300"}
    assert "pg_use_reserved_connections" in error.hint
    assert (found["status"], found["error"]["facts"]) == ("failed", {"sqlstate": "53300"})


def test_row_28_a_superuser_still_gets_in_and_sees_that_it_is_full(postgres: Postgres) -> None:
    with sessions(postgres, Postgres.SLOTS - Postgres.RESERVED):
        found = read_sessions(postgres.options(login_user="postgres", login_password="sUper42"), Deadline(10))
    assert (found["full"], found["sessions"]) == (True, 5)


def test_row_29_all_slots_gone_is_said_in_one_try(postgres: Postgres) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(Postgres.SLOTS):
            stack.enter_context(contextlib.closing(postgres.superuser()))
        start = time.monotonic()
        error = failure(postgres.options(login_user="postgres", login_password="sUper42"))
        assert time.monotonic() - start < 1
    assert error.facts == {"sqlstate": "53300"}
    wait_for(postgres.answers, "A free slot")


def test_row_30_the_ways_not_to_get_in_are_told_apart(postgres: Postgres, certificates: Path) -> None:
    stranger = str(certificates / "stranger.crt")
    with _tls_front(postgres, certificates) as port:
        told = {
            "refused": failure(postgres.options(login_port=free_port())),
            "dns": failure(postgres.options(login_host="no-such-host.invalid")),
            "tls": failure(postgres.options(login_port=port, ssl_mode="verify-full", ca_cert=stranger)),
        }
    assert {name: error.facts["reason"] for name, error in told.items()} == {name: name for name in told}
    assert all(isinstance(error, Unreachable) for error in told.values())
    assert "do not lower ssl_mode" in told["tls"].hint


def test_row_30_tls_that_is_required_is_not_given_up_when_the_server_has_none(postgres: Postgres) -> None:
    error = failure(postgres.options(ssl_mode="require"))
    assert (error.error_class, error.facts) == ("unreachable", {"reason": "tls"})


def test_a_ca_file_that_is_missing_is_bad_input(postgres: Postgres, certificates: Path) -> None:
    with _tls_front(postgres, certificates) as port:
        error = failure(postgres.options(login_port=port, ssl_mode="verify-full", ca_cert="/missing.crt"))
    assert (error.error_class, error.facts) == ("bad_input", {"reason": "config"})
    assert "/missing.crt" in error.message


def test_tls_with_the_right_ca_is_verified(postgres: Postgres, certificates: Path) -> None:
    with _tls_front(postgres, certificates) as port:
        options = postgres.options(login_port=port, ssl_mode="verify-full", ca_cert=str(certificates / "ca.crt"))
        with connect(options, Deadline(10)) as connection:
            assert connection.info.ssl_in_use


@pytest.mark.parametrize(
    ("changes", "kind", "facts"),
    [
        ({"login_password": "wrong"}, Denied, {"sqlstate": "28P01"}),
        ({"login_user": "stranger"}, Denied, {"sqlstate": "28P01"}),
        ({"login_db": "missing"}, NotFound, {"sqlstate": "3D000"}),
        ({"connect_params": {"no_such_option": "1"}}, BadInput, {"reason": "config"}),
        ({"login_port": 99999}, BadInput, {"reason": "config"}),
    ],
)
def test_a_wrong_option_is_named_without_its_password(
    postgres: Postgres, changes: dict[str, Any], kind: type[RunbookError], facts: dict[str, str]
) -> None:
    error = failure(postgres.options(**changes))
    assert isinstance(error, kind)
    assert error.facts == facts
    assert "sEcret42" not in f"{error.message}{error.hint}"
    assert "\n" not in error.message


def test_row_31_a_server_that_is_shutting_down_is_unreachable_with_its_sqlstate(postgres: Postgres) -> None:
    holder = postgres.connect("nobody", "sEcret42")
    postgres.stop_politely()
    try:
        wait_for(lambda: not postgres.answers(), "The shutdown")
        error = failure(postgres.options())
    finally:
        holder.close()
        postgres.stop()
        postgres.start()
    assert isinstance(error, Unreachable)
    assert error.facts == {"sqlstate": "57P03"}


def test_row_38_a_query_that_waits_for_a_lock_is_cut_off(postgres: Postgres) -> None:
    with contextlib.closing(postgres.superuser()) as holder, holder.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS locked (x int)")
        cursor.execute("BEGIN; LOCK locked")
        options = postgres.options(login_user="postgres", login_password="sUper42", login_db="postgres")
        start = time.monotonic()
        with pytest.raises(TimedOut), connect(options, Deadline(10)) as connection:
            read_one(connection, "SELECT count(*) FROM locked", Deadline(10))
        assert time.monotonic() - start < 3
        cursor.execute("ROLLBACK")


def test_one_connection_answers_again_after_a_failure(postgres: Postgres) -> None:
    with connect(postgres.options(), Deadline(10)) as connection:
        with pytest.raises(psycopg2.Error):
            read_one(connection, "SELECT 1/0", Deadline(10))
        assert read_one(connection, "SELECT %s::int", Deadline(10), (7,)) == (7,)
        assert read_one(connection, "SELECT 'a%b'", Deadline(10)) == ("a%b",)


def test_a_slow_query_ends_at_the_deadline(postgres: Postgres) -> None:
    start = time.monotonic()
    with pytest.raises(TimedOut), connect(postgres.options(), Deadline(10)) as connection:
        read_one(connection, "SELECT pg_sleep(30)", Deadline(0.3))
    assert time.monotonic() - start < 2


def test_evidence_cannot_write(postgres: Postgres) -> None:
    options = postgres.options(login_user="postgres", login_password="sUper42", login_db="postgres")
    with pytest.raises(Precondition) as caught, connect(options, Deadline(10)) as connection:
        read_one(connection, "CREATE TABLE evil (x int); SELECT 1", Deadline(10))
    assert caught.value.facts == {"sqlstate": "25006"}


def test_row_39_without_pg_monitor_sessions_are_hidden_and_not_taken_for_idle_ones(postgres: Postgres) -> None:
    with contextlib.closing(postgres.superuser()), sessions(postgres, 1):
        found = read_sessions(postgres.options(login_user="nobody"), Deadline(10))
        seen = read_sessions(postgres.options(), Deadline(10))
    assert (found["partial"], seen["partial"]) == (True, False)
    assert found["by_state"] == {"hidden": 1, "idle": 1}
    assert found["sessions"] == seen["sessions"] == 2


def test_row_40_a_pooler_is_known_by_its_process_ids(postgres: Postgres) -> None:
    with _pooler(postgres) as port:
        found = read_sessions(postgres.options(login_port=port, ssl_mode="disable"), Deadline(10))
    assert found["pgbouncer"] is True


def test_a_server_that_accepts_and_says_nothing_does_not_outlive_the_deadline(postgres: Postgres) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        service = Service("x", database=postgres.options(login_port=silent.getsockname()[1]))
        start = time.monotonic()
        found = gather(service, Deadline(1), [database])["database"]
        assert time.monotonic() - start < 1.3
    assert found["status"] == "timeout"


def test_a_dead_server_is_unreachable(postgres: Postgres) -> None:
    postgres.stop()
    try:
        assert failure(postgres.options()).error_class == "unreachable"
    finally:
        postgres.start()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    Authority(folder, "ca").server("server", [])
    Authority(folder, "stranger")
    return folder


@contextlib.contextmanager
def _tls_front(server: Postgres, certificates: Path) -> Iterator[int]:
    """Speaks TLS in PostgreSQL's way before the server, whose build has none, and passes the rest on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def relay() -> None:
            with contextlib.suppress(OSError):
                plain, _ = listener.accept()
                plain.recv(8)  # SSLRequest
                plain.sendall(b"S")
                client = context.wrap_socket(plain, server_side=True)
                backend = socket.create_connection(("127.0.0.1", server.port))
                threading.Thread(target=_pump, args=(client, backend, False), daemon=True).start()
                _pump(backend, client, False)

        threading.Thread(target=relay, daemon=True).start()
        yield listener.getsockname()[1]


@contextlib.contextmanager
def _pooler(server: Postgres) -> Iterator[int]:
    """Passes bytes on, but tells the client a process id of its own, as a pooler does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def relay() -> None:
            client, _ = listener.accept()
            backend = socket.create_connection(("127.0.0.1", server.port))
            threading.Thread(target=_pump, args=(client, backend, False), daemon=True).start()
            _pump(backend, client, True)

        threading.Thread(target=relay, daemon=True).start()
        yield listener.getsockname()[1]


def _pump(source: socket.socket, sink: socket.socket, rewrite: bool) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            at = data.find(b"K\x00\x00\x00\x0c") if rewrite else -1
            if at >= 0:
                data = data[: at + 5] + (4242).to_bytes(4, "big") + data[at + 9 :]
            sink.sendall(data)


def test_psycopg2_is_the_only_driver_exception_that_leaves(postgres: Postgres) -> None:
    with pytest.raises(RunbookError), connect(postgres.options(), Deadline(10)) as connection:
        raise psycopg2.InterfaceError(f"connection {connection.closed}")


def test_forgotten_variables_do_not_lead_a_named_server_elsewhere(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.9")
    assert read_sessions(postgres.options(), Deadline(10))["max_connections"]
    monkeypatch.setenv("PGPORT", str(free_port()))
    assert "127.0.0.1:5432" in failure(postgres.options(login_port=None)).message
