"""The restart of a workload, and of one pod, on the real control plane, and through a proxy that misbehaves."""

from __future__ import annotations

import uuid

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Conflict,
    Denied,
    NotFound,
    Partial,
    Precondition,
    RunbookError,
    TimedOut,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.connection import connect
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.lock import acquire
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CLAIMS,
    DEPLOYMENTS,
    LEASES,
    PDBS,
    PODS,
    STATEFULSETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef, rollout_status
from ansible_collections.hotswap.runbooks.plugins.modules.workload_restart import SPEC, run
from fault_proxy import wait_until

ONE_EXTRA = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
EVICTION = "^POST .*/eviction"


@pytest.fixture
def restart(client, namespace, deployment):
    """Call the module's function as Ansible would; options and the client can be replaced."""

    def call(using=None, seconds=60, check_mode=False, said=None, incident="inc-test", progress=None, **options):
        given = dict.fromkeys(SPEC.argument_spec())
        given |= {"force": False, "takeover": False, "restart_again": False, "eviction_wait": 0.0}
        given |= {"namespace": namespace, "workload": f"deployment/{deployment}", **options}
        context = Context(
            deadline=Deadline(seconds),
            check_mode=check_mode,
            incident=incident,
            progress=progress or (said if said is not None else []).append,
            kubernetes=lambda _options, deadline: (using or client).within(deadline),
        )
        return run(given, context)

    return call


@pytest.fixture
def live(client, namespace, deployment):
    return lambda: client.get(DEPLOYMENTS, deployment, namespace)


@pytest.fixture
def shape(client, namespace, deployment, live):
    """Change the Deployment's spec and wait for the rollout."""

    def change(wait=True, **spec):
        client.update(DEPLOYMENTS, deployment, namespace, lambda _live: {"spec": spec})
        if wait:
            wait_until(lambda: rollout_status(live()).done, 30)

    return change


@pytest.fixture
def pods(client, namespace, deployment):
    """The names of the Deployment's pods that are not going, with their uids."""

    def names(label=deployment):
        found = client.list(PODS, namespace, label_selector=f"app={label}")
        return {
            pod["metadata"]["name"]: pod["metadata"]["uid"]
            for pod in found
            if not pod["metadata"].get("deletionTimestamp")
        }

    return names


@pytest.fixture
def budget(client, namespace, deployment):
    """A disruption budget that allows nothing; lifted by calling it."""
    body = {
        "metadata": {"name": deployment},
        "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": deployment}}},
    }
    client.create(PDBS, body, namespace)
    wait_until(lambda: (client.get(PDBS, deployment, namespace).get("status") or {}).get("observedGeneration"), 15)

    def lift():
        client.delete(PDBS, deployment, namespace)

    yield lift
    lift()


def test_all_pods_are_replaced_and_one_incident_does_it_once(restart, pods, live):
    before = set(pods().values())
    said = []
    first = restart(said=said)
    assert first.changed
    assert first.data["rollout"]["done"]
    assert not before & set(pods().values())
    record = read_record(live())
    assert (record.incident, record.action) == ("inc-test", "restart")
    version = live()["metadata"]["generation"]
    second = restart()
    assert not second.changed
    assert "inc-test restarted" in second.summary
    assert "restart_again=true" in second.summary
    assert live()["metadata"]["generation"] == version


def test_restart_again_restarts_again_and_joins_one_that_is_under_way(restart, live, shape):
    shape(minReadySeconds=2)
    assert restart().changed
    marked = live()["metadata"]["generation"]
    with pytest.raises(TimedOut):
        restart(restart_again=True, seconds=1.5)
    assert live()["metadata"]["generation"] == marked + 1
    joined = restart(restart_again=True)
    assert not joined.changed
    assert live()["metadata"]["generation"] == marked + 1


def test_check_mode_says_the_same_and_writes_nothing(restart, live, client, namespace, deployment):
    before = live()["metadata"]["resourceVersion"]
    planned = restart(check_mode=True)
    assert planned.changed
    assert planned.summary.endswith("replace its 1 pod in a rolling restart.")
    assert live()["metadata"]["resourceVersion"] == before
    assert client.find(LEASES, f"runbooks-deployment-{deployment}", namespace) is None


def test_row_2_the_api_server_is_gone_after_the_change(restart, live, through, proxy):
    gone = {"times": 99, "reset": "before"}
    proxy.next("^PATCH ", meanwhile=lambda: proxy.next("^GET .*deployments", **gone))
    with pytest.raises(Partial) as unverified:
        restart(using=through(), seconds=20)
    assert "could not be watched" in unverified.value.message
    marked = live()["metadata"]["generation"]
    again = restart()
    assert not again.changed
    assert again.data["rollout"]["done"]
    assert live()["metadata"]["generation"] == marked


def test_row_3_a_conflict_is_decided_again_and_restarts_once(restart, live, through, proxy):
    before = live()["metadata"]["generation"]
    proxy.next("^PATCH ", times=2, status=409, reason="Conflict")
    assert restart(using=through()).changed
    assert live()["metadata"]["generation"] == before + 1


def test_row_4_a_second_responder_of_the_incident_restarts_at_the_same_moment(restart, live, through, proxy):
    before = live()["metadata"]["generation"]
    proxy.next("^PATCH ", times=1, status=409, reason="Conflict", meanwhile=restart)
    assert not restart(using=through()).changed
    assert live()["metadata"]["generation"] == before + 1


def test_an_answer_that_was_lost_is_no_second_restart(restart, live, through, proxy):
    before = live()["metadata"]["generation"]
    proxy.next("^PATCH ", reset="after")
    assert restart(using=through()).changed
    assert live()["metadata"]["generation"] == before + 1


def test_another_incident_is_locked_out(restart, live):
    assert restart().changed
    before = live()["metadata"]["generation"]
    with pytest.raises(Precondition) as locked:
        restart(incident="inc-other")
    assert "locked by incident inc-test" in locked.value.message
    assert live()["metadata"]["generation"] == before


def test_row_8_the_right_to_evict_is_asked_for_before_anything_is_written(restart, admin, namespace, live, pods):
    nobody = connect({**admin, "impersonate_user": "somebody"}, Deadline(30))
    version = live()["metadata"]["resourceVersion"]
    with pytest.raises(Denied):
        restart(using=nobody, pod=next(iter(pods())))
    assert live()["metadata"]["resourceVersion"] == version


def test_row_17_a_paused_deployment_is_refused_with_the_way_on(restart, shape, live):
    shape(wait=False, paused=True)
    with pytest.raises(Precondition) as refused:
        restart()
    assert "rollout resume" in refused.value.hint
    assert read_record(live()) is None


def test_row_18_pods_that_cannot_start_end_the_wait_early(restart, shape, client, namespace, deployment):
    template = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2-bad"}]}}}}
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: template, kind="strategic")
    with pytest.raises(Precondition) as stuck:
        restart()
    assert "CrashLoopBackOff (exit code 1)" in stuck.value.message


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"replicas": 0}, "scaled to zero"),
        ({"strategy": {"type": "Recreate", "rollingUpdate": None}}, "its strategy is Recreate"),
        ({"strategy": {"rollingUpdate": {"maxUnavailable": 1}}}, "maxUnavailable is 1"),
    ],
)
def test_the_last_ready_replica_is_never_restarted(restart, shape, live, spec, said):
    shape(**spec)
    with pytest.raises(Precondition) as refused:
        restart()
    assert said in refused.value.message
    assert read_record(live()) is None


def test_what_serves_nothing_may_be_restarted_at_once(restart, shape, client, namespace, deployment, live):
    unready = {"spec": {"template": {"metadata": {"annotations": {"sim/ready": "false"}}}}}
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: unready)
    shape(wait=False, strategy={"type": "Recreate", "rollingUpdate": None})
    wait_until(lambda: not (live().get("status") or {}).get("readyReplicas"), 20)
    assert restart(check_mode=True).changed


def test_one_pod_is_evicted_and_its_replacement_awaited(restart, shape, pods, live):
    shape(replicas=2)
    victim, *others = pods()
    done = restart(pod=victim)
    assert done.changed
    assert victim not in pods()
    assert set(others) < set(pods())
    assert done.data["pod"]["replacements"][0] in pods()
    record = read_record(live())
    assert (record.action, record.previous["pod"]) == ("restart_pod", victim)
    now = pods()
    second = restart(pod=victim)
    assert not second.changed
    assert pods() == now


def test_a_plan_for_one_pod_evicts_nothing(restart, shape, pods, live):
    shape(replicas=2)
    before, version = pods(), live()["metadata"]["resourceVersion"]
    planned = restart(pod=next(iter(before)), check_mode=True)
    assert planned.changed
    assert pods() == before
    assert live()["metadata"]["resourceVersion"] == version


def test_a_run_that_died_between_record_and_eviction_is_seen_through(restart, shape, pods, through, proxy):
    shape(replicas=2)
    victim = next(iter(pods()))
    proxy.next(EVICTION, times=99, reset="before")
    with pytest.raises(RunbookError):
        restart(using=through(), pod=victim, seconds=8)
    assert victim in pods()
    resumed = restart(pod=victim)
    assert resumed.changed
    assert victim not in pods()
    assert len(pods()) == 2


def test_a_run_that_died_after_the_eviction_evicts_no_second_pod(restart, shape, pods, through, proxy):
    shape(replicas=2)
    victim, other = pods()
    proxy.next(EVICTION, meanwhile=lambda: proxy.next("^GET .*deployments", times=99, reset="before"))
    with pytest.raises(Partial):
        restart(using=through(), pod=victim, seconds=15)
    assert not restart(pod=victim).changed
    assert other in pods()
    assert len(proxy.seen(EVICTION)) == 1


def test_row_22_a_disruption_budget_is_waited_for_and_then_told(restart, shape, pods, budget, live):
    shape(replicas=2)
    before = pods()
    planned = restart(pod=next(iter(before)), check_mode=True)
    assert any("disruption budget" in warning for warning in planned.warnings)
    with pytest.raises(Precondition) as blocked:
        restart(pod=next(iter(before)), eviction_wait=2.0)
    assert "disruption budget" in blocked.value.message
    assert "the pod is as it was" in blocked.value.message
    assert pods() == before
    budget()
    assert restart(pod=next(iter(before)), eviction_wait=20.0).changed


def test_row_67_a_budget_is_not_waited_for_any_longer_when_the_lock_is_taken_over(
    restart, shape, pods, budget, client, namespace, deployment
):
    shape(replicas=2)
    (victim, *_others) = sorted(pods())
    taken = []

    def take_over(_line):
        if not taken:
            workload = WorkloadRef(DEPLOYMENTS, deployment)
            taken.append(acquire(client, workload, namespace, "inc-second", takeover=True))
            budget()

    with pytest.raises(Conflict, match="is not incident"):
        restart(pod=victim, eviction_wait=60.0, progress=take_over)
    assert victim in pods()


def test_the_only_ready_pod_is_not_evicted(restart, pods, live):
    before = pods()
    with pytest.raises(Precondition) as refused:
        restart(pod=next(iter(before)))
    assert "the only ready one" in refused.value.message
    assert pods() == before
    assert read_record(live()) is None


def test_a_pod_of_somebody_else_is_refused(restart, stateful, pods, live):
    other = stateful(replicas=1)
    with pytest.raises(NotFound) as refused:
        restart(pod=f"{other}-0")
    assert f"has no pod {other}-0" in refused.value.message
    assert next(iter(pods())) in refused.value.hint
    assert read_record(live()) is None


@pytest.mark.parametrize("name", ["", "Not_A_Name", "a/b"])
def test_a_name_that_no_pod_can_have_is_bad_input(restart, name):
    with pytest.raises(BadInput):
        restart(pod=name)


def test_a_stateful_set_restarts_and_its_pod_by_name(restart, stateful, pods):
    name = stateful()
    before = pods(name)
    done = restart(workload=f"statefulset/{name}")
    assert done.changed
    assert done.data["rollout"]["done"]
    middle = pods(name)
    assert not set(before.values()) & set(middle.values())
    one = restart(workload=f"statefulset/{name}", pod=f"{name}-1")
    assert one.changed
    after = pods(name)
    assert after[f"{name}-1"] != middle[f"{name}-1"]
    assert after[f"{name}-0"] == middle[f"{name}-0"]
    again = restart(workload=f"statefulset/{name}", pod=f"{name}-1")
    assert not again.changed
    assert restart(workload=f"statefulset/{name}", pod=f"{name}-1", restart_again=True).changed
    assert pods(name)[f"{name}-1"] != after[f"{name}-1"]


def test_the_only_pod_of_a_stateful_set_is_not_restarted(restart, stateful, pods):
    name = stateful(replicas=1)
    before = pods(name)
    with pytest.raises(Precondition) as refused:
        restart(workload=f"statefulset/{name}")
    assert "its only ready replica" in refused.value.message
    assert pods(name) == before


def test_row_27_pods_that_wait_for_a_volume_are_not_restarted_again(restart, stateful, client, namespace):
    claim = f"data-{uuid.uuid4().hex[:6]}"
    volume = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]}
    name = stateful(replicas=1, ready=False, pod=volume)
    body = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "none"}
    client.create(CLAIMS, {"metadata": {"name": claim}, "spec": body}, namespace)
    try:
        wait_until(lambda: _unschedulable(client, namespace, f"{name}-0"), 20)
        for again in (False, True):
            with pytest.raises(Precondition) as refused:
                restart(workload=f"statefulset/{name}", restart_again=again)
            assert "A restart does not help" in refused.value.message
            assert claim in refused.value.message
        assert read_record(client.get(STATEFULSETS, name, namespace)) is None
    finally:
        client.delete(CLAIMS, claim, namespace)


def test_row_27_after_a_restart_a_missing_volume_ends_the_wait_without_a_second(restart, stateful, client, namespace):
    name = stateful(replicas=2)
    assert restart(workload=f"statefulset/{name}").changed
    claim = f"gone-{uuid.uuid4().hex[:6]}"
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
    lost = {"spec": {"template": {"spec": {"volumes": volumes}}}}
    client.update(STATEFULSETS, name, namespace, lambda _live: lost, kind="strategic")
    wait_until(lambda: _unschedulable(client, namespace, f"{name}-1"), 20)
    generation = client.get(STATEFULSETS, name, namespace)["metadata"]["generation"]
    with pytest.raises(Precondition) as stuck:
        restart(workload=f"statefulset/{name}", seconds=60)
    assert "cannot become ready" in stuck.value.message
    assert claim in stuck.value.message
    assert client.get(STATEFULSETS, name, namespace)["metadata"]["generation"] == generation


def _unschedulable(client, namespace, pod):
    found = client.find(PODS, pod, namespace)
    conditions = ((found or {}).get("status") or {}).get("conditions") or []
    return any("claim" in (one.get("message") or "").lower() for one in conditions if one["type"] == "PodScheduled")
