"""When a restart is refused, and how one is known to have been made."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import restart, restart_pod
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.obstacles import (
    PATIENCE_SECONDS,
    ends_early,
    waits_for_volume,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record, read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import parse_workload

DEPLOYMENT = parse_workload("deployment/web")
DATABASE = parse_workload("statefulset/db")


def live(ready=3, annotations=None, **spec):
    return {
        "metadata": {"name": "web", "namespace": "default", "uid": "w", "annotations": annotations or {}},
        "spec": {"replicas": 3, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {}}, **spec},
        "status": {"readyReplicas": ready},
    }


def rolling(unavailable, surge="25%"):
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}}


def pod(name, uid, ready=True, **metadata):
    return {
        "metadata": {
            "name": name,
            "uid": uid,
            "ownerReferences": [{"kind": "StatefulSet", "uid": "w", "controller": True}],
            **metadata,
        },
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]},
    }


@pytest.mark.parametrize(
    ("replicas", "ready", "strategy"),
    [
        (3, 3, None),
        (1, 1, None),  # 25 % of one, rounded down, is none; one more is started first
        (3, 1, rolling(1)),  # the controller takes the pods that are not ready
        (3, 3, rolling("50%")),
        (3, 0, {"type": "Recreate"}),
        (3, 0, rolling("100%")),
    ],
)
def test_a_deployment_that_keeps_a_ready_replica_or_has_none_is_restarted(replicas, ready, strategy):
    spec = {"strategy": strategy} if strategy else {}
    restart.refuse_outage(DEPLOYMENT, live(ready, replicas=replicas, **spec))


@pytest.mark.parametrize(
    ("replicas", "strategy", "said"),
    [
        (3, {"type": "Recreate"}, "all 3 ready replicas away at once: its strategy is Recreate"),
        (3, rolling("100%"), "its maxUnavailable is 100%"),
        (3, rolling(3), "its maxUnavailable is 3"),
        (1, rolling("25%", 0), "its only ready replica away"),  # both come to nothing: the controller takes one
    ],
)
def test_a_restart_that_takes_every_ready_replica_is_refused(replicas, strategy, said):
    with pytest.raises(Precondition) as refused:
        restart.refuse_outage(DEPLOYMENT, live(replicas, replicas=replicas, strategy=strategy))
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("ready", "strategy", "said"),
    [
        (1, {"type": "RollingUpdate"}, "ends a pod before it starts the new one"),
        (2, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "50%"}}, "ends a pod before"),
        (3, {"type": "OnDelete"}, "would replace no pod: its strategy is OnDelete"),
        (3, {"type": "RollingUpdate", "rollingUpdate": {"partition": 3}}, "its partition 3 holds all 3 back"),
    ],
)
def test_a_stateful_set_that_would_stand_still_or_go_away_is_refused(ready, strategy, said):
    with pytest.raises(Precondition) as refused:
        restart.refuse_outage(DATABASE, live(ready, updateStrategy=strategy))
    assert said in refused.value.message


def test_an_outage_is_accepted_on_purpose_and_nothing_is_lost_at_zero():
    restart.refuse_outage(DATABASE, live(1, updateStrategy={"type": "RollingUpdate"}), allowed=True)
    restart.refuse_outage(DATABASE, live(0, replicas=0, updateStrategy={"type": "RollingUpdate"}))
    with pytest.raises(Precondition, match="nothing to restart"):
        restart.refuse_at_zero(DATABASE, live(0, replicas=0))
    with pytest.raises(Precondition, match="is paused: a rollback would be stored"):
        restart.refuse_outage(DEPLOYMENT, live(paused=True), "rollback", allowed=True)


def crashing(name):
    waiting = {"name": "db", "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    return {**pod(name, name, ready=False), "status": {"phase": "Running", "containerStatuses": [waiting]}}


def test_a_broken_pod_that_a_stateful_set_would_not_replace_ends_the_wait_with_its_name():
    now = [0.0]
    look = ends_early(DATABASE, Deadline(100, clock=lambda: now[0]), list)
    ordered = live(updateStrategy={"type": "RollingUpdate"})
    look(ordered, [], [crashing("db-1"), pod("db-0", "x")])
    now[0] = PATIENCE_SECONDS * 1.1
    with pytest.raises(Precondition) as held:
        look(ordered, [], [crashing("db-1"), pod("db-0", "x")])
    assert "pod db-1 still runs what was before and is in CrashLoopBackOff" in held.value.message
    assert "kubectl -n default delete pod db-1" in held.value.hint


@pytest.mark.parametrize("spec", [{"updateStrategy": {}, "podManagementPolicy": "Parallel"}, {}])
def test_a_broken_pod_that_its_controller_replaces_is_no_obstacle(spec):
    now = [0.0]
    look = ends_early(DATABASE, Deadline(100, clock=lambda: now[0]), list)
    for now[0] in (0.0, PATIENCE_SECONDS * 2):
        look(live(**spec), [], [crashing("db-1")])


def test_a_restart_keeps_the_marks_of_others_on_the_template():
    item = live()
    item["spec"]["template"]["metadata"]["annotations"] = {"example.com/a": "b"}
    step = restart.restart_step(item, datetime.datetime(2026, 11, 23, 3, 15, tzinfo=datetime.UTC))
    (change,) = step.patch
    assert change["value"] == {"example.com/a": "b", restart.MARK: "2026-11-23T03:15:00Z"}
    assert step.previous == {"restarted_at": None}
    assert restart.undo_step(item, Record("i", "restart")) is None


def test_a_restart_under_other_changes_is_still_known():
    record = Record("inc-2", "scale", earlier=Record("inc-1", "restart", at="then"))
    item = live(annotations=record.as_annotations())
    assert restart.earlier_restart(item, "inc-1").at == "then"
    assert restart.earlier_restart(item, "inc-2") is None


def test_only_pods_that_the_workload_controls_are_its_own():
    stranger = pod("web-9", "s", ownerReferences=[{"kind": "StatefulSet", "uid": "x", "controller": True}])
    mine = pod("web-0", "a")
    through_a_set = pod("web-abc", "b", ownerReferences=[{"kind": "ReplicaSet", "uid": "r", "controller": True}])
    sets = [{"metadata": {"uid": "r", "ownerReferences": [{"uid": "w", "controller": True}]}}]
    assert restart_pod.own_pods(live(), sets, [stranger, mine, through_a_set]) == [mine, through_a_set]


def test_what_came_in_a_pods_place_is_told_from_what_was_there():
    victim, other, broken = pod("web-0", "11111111-a"), pod("web-1", "22222222-b"), pod("web-2", "33333333-c", False)
    step = restart_pod.record_step(victim, [victim, other, broken])
    item = live(annotations=Record("inc-1", "restart_pod", step.previous).as_annotations())
    record = restart_pod.recorded_restart(item, "inc-1", "web-0")
    assert restart_pod.pod_of(record, [other, victim]) is victim
    fresh = pod("web-0", "44444444-d")
    going = pod("web-3", "55555555-e", deletionTimestamp="2026-11-23T03:15:00Z")
    assert restart_pod.pod_of(record, [fresh, other]) is None
    assert restart_pod.replacement(record, [fresh, other, broken, going]) == [fresh]
    assert restart_pod.recorded_restart(item, "inc-2", "web-0") is None
    assert read_record(item).previous["pod"] == "web-0"


def test_the_last_ready_pod_stays_and_a_broken_one_may_go():
    ready, broken = pod("web-0", "a"), pod("web-1", "b", False)
    with pytest.raises(Precondition, match="the only ready one"):
        restart_pod.refuse_outage(DATABASE, live(), ready, [ready, broken])
    restart_pod.refuse_outage(DATABASE, live(), broken, [ready, broken])
    restart_pod.refuse_outage(DATABASE, live(), ready, [ready, pod("web-2", "c")])


def test_a_pod_that_is_not_there_lists_those_that_are():
    with pytest.raises(NotFound) as missing:
        restart_pod.named(DATABASE, "web-7", [pod("web-0", "a"), pod("web-1", "b")])
    assert "web-0" in missing.value.hint


def unscheduled(message):
    waiting = pod("db-0", "a", False)
    waiting["status"]["conditions"].append({"type": "PodScheduled", "status": "False", "message": message})
    waiting["spec"] = {"volumes": [{"persistentVolumeClaim": {"claimName": "data-db-0"}}, {"emptyDir": {}}]}
    return waiting


def test_a_pod_without_its_volume_is_told_from_one_without_room():
    found = waits_for_volume(
        [unscheduled("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.")]
    )
    assert found.startswith("pod db-0 waits for its volume (data-db-0): 0/1 nodes")
    assert not waits_for_volume([unscheduled("0/1 nodes are available: 1 Insufficient memory.")])


def test_an_obstacle_ends_the_wait_only_when_it_stays():
    now = [0.0]
    look = ends_early(DEPLOYMENT, Deadline(100, clock=lambda: now[0]), list)
    blocked = {**live(), "status": {"conditions": [{"type": "ReplicaFailure", "status": "True", "message": "quota"}]}}
    look(blocked, [])
    now[0] = PATIENCE_SECONDS / 2
    look(live(), [])
    now[0] = PATIENCE_SECONDS * 1.2
    look(blocked, [])
    now[0] = PATIENCE_SECONDS * 2.3
    with pytest.raises(Precondition, match="quota"):
        look(blocked, [])
