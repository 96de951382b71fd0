"""Playbooks run from Python, over ansible-runner."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hotswap_runbooks.runs import collection_folder, run


@pytest.fixture
def nothing_known(tmp_path):
    inventory = tmp_path / "inventory.yml"
    inventory.write_text("all: {hosts: {api: {}}}\n")
    return inventory


def test_the_collection_is_found(tmp_path):
    assert (collection_folder() / "playbooks/triage.yml").is_file()


def test_a_run_ends_with_its_exit_status_and_its_output(nothing_known):
    shown = []
    ended = run("triage", nothing_known, show=shown.append)
    assert (ended.status, ended.rc) == ("failed", 2)
    assert "Nothing is known about the service 'api'" in ended.output
    assert ended.output.splitlines() == shown


def test_a_run_needs_no_locale_of_the_machine(nothing_known):
    code = "import sys; from pathlib import Path; from hotswap_runbooks.runs import run; "
    code += "print(run('triage', Path(sys.argv[1])).output)"
    ended = subprocess.run(
        [sys.executable, "-c", code, nothing_known],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Nothing is known about the service 'api'" in ended.stdout


def test_text_in_variables_is_data_and_never_a_template(nothing_known, tmp_path):
    canary = tmp_path / "canary"
    template = "{{ lookup('pipe', 'touch " + str(canary) + "') }}"
    run("triage", nothing_known, variables={"service_health_url": template, "list": [{"x": template}]})
    assert not canary.exists()


@pytest.mark.parametrize(("playbook", "inventory"), [("nothing", True), ("triage", False)])
def test_what_does_not_exist_is_named(nothing_known, tmp_path, playbook, inventory):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        run(playbook, nothing_known if inventory else tmp_path / "nowhere.yml")
