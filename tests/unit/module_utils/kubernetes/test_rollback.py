"""Which revision a rollback goes to."""

from __future__ import annotations

import dataclasses
import json

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import Revision
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.rollback import (
    choose_target,
    rollback_step,
)


def template(release):
    return {"spec": {"containers": [{"name": "api", "image": f"api:{release}"}]}}


def history(sequence):
    """The revisions that a sequence of releases leaves, the newest first: ``ABA`` is A, then B, then A again."""
    numbers = {}
    for number, release in enumerate(sequence, start=1):
        numbers.setdefault(release, []).append(number)
    return sorted(
        (
            Revision(
                number=runs[-1],
                name=f"api-{release.lower()}",
                images=(f"api:{release}",),
                created="2026-11-23T03:00:00Z",
                template=template(release),
                hash=release.lower(),
                earlier_numbers=tuple(runs[:-1]),
            )
            for release, runs in numbers.items()
        ),
        key=lambda revision: -revision.number,
    )


def workload(sequence, annotations=None, observed=None):
    """It runs the last release of the sequence; ``observed`` is the number that its controller has got to."""
    return {
        "metadata": {
            "name": "api",
            "resourceVersion": "7",
            "annotations": {"deployment.kubernetes.io/revision": str(observed or len(sequence)), **(annotations or {})},
        },
        "spec": {"template": template(sequence[-1])},
    }


def choose(sequence, record=None, **options):
    annotations = {}
    if record:
        left, gone_to = record
        annotations = {
            "runbooks.hotswap/incident": "inc-1",
            "runbooks.hotswap/action": "rollback",
            "runbooks.hotswap/previous": json.dumps(
                {"previous": {"from_name": f"api-{left}", "to_name": f"api-{gone_to}"}}
            ),
        }
    return choose_target(workload(sequence, annotations), history(sequence), **options)


@pytest.mark.parametrize(
    ("sequence", "target"),
    [
        ("AB", "a"),
        ("ABC", "b"),
        # Somebody went back to A by hand: B was left and does not come again.
        ("ZABA", "z"),
        # B was rolled back once and has been deployed again: it is left for A again.
        ("ZABAB", "a"),
    ],
)
def test_without_a_record_the_history_tells(sequence, target):
    assert choose(sequence).revision.hash == target


@pytest.mark.parametrize("sequence", ["A", "ABA", "ABABA", "ZABABA"])
def test_where_the_history_does_not_tell_it_lists_what_there_is(sequence):
    with pytest.raises(Precondition) as refused:
        choose(sequence)
    assert "api:A" in refused.value.message
    assert "to_revision" in refused.value.hint


def test_row_15_run_again_before_the_controller_has_counted_it_stays_too():
    """The rollback's answer was lost, or its run killed: the template is back, and the number is the old one."""
    annotations = Record("inc-1", "rollback", {"from_name": "api-b", "to_name": "api-a"}).as_annotations()
    live = workload("ABA", annotations, observed=2)
    assert choose_target(live, history("AB")).already == "incident inc-1 rolled it back already"


def test_row_15_a_revision_asked_for_by_name_is_known_by_the_number_it_had():
    record = {"from_name": "api-b", "to_name": "api-a", "to_revision": 1}
    live = workload("ABA", Record("inc-1", "rollback", record).as_annotations())
    assert choose_target(live, history("ABA"), wanted=1).already == "incident inc-1 rolled it back already"
    left_again = workload("ABAB", Record("inc-1", "rollback", record).as_annotations())
    again = choose_target(left_again, history("ABAB"), wanted=1)
    assert (again.revision.name, again.already) == ("api-a", "")


def test_row_15_run_twice_it_stays_where_it_is():
    target = choose("ABA", record=("b", "a"))
    assert target.already == "incident inc-1 rolled it back already"
    assert target.revision.hash == "a"


@pytest.mark.parametrize(
    ("sequence", "target"),
    [
        # The left release was deployed again.
        ("ABAB", "a"),
        # A new bad release came after the rollback.
        ("ABAC", "a"),
        ("ABACD", "c"),
        # And again and again, as in a game day.
        ("ABABAB", "a"),
    ],
)
def test_with_a_record_the_release_that_was_left_does_not_come_again(sequence, target):
    assert choose(sequence, record=("b", "a")).revision.hash == target


def test_the_left_release_does_not_come_again_even_when_it_is_the_newest_other_one():
    with pytest.raises(Precondition):
        choose("BC", record=("b", "a"))


def test_a_record_of_another_action_says_nothing_about_rollbacks():
    annotations = {
        "runbooks.hotswap/incident": "inc-1",
        "runbooks.hotswap/action": "restart",
        "runbooks.hotswap/previous": "{}",
    }
    assert choose_target(workload("AB", annotations), history("AB")).revision.hash == "a"


def test_a_named_revision_is_taken():
    assert choose("ABC", wanted=1).revision.hash == "a"


def test_row_14_a_revision_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(NotFound) as refused:
        choose("ABC", wanted=9)
    assert refused.value.hint == "These do: 3 (api:C), 2 (api:B), 1 (api:A)."
    assert refused.value.facts["revisions"] == [3, 2, 1]


def test_the_named_revision_that_runs_already_is_left_alone():
    assert choose("ABC", wanted=3).already


def test_row_4_a_release_that_somebody_else_has_left_meanwhile_is_not_left_twice():
    target = choose("ABA", leaving="api-b")
    assert target.already
    assert target.revision.hash == "a"


def test_a_template_the_controller_has_not_seen_is_not_touched():
    with pytest.raises(Precondition):
        choose_target(workload("ABC"), history("AB"))


def test_the_step_names_the_release_that_comes_back_and_what_was_left():
    live = workload("AB", {"example.com/owner": "team-a", "kubernetes.io/change-cause": "release B"})
    step = rollback_step(live, choose_target(live, history("AB")))
    template = {"spec": {"containers": [{"name": "api", "image": "api:A"}]}}
    assert step.patch == [{"op": "replace", "path": "/spec/template", "value": template}]
    assert step.annotations == {"kubernetes.io/change-cause": "rollback to revision 1"}
    assert step.previous == {
        "from_name": "api-b",
        "from_revision": 2,
        "from_images": ["api:B"],
        "to_name": "api-a",
        "to_revision": 1,
    }


def test_a_restart_of_the_release_that_came_back_is_not_another_release():
    rolled_back = Record("inc-1", "rollback", {"from_name": "api-b", "to_name": "api-a"})
    restarted = Record("inc-1", "restart", {}, earlier=rolled_back)
    revisions = history("ABA")
    again = dataclasses.replace(revisions[0], number=4, name="api-a2", earlier_numbers=())
    live = workload("ABAA", restarted.as_annotations())
    assert choose_target(live, [again, *revisions]).already == "incident inc-1 rolled it back already"
