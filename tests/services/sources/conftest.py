"""PostgreSQL, OpenBao and Prometheus, each alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import OpenBao, Postgres, Prometheus, Target

from hotswap_runbooks.gameday.binaries import find_or_build
from hotswap_runbooks.gameday.progress import Lines


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


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """The metrics page of a service with failures."""
    page = Target()
    yield page
    page.close()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory, target: Target) -> Iterator[Prometheus]:
    """Prometheus scraping the target."""
    server = Prometheus(tmp_path_factory.mktemp("prometheus"), find_or_build(Lines())["prometheus"], target.address)
    yield server
    server.close()
