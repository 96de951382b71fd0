"""The sample repository tells what was committed today, whatever the user's git is set to."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hotswap_runbooks.gameday import repository


def subjects(folder: Path, *options: str) -> list[str]:
    command = ["git", "-C", str(folder), "log", "--format=%s", *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_todays_commits_are_there_and_a_second_call_adds_none(tmp_path: Path) -> None:
    assert repository.create(tmp_path / "repository")
    assert repository.create(tmp_path / "repository")
    assert len(subjects(tmp_path / "repository")) == len(repository.COMMITS)
    assert subjects(tmp_path / "repository", "--since=24 hours ago")[0] == "Release 1"
    assert len(subjects(tmp_path / "repository", "--since=24 hours ago")) == 3


def test_hooks_and_signing_of_the_user_take_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "gitconfig"
    config.write_text("[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = false\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    assert repository.create(tmp_path / "repository")


def test_without_git_the_repository_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not repository.create(tmp_path / "repository")
    assert not (tmp_path / "repository").exists()
