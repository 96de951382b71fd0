"""Each fault from break to recovery, through ansible-playbook, on the real servers."""

from __future__ import annotations

import json

import jsonschema
import pytest
from plays import ROOT, Audit, play

from hotswap_runbooks.gameday import faults

FAULTS = faults.load()
SCHEMA = json.loads((ROOT / "docs/triage-report.schema.json").read_text())
ROLLED_BACK = [name for name, fault in FAULTS.items() if fault.expect.recovers_with == "rollback"]
BY_HAND = [name for name, fault in FAULTS.items() if fault.expect.recovers_with == "heal"]


@pytest.fixture
def broken(healthy, request):
    """The environment with the fault of the parameter showing."""
    FAULTS[request.param].apply(healthy)
    return healthy, FAULTS[request.param]


@pytest.mark.parametrize("broken", FAULTS, indirect=True)
def test_triage_names_the_cause_and_writes_nothing(broken):
    environment, fault = broken
    audit = Audit(environment.paths.audit_log)
    triage = play("triage", environment.paths.inventory)
    assert triage.rc == 0, triage.output
    report = triage.report
    jsonschema.validate(report, SCHEMA)
    assert report["status"] == fault.expect.status, triage.output
    assert report["severity"] == fault.expect.severity, triage.output
    assert report["pattern"] == fault.expect.pattern, triage.output
    first = [cause["id"] for cause in report["causes"] if cause["rank"] == 1]
    assert first == list(fault.expect.causes), triage.output
    if first:
        assert report["causes"][0]["remedy"] == fault.expect.remedy
        assert report["causes"][0]["says"] in triage.output
        assert report["causes"][0]["evidence"]
    else:
        assert "Nothing is wrong." in triage.output
    assert audit.writes() == []


@pytest.mark.parametrize("broken", ROLLED_BACK, indirect=True)
def test_the_api_outage_playbook_brings_a_bad_release_back(broken):
    environment, fault = broken
    inventory = environment.paths.inventory
    audit = Audit(environment.paths.audit_log)

    checked = play("api_outage", inventory, "--check", "--diff")
    assert checked.rc == 0, checked.output
    assert "Undo card" in checked.output

    asked = play("api_outage", inventory)
    assert asked.rc != 0
    assert "nobody approved it" in asked.output
    assert f"--limit {environment.workload} -e remediate=auto" in asked.output

    reported = play("api_outage", inventory, "-e", "remediate=off")
    assert reported.rc == 0, reported.output
    assert "Nothing was changed (remediate=off)" in reported.output
    assert audit.writes() == []

    recovered = play("api_outage", inventory, "-e", "remediate=auto", "-e", "incident_id=inc-acceptance")
    assert recovered.rc == 0, recovered.output
    assert "RECOVERED" in recovered.output
    assert fault.unrecovered(environment) == ""
    assert audit.writes() == [("patch", "deployments", environment.workload)]

    again = Audit(environment.paths.audit_log)
    second = play("rollback", inventory, "-e", "remediate=auto")
    assert second.rc == 0, second.output
    assert "Nothing was changed" in second.output
    assert "inc-acceptance rolled it back already" in second.output
    third = play("api_outage", inventory, "-e", "remediate=auto")
    assert third.rc == 0, third.output
    assert again.writes() == []


@pytest.mark.parametrize("broken", BY_HAND, indirect=True)
def test_a_cause_without_a_playbook_ends_with_the_steps_to_take(broken):
    environment, _fault = broken
    audit = Audit(environment.paths.audit_log)
    stopped = play("api_outage", environment.paths.inventory, "-e", "remediate=auto")
    assert stopped.rc != 0
    assert "There is no playbook for this remedy yet" in stopped.output
    manual = stopped.report["causes"][0]["manual"]
    assert manual
    assert all(step in stopped.output for step in manual)
    assert not [step for step in manual if "{" in step.replace("{n}", "")]
    reported = play("api_outage", environment.paths.inventory, "-e", "remediate=off")
    assert reported.rc == 0, reported.output
    assert audit.writes() == []
