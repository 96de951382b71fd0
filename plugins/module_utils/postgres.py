# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One connection to PostgreSQL, and its failures as a person can act on them."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.postgres_errors import as_runbook_error, target

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

APPLICATION_NAME = "hotswap.runbooks"
DEFAULT_PORT = 5432

# Our option, and libpq's name for it.
_PARAMETERS = {
    "login_host": "host",
    "login_port": "port",
    "login_user": "user",
    "login_password": "password",
    "login_db": "dbname",
    "ssl_mode": "sslmode",
    "ca_cert": "sslrootcert",
    "ssl_cert": "sslcert",
    "ssl_key": "sslkey",
}


def parameters(options: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """What libpq is given for ``options``; ``connect_params`` comes first, the named options win."""
    found: dict[str, Any] = {"application_name": APPLICATION_NAME, **(options.get("connect_params") or {})}
    for option, name in _PARAMETERS.items():
        value = options.get(option)
        if value not in (None, ""):
            found[name] = value
    if options.get("login_unix_socket"):
        found["host"] = options["login_unix_socket"]
    if ("host" in found or "hostaddr" in found) and not found.keys() & {"service", "dsn"}:
        # A server that is named is not completed from PGPORT or PGHOSTADDR, which may belong to another.
        found = {"port": DEFAULT_PORT, "hostaddr": "", **found}
    # Whole seconds, for each address of the host, and libpq makes at least two of it.
    found["connect_timeout"] = max(2, math.ceil(seconds))
    return found


@contextlib.contextmanager
def connect(options: Mapping[str, Any], deadline: Deadline) -> Iterator[Connection]:
    """A connection in autocommit, closed at the end; errors inside it leave as RunbookError.

    libpq's own timeout may outlive the deadline: call it where a thread that hangs can be left behind.
    """
    try:
        # Loaded here: the driver costs several milliseconds, which only its users pay.
        import psycopg2
    except ImportError as error:
        raise Precondition(
            "The Python package psycopg2 is missing, so PostgreSQL cannot be asked.", "pip install psycopg2-binary"
        ) from error
    seconds = deadline.timeout(30.0, f"connecting to {target(options)}")
    try:
        connection = psycopg2.connect(**parameters(options, seconds))
        try:
            connection.autocommit = True
            yield connection
        finally:
            connection.close()
    except psycopg2.Error as error:
        raise as_runbook_error(error, options) from error


def read_one(connection: Connection, query: str, deadline: Deadline, values: tuple[Any, ...] = ()) -> tuple[Any, ...]:
    """The first row of ``query``, run in a transaction that can write nothing and waits for no lock.

    The limits go with the query and not with the login: connection poolers refuse them there.
    """
    timeout_ms = max(1, int(deadline.timeout(30.0, "asking PostgreSQL") * 1000))
    guards = (
        "BEGIN READ ONLY; "
        f"SET LOCAL statement_timeout = {timeout_ms}; SET LOCAL lock_timeout = {min(1000, timeout_ms)}; "
    )
    with connection.cursor() as cursor:
        try:
            cursor.execute(guards + query, values or None)
            row = cursor.fetchone()
        finally:
            if not connection.closed:
                cursor.execute("ROLLBACK")
    if row is None:
        raise Precondition("PostgreSQL answered a question of one row with none.")
    return tuple(row)
