"""A practice environment for the tests on real servers: one for all, or one for each worker that takes a share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotswap_runbooks.gameday import binaries, faults, lifecycle
from hotswap_runbooks.gameday.environment import Environment
from hotswap_runbooks.gameday.lock import locked
from hotswap_runbooks.gameday.paths import FOLDER, Paths
from hotswap_runbooks.gameday.progress import Lines, Silence


@pytest.fixture(scope="session")
def gameday(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """A running environment; one that is kept between runs is named by `GAMEDAY_DIR` (the folder above `.gameday`)."""
    kept = os.environ.get("GAMEDAY_DIR")
    folder = Path(kept) / os.environ.get("PYTEST_XDIST_WORKER", "") if kept else tmp_path_factory.mktemp("gameday")
    paths = Paths.of(folder / FOLDER)
    # One after the other: what is a free port to the second must not be one that the first is about to take.
    with locked(binaries.cache_folder() / "tests.lock"):
        environment = lifecycle.up(paths, Lines())
    yield environment
    if not kept:
        lifecycle.down(paths, Silence())


@pytest.fixture
def healthy(gameday: Environment) -> Iterator[Environment]:
    """The environment without any fault, before and after the test."""
    if gameday.aftermath():
        lifecycle.heal(gameday, lambda note: faults.heal(gameday, note), Silence())
    yield gameday
    lifecycle.heal(gameday, lambda note: faults.heal(gameday, note), Silence())
