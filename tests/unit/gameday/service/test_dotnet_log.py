"""Log entries and exceptions in .NET's form."""

from __future__ import annotations

import pytest

from hotswap_runbooks.gameday.service.console import entry
from hotswap_runbooks.gameday.service.exceptions import DotnetException, from_postgres, null_reference, vault_refused


def test_an_entry_is_a_head_line_and_indented_lines() -> None:
    assert entry("info", "HotSwap.Distributed.Api.Program", "one\ntwo", event=14) == [
        "info: HotSwap.Distributed.Api.Program[14]",
        "      one",
        "      two",
    ]


def test_an_exception_is_printed_with_its_cause_before_its_stack() -> None:
    cause = DotnetException("Inner", "why", ("B.F()",))
    failure = DotnetException("Outer", "what", ("A.F()",), cause)
    assert entry("fail", "Api", "went wrong", failure)[2:] == [
        "      Outer: what",
        "       ---> Inner: why",
        "         at B.F()",
        "         --- End of inner exception stack trace ---",
        "         at A.F()",
    ]


@pytest.mark.parametrize(
    ("libpq", "expected"),
    [
        (
            'connection to server at "127.0.0.1", port 5432 failed: FATAL:  sorry, too many clients already\n',
            "Npgsql.PostgresException (0x80004005): 53300: sorry, too many clients already",
        ),
        (
            'connection to server at "127.0.0.1", port 5432 failed: FATAL:  remaining connection slots are reserved '
            'for roles with privileges of the "pg_use_reserved_connections" role\n',
            "Npgsql.PostgresException (0x80004005): 53300: remaining connection slots are reserved "
            'for roles with privileges of the "pg_use_reserved_connections" role',
        ),
        (
            'connection to server at "127.0.0.1", port 5432 failed: Connection refused\n\tIs the server running?\n',
            "Npgsql.NpgsqlException (0x80004005): Failed to connect to 127.0.0.1:5432",
        ),
        (
            'connection to server at "127.0.0.1", port 5432 failed: FATAL:  the database system is starting up\n',
            "Npgsql.PostgresException (0x80004005): 57P03: the database system is starting up",
        ),
        (
            "server closed the connection unexpectedly\n",
            "Npgsql.NpgsqlException (0x80004005): Exception while reading from stream",
        ),
        ("", "Npgsql.NpgsqlException (0x80004005): Exception while reading from stream"),
    ],
)
def test_the_database_speaks_as_npgsql_would(libpq: str, expected: str) -> None:
    assert from_postgres(libpq, "127.0.0.1:5432").lines()[0] == expected


def test_a_statement_that_fails_carries_its_own_sqlstate() -> None:
    said = str(from_postgres("ERROR:  canceling statement due to statement timeout\n", "db:5432", "57014"))
    assert said == ("Npgsql.PostgresException (0x80004005): 57014: canceling statement due to statement timeout")


def test_a_sealed_vault_is_quoted_as_it_answered() -> None:
    said = vault_refused('{"errors":["Vault is sealed"]}').lines()[0]
    assert said == 'VaultSharp.Core.VaultApiException: {"errors":["Vault is sealed"]}'


def test_a_failing_release_blames_its_own_code_and_no_dependency() -> None:
    text = "\n".join(null_reference().lines())
    assert text.startswith("System.NullReferenceException")
    assert not any(word in text for word in ("Npgsql", "Vault", "Timeout", "Configuration"))
