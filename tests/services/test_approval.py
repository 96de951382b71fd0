"""A person decides on a change: on a terminal, and where there is none."""

from __future__ import annotations

import shlex
import subprocess

import pexpect
import pytest
import yaml
from plays import Audit, command, environment_of_play, play

from hotswap_runbooks.gameday import faults
from hotswap_runbooks.gameday.faults import objects

QUESTION = "Make this change to hotswap-api"


@pytest.fixture
def bad_release(healthy):
    fault = faults.load()["bad_release"]
    fault.apply(healthy)
    return healthy, fault


def on_a_terminal(environment, answer):
    words = command("api_outage", environment.paths.inventory)
    terminal = pexpect.spawn(words[0], words[1:], env=environment_of_play(), encoding="utf-8", timeout=60)
    terminal.expect("Undo card")
    terminal.expect(QUESTION)
    terminal.send(answer)
    terminal.expect(pexpect.EOF)
    terminal.close()
    return terminal.exitstatus, terminal.before


def test_yes_on_a_terminal_makes_the_change(bad_release):
    environment, fault = bad_release
    code, shown = on_a_terminal(environment, "yes\r")
    assert code == 0, shown
    assert "RECOVERED" in shown
    assert fault.unrecovered(environment) == ""


@pytest.mark.parametrize("answer", ["no\r", "\r", "yesterday\r"])
def test_anything_else_on_a_terminal_changes_nothing(bad_release, answer):
    environment, _fault = bad_release
    audit = Audit(environment.paths.audit_log)
    code, shown = on_a_terminal(environment, answer)
    assert code != 0
    assert "Nothing was changed" in shown
    assert audit.writes() == []


def test_the_command_that_goes_on_really_goes_on(bad_release):
    environment, fault = bad_release
    asked = play("api_outage", environment.paths.inventory)
    (line,) = [line for line in asked.output.splitlines() if line.startswith("FAILED")]
    words = line.partition("without being asked: ")[2].partition(" (")[0].split()
    assert words[0] == "ansible-playbook"
    code = pexpect.run(" ".join(words), env=environment_of_play(), withexitstatus=True, timeout=120)[1]
    assert code == 0
    assert fault.unrecovered(environment) == ""


def test_the_command_that_goes_on_does_nothing_else_than_what_was_shown(healthy):
    """Somebody has scaled further meanwhile: the same words would now take replicas away."""
    asked = play("scale", healthy.paths.inventory, "-e", "scale_replicas=4")
    (line,) = [line for line in asked.output.splitlines() if line.startswith("FAILED")]
    words = shlex.split(line.partition("without being asked: ")[2].rpartition(" (")[0])
    assert any(word.startswith("approved_plan=") for word in words)
    path = objects.apps(healthy, "deployments", healthy.workload)
    objects.change(healthy, "PATCH", path, {"spec": {"replicas": 5}})
    audit = Audit(healthy.paths.audit_log)
    late = subprocess.run(words, env=environment_of_play(), capture_output=True, text=True, check=False, timeout=120)
    assert late.returncode != 0, late.stdout
    assert "is not as it was when this was planned" in late.stdout
    assert audit.writes() == []


def several(environment, tmp_path):
    """The same workload under a second name, so that the first answer must not go for the second."""
    inventory = tmp_path / "inventory.yml"
    described = yaml.safe_load(environment.paths.inventory.read_text())["gameday"]["hosts"]["hotswap-api"]
    inventory.write_text(yaml.safe_dump({"all": {"hosts": {"hotswap-api": described, "second": described}}}))
    return inventory


def test_nobody_acts_on_several_services_at_once_by_accident(bad_release, tmp_path):
    environment, fault = bad_release
    inventory = several(environment, tmp_path)
    audit = Audit(environment.paths.audit_log)
    for playbook in ("rollback", "api_outage"):
        stopped = play(playbook, inventory, "-e", "remediate=auto")
        assert stopped.rc != 0
        assert "this run is about 2 services (hotswap-api, second)" in stopped.output
        assert "--limit" in stopped.output
    assert audit.writes() == []
    meant = play("rollback", inventory, "-e", "remediate=auto", "-e", "remediate_all=true")
    assert meant.rc == 0, meant.output
    assert fault.unrecovered(environment) == ""


def test_each_of_several_services_is_asked_about_by_name(bad_release, tmp_path):
    """One question for all of them would name one and mean all, or leave the others without an answer."""
    environment, _fault = bad_release
    inventory = several(environment, tmp_path)
    words = command("api_outage", inventory)
    terminal = pexpect.spawn(words[0], words[1:], env=environment_of_play(), encoding="utf-8", timeout=60)
    for name, answer in (("hotswap-api", "no\r"), ("second", "yes\r")):
        terminal.expect(f"Make this change to {name}")
        terminal.send(answer)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 2
    assert "[hotswap-api] FAILED" in terminal.before
    assert "[second] RECOVERED" in terminal.before


def test_a_bare_off_in_an_inventory_changes_nothing(bad_release, tmp_path):
    """YAML reads it as the boolean false, which is neither the word off nor the word ask."""
    environment, _fault = bad_release
    described = yaml.safe_load(environment.paths.inventory.read_text())
    described["gameday"]["vars"] = {"remediate": False}
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(yaml.safe_dump(described))
    audit = Audit(environment.paths.audit_log)
    for playbook in ("api_outage", "rollback"):
        played = play(playbook, inventory)
        assert played.rc == 0, played.output
        assert "Nothing was changed (remediate=off)" in played.output
    assert audit.writes() == []
