"""When scaling is refused, and how it is undone."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import autoscaling, scale
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.more_pods import refuse_beyond_quota
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.obstacles import PATIENCE_SECONDS, ends_early
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record, fingerprint
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import parse_workload

DEPLOYMENT = parse_workload("deployment/web")
DATABASE = parse_workload("statefulset/db")


def live(wanted, record=None, spec=None, **status):
    return {
        "metadata": {"name": "web", "annotations": record.as_annotations() if record else {}},
        "spec": {"replicas": wanted, **(spec or {})},
        "status": status,
    }


def pod(name, ready, **labels):
    return {
        "metadata": {"name": name, "labels": labels},
        "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "False"}]},
    }


def autoscaler(name="web", kind="Deployment", target="web", api="apps/v1", low=2, high=5):
    reference = {"apiVersion": api, "kind": kind, "name": target}
    return {
        "metadata": {"name": name},
        "spec": {"scaleTargetRef": reference, "minReplicas": low, "maxReplicas": high},
    }


def test_numbers_that_cannot_be_meant_and_those_that_take_a_word():
    assert scale.checked_replicas(20, 20) == 20
    with pytest.raises(BadInput, match="-1 replicas"):
        scale.checked_replicas(-1, 20)
    with pytest.raises(Precondition, match="outage on purpose"):
        scale.checked_replicas(0, 20)
    with pytest.raises(Precondition, match="more than the 20"):
        scale.checked_replicas(21, 20)


def test_the_undo_brings_the_recorded_number_back_and_knows_when_it_is_there():
    step = scale.scale_step(live(3), 5)
    assert step.previous == {"replicas": 3}
    assert fingerprint(step.after) == fingerprint(scale.state(live(5)))
    record = Record("inc", "scale", step.previous)
    back = scale.undo_step(live(5), record)
    assert back.patch[0]["value"] == 3
    assert scale.undo_step(live(3), record) is None
    assert scale.undo_step(live(3), Record("inc", "scale")) is None


def test_a_deployment_without_old_pods_may_shrink_to_what_is_ready():
    scale.refuse_outage(DEPLOYMENT, live(5, replicas=5, updatedReplicas=5, readyReplicas=2), 2, [])


@pytest.mark.parametrize("ready", [0, 3])
def test_old_pods_that_serve_are_not_scaled_away(ready):
    item = live(3, replicas=4, updatedReplicas=1, readyReplicas=ready)
    scale.refuse_outage(DEPLOYMENT, item, 5, [])
    if not ready:
        scale.refuse_outage(DEPLOYMENT, item, 1, [])
        return
    with pytest.raises(Precondition, match="3 of its pods are old ones"):
        scale.refuse_outage(DEPLOYMENT, item, 1, [])


@pytest.mark.parametrize(("ready", "refused"), [({0}, False), ({2}, True), ({1, 2}, True), (set(), False)])
def test_a_stateful_set_ends_its_highest_numbers(ready, refused):
    item = live(3, spec={"updateStrategy": {}})
    pods = [pod(f"db-{number}", number in ready) for number in range(3)]
    if not refused:
        scale.refuse_outage(DATABASE, item, 1, pods)
        return
    with pytest.raises(Precondition, match="would end every ready pod"):
        scale.refuse_outage(DATABASE, item, 1, pods)


def test_a_stateful_set_may_count_from_another_number():
    item = live(2, spec={"updateStrategy": {}, "ordinals": {"start": 5}})
    scale.refuse_outage(DATABASE, item, 1, [pod("db-5", True), pod("db-6", True)])
    with pytest.raises(Precondition, match="db-6"):
        scale.refuse_outage(DATABASE, item, 1, [pod("db-5", False), pod("db-6", True)])


def test_maintenance_mode_is_not_ended_by_scaling():
    record = Record("inc-1", "maintenance", {"replicas": 3}, at="2026-11-23T03:15:00Z")
    with pytest.raises(Precondition, match="in maintenance mode since 2026-11-23T03:15:00Z"):
        scale.refuse_outage(DEPLOYMENT, live(0, record), 3, [])
    scale.refuse_outage(DEPLOYMENT, live(0), 3, [])


def test_the_autoscaler_of_a_workload_is_the_one_that_targets_it():
    mine = autoscaler()
    others = [autoscaler(target="other"), autoscaler(kind="StatefulSet"), autoscaler(api="example.com/v1")]
    assert autoscaling.autoscaler_of(DEPLOYMENT, [*others, mine]) is mine
    assert autoscaling.autoscaler_of(DEPLOYMENT, others) is None
    with pytest.raises(Precondition, match="a and b"):
        autoscaling.autoscaler_of(DEPLOYMENT, [autoscaler("b"), autoscaler("a")])


def test_a_minimum_is_raised_within_its_bounds_and_brought_back():
    step = autoscaling.raise_step(autoscaler(), 4)
    assert fingerprint(step.after) == fingerprint(autoscaling.state(autoscaler(low=4)))
    assert autoscaling.raise_step(autoscaler(), 2) is None
    back = autoscaling.undo_step(autoscaler(low=4), Record("inc", "scale", step.previous))
    assert back.patch[0] == {"op": "add", "path": "/spec/minReplicas", "value": 2}
    for replicas in (1, 6):
        with pytest.raises(Precondition):
            autoscaling.raise_step(autoscaler(), replicas)
    with pytest.raises(Precondition, match="leaves that alone"):
        autoscaling.refuse_at_rest(DEPLOYMENT, live(0), "web")


def test_what_forbids_a_stateful_sets_pods_counts_only_when_it_is_new():
    now, told = [0.0], [{"reason": "FailedCreate", "message": "exceeded quota: pods", "count": 7}]
    look = ends_early(DATABASE, Deadline(100, clock=lambda: now[0]), lambda: told)
    short = live(3, replicas=2)
    for now[0] in (0.0, PATIENCE_SECONDS * 2):
        look(short, [])
    told[0] = {**told[0], "count": 8}
    look(short, [])
    now[0] = PATIENCE_SECONDS * 4
    with pytest.raises(Precondition, match="exceeded quota: pods"):
        look(short, [])


def quota(key, hard, used, **spec):
    return {
        "metadata": {"name": "team"},
        "spec": {"hard": {key: hard}, **spec},
        "status": {"hard": {key: hard}, "used": {key: used}},
    }


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        (quota("limits.memory", "5Gi", "3Gi"), True),
        (quota("limits.memory", "4Gi", "3Gi"), False),
        (quota("memory", "4Gi", "3500Mi"), True),
        (quota("requests.cpu", "1", "900m"), False),
        (quota("pods", "5", "4"), False),
        (quota("count/pods", "5", "3"), True),
        (quota("pods", "5", "4", scopes=["Terminating"]), True),
        (quota("services", "1", "1"), True),
    ],
)
def test_a_quota_counts_what_the_new_pods_ask_for(told, fits):
    resources = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}
    item = live(3, spec={"template": {"spec": {"containers": [{"resources": resources}]}}}, replicas=3)
    if fits:
        refuse_beyond_quota(DEPLOYMENT, item, 5, [told])
        return
    with pytest.raises(Precondition, match="Quota team has no room for 5 replicas of deployment/web"):
        refuse_beyond_quota(DEPLOYMENT, item, 5, [told])
