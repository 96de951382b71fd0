# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a failure of PostgreSQL means.

A refused login carries no SQLSTATE in libpq, only its text, so the text is what tells. It is in the server's
language: what is not recognised is reported as it reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Denied,
    NotFound,
    Precondition,
    RunbookError,
    TimedOut,
    Unreachable,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

_NO_SLOT = (
    "End idle sessions, scale the service down, or connect as a role that may use the reserved slots: "
    "a superuser, or since PostgreSQL 16 a member of pg_use_reserved_connections."
)
_CREDENTIALS = "Check the user, the password and pg_hba.conf."
_TLS = "Name the CA with ca_cert and the host name of the certificate; do not lower ssl_mode."

# Pattern in libpq's text, SQLSTATE or reason, kind, what is said, next step; the first that fits counts.
_CONNECTING: tuple[tuple[str, str, type[RunbookError], str, str], ...] = (
    (r"too many clients already|remaining connection slots are reserved|too many connections for|"
     r"no more connections allowed", "53300", Precondition, "{target} has no connection slot left", _NO_SLOT),
    (r"password authentication failed|no password supplied", "28P01", Denied,
     "{target} does not accept the login of {user}", _CREDENTIALS),
    (r"no pg_hba\.conf entry|authentication failed|role .* does not exist|is not permitted to log in|"
     r"pg_hba\.conf rejects", "28000", Denied, "{target} refuses the login of {user}", _CREDENTIALS),
    (r"database .* does not exist", "3D000", NotFound, "{target} has no database {database}", "Check login_db."),
    (r"permission denied for database", "42501", Denied, "{user} may not connect to database {database} of {target}",
     "GRANT CONNECT ON DATABASE … TO …"),
    (r"database system is (starting up|shutting down|in recovery|not yet accepting|not accepting)|"
     r"not (yet )?accepting connections", "57P03", Unreachable,
     "{target} runs, but accepts no connections yet: {detail}", "Wait for its recovery and watch its log."),
    (r"root certificate file .* does not exist|could not read root certificate|could not load (client|private)|"
     r"certificate file .* does not exist|invalid sslmode", "config", BadInput,
     "The TLS options for {target} cannot be used: {detail}", "Check ssl_mode, ca_cert, ssl_cert and ssl_key."),
    (r"certificate verify failed|does not match host name|SSL error|does not support SSL|SSL SYSCALL|"
     r"certificate required", "tls", Unreachable, "TLS with {target} failed: {detail}", _TLS),
    (r"could not translate host name|Name or service not known|nodename nor servname|Temporary failure in name", "dns",
     Unreachable, "The name of {target} cannot be resolved", "Check the spelling, the name server and the VPN."),
    (r"timeout expired|timed out", "timeout", TimedOut, "{target} did not answer in time",
     "Check the network between here and there."),
    (r"Connection refused|No such file or directory", "refused", Unreachable, "{target} refused the connection",
     "Check that PostgreSQL runs, and its port."),
    (r"server closed the connection|could not receive data|Connection reset|terminating connection", "reset",
     Unreachable, "{target} closed the connection: {detail}", "The server may be restarting: look at its log."),
    (r"invalid (connection option|dsn|integer value|port number|URI)|invalid value for", "config", BadInput,
     "The connection options for {target} cannot be used: {detail}", "Check login_port and connect_params."),
)  # fmt: skip

# SQLSTATE or its class, kind, what is said, next step: for statements on an open connection.
_RUNNING: Mapping[str, tuple[type[RunbookError], str, str]] = {
    "57014": (TimedOut, "A query on {target} was cut off at the deadline", "The server is overloaded: look at it."),
    "55P03": (TimedOut, "A query on {target} waited for a lock until the deadline", "Look for who holds the lock."),
    "57P01": (Unreachable, "{target} is shutting down, or an administrator ended our session", "Look at its log."),
    "42501": (Denied, "The role {user} may not do this on {target}: {detail}", "GRANT pg_monitor TO the role."),
    "25006": (Precondition, "{target} is read only: {detail}", "It may be a standby: name the primary."),
    "08": (Unreachable, "The connection to {target} broke: {detail}", "The server may be restarting: look at its log."),
    "53": (Precondition, "{target} is short of resources: {detail}", "Look at its log and its disk."),
}


def target(options: Mapping[str, Any]) -> str:
    """The server as it is named to a person: ``PostgreSQL at host:port``."""
    socket = options.get("login_unix_socket")
    extra = options.get("connect_params") or {}
    port = options.get("login_port") or extra.get("port") or 5432
    host = socket or options.get("login_host") or extra.get("host") or "localhost"
    return f"PostgreSQL at {one_line(str(host), 200)}:{port}"


def as_runbook_error(error: Any, options: Mapping[str, Any]) -> RunbookError:
    """The RunbookError for a ``psycopg2.Error``; ``facts.sqlstate`` or ``facts.reason`` say which case it is."""
    text = str(error)
    code = getattr(error, "pgcode", None)
    says: dict[str, Any] = {
        "target": target(options),
        "user": options.get("login_user") or "the current user",
        "database": options.get("login_db") or "of the user's name",
        "detail": _detail(text),
    }
    if code:
        kind, message, hint = _RUNNING.get(code) or _RUNNING.get(code[:2]) or (
            BadInput, "A query on {target} failed: {detail}", "The server may be of a version that is not supported."
        )  # fmt: skip
        return kind(f"{message.format(**says)}.", hint, sqlstate=code)
    for pattern, case, kind, message, hint in _CONNECTING:
        if re.search(pattern, text):
            facts = {"sqlstate": case} if case[0].isdigit() else {"reason": case}
            return kind(f"{message.format(**says)}.", hint, **facts)
    return Unreachable(f"{says['target']} did not let us in: {says['detail']}.", "Look at its log.", reason="other")


def _detail(text: str) -> str:
    """The telling part of libpq's text: the last line's end, without the prefix that repeats the address."""
    lines = [line for line in text.strip().splitlines() if line.strip()] or ["no reason given"]
    telling = next((line for line in lines if "FATAL:" in line or "failed:" in line), lines[0])
    telling = re.sub(r"^connection to server .*? failed: |^.*?(FATAL|ERROR):\s+", "", telling)
    return one_line(re.sub(r"^(FATAL|ERROR):\s+", "", telling), 200).rstrip(".")
