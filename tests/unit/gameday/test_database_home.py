"""PostgreSQL's data lies where the user that runs it can reach it, and only that is removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hotswap_runbooks.gameday import database


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A data folder below one that only its owner may enter."""
    data = tmp_path / "private" / "data"
    data.mkdir(parents=True)
    data.parent.chmod(0o700)
    return data


def test_an_ordinary_user_keeps_it_in_the_state_folder(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert database.choose_home(closed) == closed / "postgres"


def test_root_moves_it_out_of_a_closed_folder(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    home = database.choose_home(closed)
    assert closed not in home.parents
    assert home.name.startswith(database.HOME_PREFIX)
    assert database.choose_home(closed) != home, "two environments never share one"


def test_a_folder_that_was_not_chosen_here_is_never_removed(tmp_path: Path) -> None:
    foreign, state, own = tmp_path / "photos", tmp_path / ".gameday", tmp_path / ".gameday" / "data" / "postgres"
    foreign.mkdir()
    own.mkdir(parents=True)
    database.remove(foreign, state)
    database.remove(own, state)
    assert foreign.exists()
    assert not own.exists()
