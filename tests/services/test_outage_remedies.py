"""The API outage playbook from a cause to proven recovery, for the causes that more than a rollback mends."""

from __future__ import annotations

import pytest
from plays import Audit, play

from hotswap_runbooks.gameday import faults

ALWAYS_RESTART = """\
rules:
  - id: hanging
    kind: cause
    when: "pods.data.total > `0`"
    says: "Pods hang"
    status: degraded
    severity: sev-2
    remedy: restart
    weight: 20
    quotes:
      - {path: pods.data.total, says: "{value} pods"}
"""


@pytest.fixture
def broken(healthy, request):
    fault = faults.load()[request.param]
    fault.apply(healthy)
    return healthy, fault


def changes(audit):
    """The writes, without those to the lock."""
    return [write for write in audit.writes() if write[1] != "leases"]


@pytest.mark.parametrize("broken", ["oom"], indirect=True)
def test_out_of_memory_gets_half_as_much_more_and_recovers(broken):
    environment, fault = broken
    inventory = environment.paths.inventory
    audit = Audit(environment.paths.audit_log)
    capped = play("api_outage", inventory, "-e", "remediate=auto", "-e", "resources_memory_max=1Gi")
    assert capped.rc != 0
    assert "The memory limit is 1Gi already" in capped.output
    checked = play("api_outage", inventory, "--check")
    assert checked.rc == 0, checked.output
    assert "memory limit from 1Gi to 1536Mi" in checked.output
    asked = play("api_outage", inventory)
    assert asked.rc != 0
    assert "nobody approved it" in asked.output
    reported = play("api_outage", inventory, "-e", "remediate=off")
    assert reported.rc == 0, reported.output
    assert audit.writes() == []

    recovered = play("api_outage", inventory, "-e", "remediate=auto")
    assert recovered.rc == 0, recovered.output
    assert "RECOVERED" in recovered.output
    assert "--limits=memory=1Gi" in recovered.output
    assert fault.unrecovered(environment) == ""
    assert changes(audit) == [("patch", "deployments", "hotswap-api")]

    again = Audit(environment.paths.audit_log)
    second = play("api_outage", inventory, "-e", "remediate=auto")
    assert second.rc == 0, second.output
    assert again.writes() == []


@pytest.mark.parametrize("broken", ["config_error"], indirect=True)
def test_a_configuration_error_asks_for_the_value_and_recovers_with_it(broken):
    environment, fault = broken
    inventory = environment.paths.inventory
    audit = Audit(environment.paths.audit_log)
    stopped = play("api_outage", inventory, "-e", "remediate=auto")
    assert stopped.rc != 0
    assert "Only a person knows what is right (config_value)" in stopped.output
    assert "config.yml" in stopped.output
    assert "-e config_path=Database:MaxPoolSize" in stopped.output
    assert audit.writes() == []

    recovered = play("api_outage", inventory, "-e", "remediate=auto", "-e", "config_value=20")
    assert recovered.rc == 0, recovered.output
    assert 'from "lots" to 20' in recovered.output
    assert "RECOVERED" in recovered.output
    assert fault.unrecovered(environment) == ""
    assert changes(audit) == [("patch", "configmaps", "hotswap-api-config"), ("patch", "deployments", "hotswap-api")]


def test_pods_that_fail_for_no_known_cause_are_restarted_once_and_never_twice(healthy, tmp_path):
    rules = tmp_path / "rules.yml"
    rules.write_text(ALWAYS_RESTART)
    given = ("-e", "remediate=auto", "-e", f"triage_extra_rules={rules}", "-e", "incident_id=inc-hanging")
    audit = Audit(healthy.paths.audit_log)
    first = play("api_outage", healthy.paths.inventory, *given)
    assert first.rc == 0, first.output
    assert "Restarted deployment/hotswap-api" in first.output
    assert changes(audit) == [("patch", "deployments", "hotswap-api")]
    again = Audit(healthy.paths.audit_log)
    second = play("api_outage", healthy.paths.inventory, *given)
    assert "Nothing was changed: incident inc-hanging restarted" in second.output
    assert again.writes() == []
