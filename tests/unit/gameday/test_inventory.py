"""The inventory describes the service completely; the shell's settings survive any path."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hotswap_runbooks.gameday import inventory, state
from hotswap_runbooks.gameday.blueprint import Blueprint
from hotswap_runbooks.gameday.paths import Paths


@pytest.fixture
def blueprint(tmp_path: Path) -> Blueprint:
    folder = tmp_path / "it's a $HOME"
    folder.mkdir()
    ports = {name: 20000 + number for number, name in enumerate(state.PORTS)}
    return Blueprint(Paths.of(folder), state.State(state.VERSION, ports, state.new_passwords(), {}, str(folder)))


def test_the_inventory_has_one_host_with_every_source(blueprint: Blueprint) -> None:
    inventory.write(blueprint)
    hosts = yaml.safe_load(blueprint.paths.inventory.read_text())["gameday"]["hosts"]
    assert list(hosts) == ["hotswap-api"]
    host = hosts["hotswap-api"]
    assert host["ansible_connection"] == "local"
    assert host["ansible_python_interpreter"] == sys.executable
    assert host["service_kubernetes"] == {"kubeconfig": str(blueprint.paths.kubeconfig)}
    assert host["service_database"]["login_user"] == "runbook"
    assert host["service_database"]["login_password"] == blueprint.state.passwords["runbook"]
    sources = ("health_url", "metrics_url", "prometheus_url", "prometheus_window", "vault", "workload", "selector")
    assert all(host[f"service_{source}"] for source in sources)
    assert "service_repository" not in host, "there is none in this folder"


def test_a_shell_reads_the_settings_unchanged(blueprint: Blueprint) -> None:
    inventory.write(blueprint)
    script = '. "$1"; printf "%s" "$KUBECONFIG"'
    seen = subprocess.run(["sh", "-c", script, "sh", blueprint.paths.env], capture_output=True, text=True, check=True)
    assert seen.stdout == str(blueprint.paths.kubeconfig)


def test_files_with_passwords_are_private(blueprint: Blueprint) -> None:
    inventory.write(blueprint)
    assert blueprint.paths.inventory.stat().st_mode & 0o777 == 0o600
    assert blueprint.paths.env.stat().st_mode & 0o777 == 0o600
