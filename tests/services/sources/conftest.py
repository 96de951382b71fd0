"""PostgreSQL, OpenBao and Prometheus, each alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import OpenBao, Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running server for all tests; one that stops it starts it again."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def openbao(tmp_path: Path) -> Iterator[OpenBao]:
    """A fresh node, not initialised."""
    server = OpenBao(tmp_path)
    yield server
    server.close()
