"""Scaling a workload on the real control plane, and through a proxy that misbehaves."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Denied,
    Partial,
    Precondition,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.connection import connect
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    DEPLOYMENTS,
    HPAS,
    LEASES,
    PODS,
    QUOTAS,
    STATEFULSETS,
)
from ansible_collections.hotswap.runbooks.plugins.modules.workload_scale import SPEC, run
from fault_proxy import wait_until


@pytest.fixture
def scale(client, namespace, deployment):
    """Call the module's function as Ansible would; options and the client can be replaced."""

    def call(replicas, using=None, seconds=60, check_mode=False, incident="inc-test", **options):
        given = dict.fromkeys(SPEC.argument_spec())
        given |= {"force": False, "takeover": False, "raise_minimum": False, "limit": 20, "replicas": replicas}
        given |= {"namespace": namespace, "workload": f"deployment/{deployment}", **options}
        context = Context(
            deadline=Deadline(seconds),
            check_mode=check_mode,
            incident=incident,
            kubernetes=lambda _options, deadline: (using or client).within(deadline),
        )
        return run(given, context)

    return call


@pytest.fixture
def live(client, namespace, deployment):
    return lambda: client.get(DEPLOYMENTS, deployment, namespace)


@pytest.fixture
def autoscaler(client, namespace, deployment):
    """A HorizontalPodAutoscaler of the Deployment, between 1 and 5; reads it."""
    body = {
        "metadata": {"name": f"{deployment}-auto"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment},
            "minReplicas": 1,
            "maxReplicas": 5,
        },
    }
    client.create(HPAS, body, namespace)
    yield lambda: client.get(HPAS, f"{deployment}-auto", namespace)
    client.delete(HPAS, f"{deployment}-auto", namespace)


@pytest.fixture
def pods_quota(client, namespace):
    """A quota of so many pods for the namespace, its other tests' pods on top."""
    made = []

    def limit(more, **scope):
        # Pods that earlier tests left are counted by the quota until they are gone.
        alive = {
            item["metadata"]["name"] for kind in (DEPLOYMENTS, STATEFULSETS) for item in client.list(kind, namespace)
        }
        wait_until(lambda: all(pod["metadata"]["labels"]["app"] in alive for pod in client.list(PODS, namespace)), 30)
        used = len(client.list(PODS, namespace))
        spec = {"hard": {"pods": str(used + more)}, **scope}
        client.create(QUOTAS, {"metadata": {"name": "pods"}, "spec": spec}, namespace)
        made.append("pods")
        wait_until(lambda: (client.get(QUOTAS, "pods", namespace).get("status") or {}).get("used"), 15)

    yield limit
    for name in made:
        client.delete(QUOTAS, name, namespace)


@pytest.fixture
def database(stateful):
    return stateful(podManagementPolicy="Parallel")


def test_up_and_down_again_with_the_exact_undo(scale, live, deployment, namespace):
    up = scale(3)
    assert up.changed
    assert up.data["replicas"] == {"before": 1, "after": 3}
    assert up.data["rollout"]["done"]
    assert up.undo == f"kubectl -n {namespace} scale deployment/{deployment} --replicas=1"
    record = read_record(live())
    assert (record.incident, record.action, record.previous) == ("inc-test", "scale", {"replicas": 1})
    version = live()["metadata"]["generation"]
    assert not scale(3).changed
    assert live()["metadata"]["generation"] == version
    down = scale(2)
    assert down.changed
    assert live()["status"]["availableReplicas"] == 2


def test_what_holds_already_takes_no_lock(scale, live, client, namespace, deployment):
    before = live()["metadata"]["resourceVersion"]
    assert not scale(1).changed
    assert live()["metadata"]["resourceVersion"] == before
    assert client.find(LEASES, f"runbooks-deployment-{deployment}", namespace) is None


def test_check_mode_says_the_same_and_writes_nothing(scale, live):
    before = live()["metadata"]["resourceVersion"]
    planned = scale(4, check_mode=True)
    assert planned.changed
    assert planned.summary.endswith("from 1 to 4 replicas.")
    assert live()["metadata"]["resourceVersion"] == before


def test_row_2_the_api_server_is_gone_after_the_change(scale, live, through, proxy):
    proxy.next("^PATCH ", meanwhile=lambda: proxy.next("^GET .*deployments", times=99, reset="before"))
    with pytest.raises(Partial):
        scale(2, using=through(), seconds=15)
    assert live()["spec"]["replicas"] == 2
    again = scale(2)
    assert not again.changed
    assert again.data["rollout"]["done"]


def test_rows_3_and_4_a_conflict_is_decided_again(scale, live, through, proxy):
    proxy.next("^PATCH ", times=1, status=409, reason="Conflict", meanwhile=lambda: scale(2))
    outcome = scale(2, using=through())
    assert not outcome.changed
    assert live()["spec"]["replicas"] == 2


def test_row_8_the_missing_right_is_found_before_anything_is_written(scale, admin, live):
    nobody = connect({**admin, "impersonate_user": "somebody"}, Deadline(30))
    with pytest.raises(Denied):
        scale(2, using=nobody)
    assert live()["spec"]["replicas"] == 1


def test_row_20_an_autoscaler_is_not_fought(scale, live, autoscaler):
    before = autoscaler()["metadata"]["resourceVersion"]
    with pytest.raises(Precondition) as refused:
        scale(3)
    assert f"HorizontalPodAutoscaler {autoscaler()['metadata']['name']} (minimum 1, maximum 5)" in refused.value.message
    assert "scale_raise_minimum=true" in refused.value.hint
    assert live()["spec"]["replicas"] == 1
    assert read_record(live()) is None
    assert autoscaler()["spec"]["minReplicas"] == 1
    assert before


def test_row_20_its_minimum_is_raised_instead(scale, live, autoscaler):
    done = scale(3, raise_minimum=True)
    assert done.changed
    assert autoscaler()["spec"]["minReplicas"] == 3
    assert live()["spec"]["replicas"] == 3
    assert live()["status"]["availableReplicas"] == 3
    record = read_record(autoscaler())
    assert (record.action, record.previous) == ("scale", {"minimum": 1})
    assert '{"spec":{"minReplicas":1}}' in done.undo
    assert not scale(3, raise_minimum=True).changed


@pytest.mark.parametrize(("replicas", "said"), [(6, "above the maximum 5"), (1, "is 2 already")])
def test_row_20_a_minimum_is_never_above_the_maximum_and_never_lowered(
    scale, autoscaler, client, namespace, replicas, said
):
    client.update(HPAS, autoscaler()["metadata"]["name"], namespace, lambda _live: {"spec": {"minReplicas": 2}})
    with pytest.raises(Precondition) as refused:
        scale(replicas, raise_minimum=True)
    assert said in refused.value.message
    assert autoscaler()["spec"]["minReplicas"] == 2
    assert read_record(autoscaler()) is None


def test_row_21_zero_is_left_to_maintenance_mode(scale, live):
    with pytest.raises(Precondition) as refused:
        scale(0)
    assert "maintenance.yml" in refused.value.hint
    assert live()["spec"]["replicas"] == 1


def test_less_than_none_is_bad_input(scale, live):
    with pytest.raises(BadInput) as refused:
        scale(-1)
    assert "below zero" in refused.value.message
    assert live()["spec"]["replicas"] == 1


def test_more_than_the_limit_is_raised_on_purpose(scale):
    with pytest.raises(Precondition) as refused:
        scale(21)
    assert "scale_max=21" in refused.value.hint
    assert scale(21, limit=21, check_mode=True).changed


def test_a_quota_without_room_is_told_before_anything_is_changed(scale, live, pods_quota):
    pods_quota(2)
    before = live()["metadata"]["resourceVersion"]
    with pytest.raises(Precondition) as refused:
        scale(4)
    assert "so 2 more can be made" in refused.value.message
    assert "at most 3" in refused.value.hint
    assert live()["metadata"]["resourceVersion"] == before
    assert scale(3).changed


def test_a_quota_that_only_the_server_can_judge_ends_the_wait_with_its_own_words(scale, live, pods_quota):
    pods_quota(1, scopes=["NotTerminating"])
    with pytest.raises(Precondition) as forbidden:
        scale(4, seconds=60)
    assert "exceeded quota: pods" in forbidden.value.message
    assert live()["spec"]["replicas"] == 4
    with pytest.raises(Precondition):
        scale(4, seconds=60)


def test_a_quota_on_a_stateful_set_is_told_too(scale, database, pods_quota):
    pods_quota(0, scopes=["NotTerminating"])
    with pytest.raises(Precondition) as forbidden:
        scale(3, workload=f"statefulset/{database}", seconds=60)
    assert "exceeded quota: pods" in forbidden.value.message


def test_row_19_what_a_tool_owns_needs_force(scale, live, client, namespace, deployment):
    marks = {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}}
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: marks)
    with pytest.raises(Precondition) as refused:
        scale(2)
    assert "belongs to Argo CD" in refused.value.message
    assert live()["spec"]["replicas"] == 1
    assert any("Argo CD" in warning for warning in scale(2, force=True).warnings)


def test_a_rollout_under_way_is_not_scaled_down(scale, live, client, namespace, deployment):
    assert scale(3).changed
    bad = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2-bad"}]}}}}
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: bad, kind="strategic")
    wait_until(lambda: live()["status"].get("updatedReplicas") and live()["status"]["replicas"] > 3, 15)
    with pytest.raises(Precondition) as refused:
        scale(1)
    assert "in the middle of a rollout" in refused.value.message
    assert live()["spec"]["replicas"] == 3


def test_a_stateful_set_keeps_a_ready_pod(scale, database, client, namespace):
    unready = {"metadata": {"annotations": {"sim/ready": "false"}}}
    client.update(PODS, f"{database}-0", namespace, lambda _live: unready)
    wait_until(lambda: client.get(STATEFULSETS, database, namespace)["status"].get("readyReplicas") == 1, 15)
    with pytest.raises(Precondition) as refused:
        scale(1, workload=f"statefulset/{database}")
    assert f"would end every ready pod: {database}-1" in refused.value.message
    assert client.get(STATEFULSETS, database, namespace)["spec"]["replicas"] == 2
