"""resources.yml as a person runs it, on a service that needs more memory than it may use."""

from __future__ import annotations

import pytest
from plays import Audit, play

from hotswap_runbooks.gameday import faults


@pytest.fixture
def oom(healthy):
    fault = faults.load()["oom"]
    fault.apply(healthy)
    return healthy, fault


def test_a_raise_that_is_too_small_ends_early_and_one_that_is_enough_recovers(oom):
    environment, fault = oom
    inventory = environment.paths.inventory
    small = play("resources", inventory, "-e", "remediate=auto", "-e", "resources_memory_limit=1100Mi")
    assert small.rc != 0
    assert "is out of memory again with a limit of 1100Mi" in small.output

    audit = Audit(environment.paths.audit_log)
    enough = play("resources", inventory, "-e", "remediate=auto", "-e", "resources_memory_limit=2Gi")
    assert enough.rc == 0, enough.output
    assert "RECOVERED" in enough.output
    assert "memory limit from 1100Mi to 2Gi" in enough.output
    assert fault.unrecovered(environment) == ""
    assert [write for write in audit.writes() if write[1] != "leases"] == [("patch", "deployments", "hotswap-api")]

    again = Audit(environment.paths.audit_log)
    second = play("resources", inventory, "-e", "remediate=auto", "-e", "resources_memory_limit=2Gi")
    assert second.rc == 0, second.output
    assert again.writes() == []


def test_check_mode_remediate_off_and_nobody_to_ask_change_nothing(healthy):
    inventory = healthy.paths.inventory
    audit = Audit(healthy.paths.audit_log)
    raised = ("-e", "resources_memory_limit=2Gi")
    checked = play("resources", inventory, "--check", *raised)
    assert checked.rc == 0, checked.output
    assert "Undo card" in checked.output
    assert "--limits=memory=1Gi" in checked.output
    reported = play("resources", inventory, "-e", "remediate=off", *raised)
    assert reported.rc == 0, reported.output
    asked = play("resources", inventory, *raised)
    assert asked.rc != 0
    assert "-e remediate=auto -e resources_memory_limit=2Gi" in asked.output
    refused = play("resources", inventory, "-e", "remediate=auto", "-e", "resources_memory_limit=4GB")
    assert refused.rc != 0
    assert "Did you mean 4Gi" in refused.output
    assert audit.writes() == []
