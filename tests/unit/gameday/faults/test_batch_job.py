"""The batch job that holds database sessions."""

from __future__ import annotations

import io
import socket
from pathlib import Path
from typing import Any

import pytest

from hotswap_runbooks.gameday.environment import DatabaseAccess
from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.faults import verbs
from hotswap_runbooks.gameday.faults.batch import ended
from hotswap_runbooks.gameday.paths import Paths


def test_only_sessions_that_the_server_closed_are_ended() -> None:
    pairs = [socket.socketpair() for _ in range(3)]
    held: list[Any] = [ours for ours, _ in pairs]
    try:
        assert ended(held) == []
        pairs[1][1].close()
        assert ended(held) == [held[1]]
    finally:
        for pair in pairs:
            for end in pair:
                end.close()


def test_a_job_without_sessions_has_none_that_ended() -> None:
    assert ended([]) == []


class Nobody:
    """An environment whose database does not answer; it takes a note of what is started in it."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.database = DatabaseAccess("127.0.0.1", port, "hotswap", {"postgres": "x"})
        self.paths = Paths.of(Path("nowhere"))
        self.parts = self
        self.started: list[Any] = []

    def start(self, part: Any) -> bool:
        self.started.append(part)
        return bool(part.health())


def test_it_is_not_started_on_a_database_that_is_down() -> None:
    environment: Any = Nobody()
    with pytest.raises(PracticeError, match="Heal it first"):
        verbs.hold_connections(environment)
    assert environment.started == []


def test_while_the_database_goes_away_it_is_not_there_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    environment: Any = Nobody()
    connect, answers = verbs.psycopg2.connect, iter([True])
    monkeypatch.setattr(verbs.psycopg2, "connect", lambda dsn: io.BytesIO() if next(answers, False) else connect(dsn))
    verbs.hold_connections(environment)
    assert environment.started[0].health() == ""
