"""What reaches the API server, from its own audit log: nothing without a yes, nothing twice, and nothing more."""

from __future__ import annotations

import pytest
from mitigations import CHANGING, MITIGATIONS, PROVED
from plays import Audit, play


@pytest.fixture(params=MITIGATIONS, ids=lambda mitigation: mitigation.name)
def situation(healthy, request):
    """A mitigation in the situation it is made for."""
    return healthy, request.param.prepare(healthy)


def test_every_playbook_that_changes_something_is_proved_here():
    assert CHANGING == PROVED


def test_row_69_only_an_approved_run_writes_exactly_what_it_says_and_a_second_run_nothing(situation):
    environment, mitigation = situation
    inventory = environment.paths.inventory
    audit = Audit(environment.paths.audit_log)

    checked = play(mitigation.playbook, inventory, *mitigation.given(), "--check")
    assert checked.rc == 0, checked.output
    reported = play(mitigation.playbook, inventory, *mitigation.given(remediate="off"))
    assert reported.rc == 0, reported.output
    refused = play(mitigation.playbook, inventory, *mitigation.given())
    assert refused.rc != 0
    assert "nobody approved it" in refused.output
    assert audit.writes() == []
    assert audit.dry_runs(), "check mode sends the write as the server's own dry run"

    acted = play(mitigation.playbook, inventory, *mitigation.given(remediate="auto"))
    assert acted.rc == 0, acted.output
    assert mitigation.reached(environment) == ""
    assert audit.writes() == list(mitigation.writes)

    again = Audit(environment.paths.audit_log)
    second = play(mitigation.playbook, inventory, *mitigation.given(remediate="auto"))
    assert second.rc == 0, second.output
    assert mitigation.reached(environment) == ""
    assert again.writes() == []
    assert again.dry_runs() == []
