"""The command says in one sentence what is wrong and what to do next."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hotswap_runbooks.cli import NEEDED, app
from hotswap_runbooks.gameday import state


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["gameday", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("command", [["status"], ["heal"], ["break", "none"]])
def test_without_an_environment_the_way_to_start_one_is_named(command: list[str], tmp_path: Path) -> None:
    code, _, said = run(*command)
    assert code == 2
    assert said == "No practice environment here; start it with `runbook gameday up`.\n"
    assert list(tmp_path.iterdir()) == []


def test_down_without_an_environment_is_fine() -> None:
    assert run("down")[:2] == (0, "Nothing was running here.\n")


def test_an_unknown_fault_names_the_nearest_and_all() -> None:
    code, _, said = run("break", "bad-relaese")
    assert code == 2
    assert "There is no fault 'bad-relaese'. Did you mean bad_release" in said
    assert "vault_sealed" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("words", [["break"], ["break", "none", "oom"], ["mend"], ["up", "now"]])
def test_wrong_usage_is_refused_without_a_traceback(words: list[str], tmp_path: Path) -> None:
    code, _, said = run(*words)
    assert code == 2
    assert "Usage: " in said
    assert list(tmp_path.iterdir()) == []


def test_faults_are_listed_with_what_they_are() -> None:
    code, listed, _ = run("faults")
    assert code == 0
    names = [line.split()[0] for line in listed.splitlines()]
    assert {"bad_release", "failing_release", "missing_image", "oom", "vault_sealed", "none"} <= set(names)


@pytest.mark.parametrize("package", NEEDED)
def test_a_missing_package_is_named_before_anything_starts(
    package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    code, _, said = run("up")
    assert code == 2
    assert f"needs more Python packages ({package}); install them with `" in said
    assert f"-m pip install '{package.replace('_', '-')}>=" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["heal"], ["break", "none"]])
def test_a_start_that_did_not_end_well_comes_first(command: list[str], tmp_path: Path) -> None:
    (tmp_path / ".gameday").mkdir()
    state.save(tmp_path / ".gameday" / "state.json", state.State(state.VERSION, {}, {}, {}, ""))
    code, _, said = run(*command)
    assert code == 1
    assert said == "The practice environment did not start completely; run `runbook gameday up` again.\n"


def test_a_broken_state_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".gameday").mkdir()
    (tmp_path / ".gameday" / "state.json").write_text("{")
    code, _, said = run("status")
    assert code == 1
    assert "was not written by this version" in said
    assert "runbook gameday down" in said
