"""The history of a workload and what a rollback goes to, on recorded objects."""

import copy

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import (
    current_revision,
    deployment_revisions,
    rollback_target,
    same_release,
    stateful_set_revisions,
)


def history(situation):
    revisions = deployment_revisions(situation.workload, situation.replica_sets)
    return revisions, current_revision(situation.workload, revisions)


def test_a_bad_release_goes_back_to_the_good_one(recorded):
    revisions, current = history(recorded("bad_release"))
    assert current.images == ("hotswap-api:bad",)
    assert rollback_target(current, revisions).images == ("hotswap-api:1",)
    assert [revision.number for revision in revisions] == sorted((r.number for r in revisions), reverse=True)


def test_row_6_and_15_a_release_that_was_left_by_a_rollback_does_not_come_again(recorded):
    situation = recorded("rolled_back_twice")
    revisions, current = history(situation)
    assert current.images == ("hotswap-api:1",)
    assert "hotswap-api:bad" in {image for revision in revisions for image in revision.images}
    assert current.earlier_numbers == (1, 3)
    assert rollback_target(current, revisions) is None


def test_the_first_release_has_nothing_to_go_back_to(recorded):
    revisions, current = history(recorded("healthy"))
    assert len(revisions) == 1
    assert rollback_target(current, revisions) is None


def test_a_restart_is_the_same_release(recorded):
    revisions, current = history(recorded("bad_release"))
    restarted = copy.deepcopy(current)
    template = {**current.template, "metadata": {**current.template["metadata"]}}
    template["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "2026-11-23T16:40:00Z"}
    restarted = type(current)(
        number=current.number + 1, name="another", images=current.images, created="", template=template, hash="another"
    )
    assert same_release(current, restarted)
    assert rollback_target(restarted, [restarted, *revisions]).images == ("hotswap-api:1",)


def test_replica_sets_of_another_workload_are_left_out(recorded):
    situation = recorded("bad_release")
    for replica_set in situation.replica_sets:
        replica_set["metadata"]["ownerReferences"][0]["uid"] = "another"
    assert deployment_revisions(situation.workload, situation.replica_sets) == []


def test_numbers_are_compared_as_numbers(recorded):
    situation = recorded("bad_release")
    for number, replica_set in zip(("9", "10", "2"), situation.replica_sets, strict=True):
        replica_set["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = number
    revisions = deployment_revisions(situation.workload, situation.replica_sets)
    assert [revision.number for revision in revisions] == [10, 9, 2]


def test_the_template_is_the_one_a_person_wrote(recorded):
    revisions, _ = history(recorded("healthy"))
    assert revisions[0].template == recorded("healthy").workload["spec"]["template"]
    assert revisions[0].hash
    assert revisions[0].replicas == 3


def test_a_deployment_the_controller_has_not_seen_has_no_current_revision(recorded):
    situation = recorded("healthy")
    del situation.workload["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
    assert history(situation)[1] is None


@pytest.mark.parametrize("situation", ["stateful_bad", "stateful_partitioned"])
def test_a_stateful_set_goes_back_to_its_earlier_controller_revision(recorded, situation):
    found = recorded(situation)
    revisions = stateful_set_revisions(found.workload, found.controller_revisions)
    current = current_revision(found.workload, revisions)
    assert current.name == found.workload["status"]["updateRevision"]
    assert current.hash == current.name
    assert "$patch" not in current.template
    assert rollback_target(current, revisions).images == ("store:1",)
