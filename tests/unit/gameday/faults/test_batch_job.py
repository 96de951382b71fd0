"""The batch job that holds database sessions."""

from __future__ import annotations

import socket
from typing import Any

from hotswap_runbooks.gameday.faults.batch import ended


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
