"""From options to an Ansible result, whatever happens in between."""

from __future__ import annotations

import re

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import NotFound, Partial, TimedOut
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import execute
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome

OPTIONS = {"deadline": 5.0, "incident": None}


def result_of(run, **more):
    return execute(run, {**OPTIONS, **more}, diff=True, verbosity=0)


def test_an_outcome_becomes_a_result_with_summary_undo_diff_and_events():
    outcome = Outcome(
        changed=True,
        summary="Done.",
        data={"count": 3},
        before={"a": 1},
        after={"a": 2},
        undo="undo it",
        events=[{"what": "changed"}],
        warnings=["careful"],
    )
    assert result_of(lambda _options, _context: outcome) == {
        "changed": True,
        "summary": "Done.",
        "count": 3,
        "undo": "undo it",
        "diff": {"before": {"a": 1}, "after": {"a": 2}},
        "incident_event": [{"what": "changed"}],
        "warnings": ["careful"],
    }


def test_without_diff_mode_there_is_no_diff():
    outcome = Outcome(changed=True, summary="Done.", before={"a": 1}, after={"a": 2})
    assert "diff" not in execute(lambda _o, _c: outcome, OPTIONS, diff=False, verbosity=0)


def test_an_error_becomes_a_failure_with_its_class_hint_and_facts():
    def run(_options, _context):
        raise NotFound("There is no x.", "Nearest: y.", nearest=["y"])

    assert result_of(run) == {
        "changed": False,
        "failed": True,
        "msg": "There is no x. Nearest: y.",
        "error_class": "not_found",
        "hint": "Nearest: y.",
        "facts": {"nearest": ["y"]},
    }


def test_a_failure_after_a_change_says_that_something_was_changed():
    def run(_options, _context):
        raise Partial("Applied, unverified.", changed=True)

    assert result_of(run)["changed"] is True


def test_an_unexpected_exception_is_told_without_a_traceback_unless_asked_for():
    def run(_options, _context):
        raise ValueError("boom")

    told = result_of(run)
    assert told["failed"]
    assert told["msg"].startswith("Unexpected ValueError: boom.")
    assert "exception" not in told
    assert "ValueError" in execute(run, OPTIONS, diff=False, verbosity=3)["exception"]


@pytest.mark.parametrize("given", [None, ""])
def test_runs_of_one_person_without_an_incident_share_an_id_for_the_day(given):
    seen = []
    for _ in range(2):
        result_of(lambda _options, context: seen.append(context.incident) or Outcome(False, "x"), incident=given)
    assert seen[0] == seen[1]
    assert re.fullmatch(r"manual-[a-z0-9.-]+-\d{8}", seen[0])


def test_a_failure_after_a_write_says_what_was_changed_and_aims_commands_at_the_cluster():
    def run(_options, context):
        context.made.objects.append("deployment/api")
        raise NotFound("It is gone.", "Look: kubectl -n shop get pods")

    failed = result_of(run, context="prod")
    assert failed["changed"] is True
    assert failed["msg"].startswith("deployment/api was changed, but that is not proved: It is gone.")
    assert failed["hint"] == "Look: kubectl --context=prod -n shop get pods"


def test_a_failure_after_a_write_repeats_the_steps_own_words_and_how_to_undo_it():
    def run(_options, context):
        context.made.said, context.made.undo = "Scaled api to 5", "kubectl -n shop scale deployment/api --replicas=3"
        context.made.objects.append("deployment/api")
        raise TimedOut("It takes too long.", "Look at it.")

    failed = result_of(run, context="prod")
    undo = "kubectl --context=prod -n shop scale deployment/api --replicas=3"
    assert failed["msg"] == (
        f"Scaled api to 5, but that is not proved: It takes too long. Look at it. To undo it: {undo}"
    )
    assert failed["facts"] == {"changed": True, "undo": undo}


def test_words_kept_for_a_change_that_was_not_made_are_not_told():
    def run(_options, context):
        context.made.said, context.made.undo = "Scaled api to 5", "kubectl -n shop scale deployment/api --replicas=3"
        raise TimedOut("It takes too long.")

    failed = result_of(run)
    assert (failed["changed"], failed["msg"]) == (False, "It takes too long.")


def test_a_defect_after_a_write_says_what_was_changed_too():
    def run(_options, context):
        context.made.objects.append("deployment/api")
        raise ValueError("boom")

    failed = result_of(run)
    assert failed["changed"] is True
    assert failed["msg"].startswith("deployment/api was changed, but that is not proved: Unexpected ValueError: boom.")


def test_the_undo_of_a_result_is_aimed_at_the_cluster():
    undone = result_of(lambda _o, _c: Outcome(True, "x", undo="kubectl -n shop scale x"), context="prod")
    assert undone["undo"] == "kubectl --context=prod -n shop scale x"
