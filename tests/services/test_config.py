"""config.yml as a person runs it, on a service that a wrong value keeps from starting."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest
from plays import Audit, environment_of_play, play

from hotswap_runbooks.gameday import faults

RIGHT = ("-e", "config_path=Database:MaxPoolSize", "-e", "config_value=20", "-e", "config_type=number")


@pytest.fixture
def config_error(healthy):
    fault = faults.load()["config_error"]
    fault.apply(healthy)
    return healthy, fault


def test_the_right_value_recovers_once_and_the_undo_brings_the_wrong_one_back(config_error):
    environment, fault = config_error
    inventory = environment.paths.inventory
    audit = Audit(environment.paths.audit_log)
    checked = play("config", inventory, "--check", *RIGHT)
    assert checked.rc == 0, checked.output
    assert re.search(r'^ *- .*"MaxPoolSize": "lots"', checked.output, re.MULTILINE), checked.output
    assert re.search(r'^ *\+ .*"MaxPoolSize": 20', checked.output, re.MULTILINE), checked.output
    reported = play("config", inventory, "-e", "remediate=off", *RIGHT)
    assert reported.rc == 0, reported.output
    asked = play("config", inventory, *RIGHT)
    assert asked.rc != 0
    assert "config_path=Database:MaxPoolSize" in asked.output
    assert audit.writes() == []

    fixed = play("config", inventory, "-e", "remediate=auto", *RIGHT)
    assert fixed.rc == 0, fixed.output
    assert "RECOVERED" in fixed.output
    assert fault.unrecovered(environment) == ""
    written = [write for write in audit.writes() if write[1] != "leases"]
    assert written == [("patch", "configmaps", "hotswap-api-config"), ("patch", "deployments", "hotswap-api")]

    again = Audit(environment.paths.audit_log)
    second = play("config", inventory, "-e", "remediate=auto", *RIGHT)
    assert second.rc == 0, second.output
    assert again.writes() == []

    (undo,) = set(re.findall(r"^ *Undo +(ansible-playbook .*)$", fixed.output, re.MULTILINE))
    words = [*shlex.split(undo), "--check"]
    undone = subprocess.run(words, env=environment_of_play(), capture_output=True, text=True, check=False)
    assert 'from 20 to "lots"' in undone.stdout, undone.stdout + undone.stderr
