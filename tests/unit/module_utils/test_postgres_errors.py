"""What PostgreSQL's own words mean; the texts are those of its source, versions 10 to 18."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.postgres_errors import as_runbook_error

_AT = 'connection to server at "db.example.com" (10.0.0.1), port 5432 failed: '


class _Refusal(Exception):
    pgcode = None


@pytest.mark.parametrize(
    ("text", "error_class", "fact"),
    [
        ("FATAL:  sorry, too many clients already", "precondition", "53300"),
        (
            "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "precondition",
            "53300",
        ),
        (
            "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
            "precondition",
            "53300",
        ),
        ('FATAL:  too many connections for role "api"', "precondition", "53300"),
        ('FATAL:  too many connections for database "hotswap"', "precondition", "53300"),
        ("FATAL:  no more connections allowed (max_client_conn)", "precondition", "53300"),
        ('FATAL:  password authentication failed for user "u"', "denied", "28P01"),
        ("fe_sendauth: no password supplied", "denied", "28P01"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "u", database "d", no encryption', "denied", "28000"),
        ('FATAL:  role "u" does not exist', "denied", "28000"),
        ('FATAL:  role "u" is not permitted to log in', "denied", "28000"),
        ('FATAL:  database "d" does not exist', "not_found", "3D000"),
        ('FATAL:  permission denied for database "d"', "denied", "42501"),
        ("FATAL:  the database system is starting up", "unreachable", "57P03"),
        ("FATAL:  the database system is shutting down", "unreachable", "57P03"),
        ("FATAL:  the database system is in recovery mode", "unreachable", "57P03"),
        ("FATAL:  the database system is not yet accepting connections", "unreachable", "57P03"),
        ("timeout expired", "timeout", "timeout"),
        ("Connection timed out", "timeout", "timeout"),
        (
            "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
            "unreachable",
            "refused",
        ),
        ("server closed the connection unexpectedly", "unreachable", "reset"),
        ("SSL error: certificate verify failed", "unreachable", "tls"),
        ('server certificate for "a" does not match host name "b"', "unreachable", "tls"),
        ("server does not support SSL, but SSL was required", "unreachable", "tls"),
        ('root certificate file "/x" does not exist', "bad_input", "config"),
        ("FATAL:  es wurden bereits zu viele Verbindungen ge\u00f6ffnet", "unreachable", "other"),
    ],
)
def test_a_refused_login_is_told_by_its_text(text: str, error_class: str, fact: str) -> None:
    error = as_runbook_error(_Refusal(_AT + text), {"login_host": "db.example.com", "login_user": "u", "login_db": "d"})
    assert (error.error_class, next(iter(error.facts.values()))) == (error_class, fact)
    assert "PostgreSQL at db.example.com:5432" in error.message
    assert "\n" not in error.message
    assert error.hint


def test_a_name_that_is_not_known_is_dns() -> None:
    error = as_runbook_error(_Refusal('could not translate host name "x" to address: Name or service not known'), {})
    assert error.facts == {"reason": "dns"}


@pytest.mark.parametrize(
    ("code", "error_class"),
    [
        ("57014", "timeout"),
        ("55P03", "timeout"),
        ("57P01", "unreachable"),
        ("42501", "denied"),
        ("25006", "precondition"),
        ("08006", "unreachable"),
        ("53200", "precondition"),
        ("42P01", "bad_input"),
    ],
)
def test_a_failed_query_is_told_by_its_sqlstate_in_any_language(code: str, error_class: str) -> None:
    error = as_runbook_error(SimpleNamespace(pgcode=code, __str__=lambda: "FEHLER:  x"), {})
    assert (error.error_class, error.facts) == (error_class, {"sqlstate": code})
