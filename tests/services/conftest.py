"""One practice environment for all tests on real servers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotswap_runbooks.gameday import faults, lifecycle
from hotswap_runbooks.gameday.environment import Environment
from hotswap_runbooks.gameday.paths import FOLDER, Paths
from hotswap_runbooks.gameday.progress import Lines, Silence


@pytest.fixture(scope="session")
def gameday(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """A running environment; one that is kept between runs is named by `GAMEDAY_DIR` (the folder above `.gameday`)."""
    kept = os.environ.get("GAMEDAY_DIR")
    paths = Paths.of((Path(kept) if kept else tmp_path_factory.mktemp("gameday")) / FOLDER)
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
