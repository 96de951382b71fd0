"""The CPU and memory of a container, changed on the real control plane."""

from __future__ import annotations

import json
import shlex

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, Denied, NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import resources_change
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import fingerprint, read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    DEPLOYMENTS,
    LEASES,
    LIMIT_RANGES,
    NAMESPACES,
    QUOTAS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import rollout_status
from ansible_collections.hotswap.runbooks.plugins.modules.workload_resources import SPEC, run
from fault_proxy import wait_until


@pytest.fixture
def give(client, namespace, deployment):
    """Call the module's function as Ansible would; options and the client can be replaced."""

    def call(using=None, seconds=60, check_mode=False, said=None, **options):
        given = dict.fromkeys(SPEC.argument_spec())
        target = {"namespace": namespace, "workload": f"deployment/{deployment}"}
        given |= {**target, "force": False, "takeover": False, **options}
        context = Context(
            deadline=Deadline(seconds),
            check_mode=check_mode,
            incident="inc-test",
            progress=(said if said is not None else []).append,
            kubernetes=lambda _options, deadline: (using or client).within(deadline),
        )
        return run(given, context)

    return call


@pytest.fixture
def live(client, namespace, deployment):
    return lambda: client.get(DEPLOYMENTS, deployment, namespace)


@pytest.fixture
def limited(client, namespace):
    """Put a quota or a limit range into the namespace; it is gone after the test."""
    made = []

    def put(resource, name, spec):
        client.create(resource, {"metadata": {"name": name}, "spec": spec}, namespace)
        made.append((resource, name))
        if resource == QUOTAS:
            wait_until(lambda: (client.get(QUOTAS, name, namespace).get("status") or {}).get("hard"), 30)

    yield put
    for resource, name in made:
        client.delete(resource, name, namespace)


def resources(item):
    return item["spec"]["template"]["spec"]["containers"][0].get("resources") or {}


def test_a_raised_limit_is_rolled_out_recorded_and_a_second_run_changes_nothing(give, live):
    first = give(memory_limit="512Mi", memory_request="256Mi")
    assert first.changed
    assert "memory limit from none to 512Mi" in first.summary
    assert "QoS class changes from BestEffort to Burstable" in first.summary
    assert first.data["rollout"]["done"]
    after = live()
    assert resources(after) == {"limits": {"memory": "512Mi"}, "requests": {"memory": "256Mi"}}
    record = read_record(after)
    assert (record.incident, record.action) == ("inc-test", "resources")
    assert record.previous == {"container": "web", "resources": {}}
    assert record.after == fingerprint(resources_change.state(after))
    again = give(memory_limit="512Mi", memory_request="0.25Gi")
    assert not again.changed
    assert live()["metadata"]["generation"] == after["metadata"]["generation"]


def test_only_the_given_value_changes_and_the_undo_puts_it_back(give, live, client, namespace, deployment):
    give(memory_limit="512Mi", cpu_request="100m")
    raised = give(memory_limit="1Gi")
    assert resources(live()) == {"limits": {"memory": "1Gi"}, "requests": {"cpu": "100m"}}
    assert raised.undo.endswith("-c=web --limits=memory=512Mi")
    give(memory_limit="512Mi")
    patch = shlex.split(give(cpu_limit="1").undo)
    body = json.loads(patch[-1])
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: body, kind="json")
    assert resources(live()) == {"limits": {"memory": "512Mi"}, "requests": {"cpu": "100m"}}


def test_check_mode_says_the_same_and_writes_nothing(give, live, client, namespace, deployment):
    before = live()["metadata"]["resourceVersion"]
    planned = give(check_mode=True, memory_limit="512Mi")
    assert planned.changed
    assert planned.summary.startswith("Would change container web of deployment/")
    assert planned.after["resources"] == {"limits": {"memory": "512Mi"}}
    assert live()["metadata"]["resourceVersion"] == before
    assert client.find(LEASES, f"runbooks-deployment-{deployment}", namespace) is None


def test_bad_input_is_refused_before_anything_is_asked(give, live):
    before = live()["metadata"]["resourceVersion"]
    with pytest.raises(BadInput) as refused:
        give(memory_limit="4GB")
    assert "Did you mean 4Gi" in refused.value.hint
    with pytest.raises(NotFound) as unknown:
        give(container="wep", memory_limit="1Gi")
    assert "There is: web." in unknown.value.hint
    assert live()["metadata"]["resourceVersion"] == before


def test_row_23_a_quota_that_is_too_small_is_told_before_the_change(give, live, limited):
    give(memory_limit="512Mi")
    limited(QUOTAS, "team", {"hard": {"limits.memory": "2Gi"}})
    before = live()["metadata"]["resourceVersion"]
    with pytest.raises(Precondition) as refused:
        give(memory_limit="3Gi")
    assert "quota team allows 2Gi of limits.memory, 512Mi is used" in refused.value.message
    assert live()["metadata"]["resourceVersion"] == before


def test_row_23_a_limit_range_and_the_nodes_are_told_in_one_message(give, live, limited):
    limited(LIMIT_RANGES, "bounds", {"limits": [{"type": "Container", "max": {"memory": "1Gi"}}]})
    before = live()["metadata"]["resourceVersion"]
    with pytest.raises(Precondition) as refused:
        give(memory_limit="64Gi")
    assert "above the maximum of 1Gi in limit range bounds" in refused.value.message
    assert "the largest node has" in refused.value.message
    assert live()["metadata"]["resourceVersion"] == before


def test_row_23_what_only_the_servers_admission_knows_is_shown_in_its_own_words(give, live, limited):
    limited(LIMIT_RANGES, "pods", {"limits": [{"type": "Pod", "max": {"memory": "1Gi"}}]})
    before = live()["metadata"]["resourceVersion"]
    with pytest.raises(Denied) as refused:
        give(memory_limit="2Gi")
    assert "maximum memory usage per Pod is 1Gi" in refused.value.message
    assert live()["metadata"]["resourceVersion"] == before


def test_row_8_who_may_not_change_it_is_told_what_is_missing(give, nobody):
    with pytest.raises(Denied) as refused:
        give(using=nobody, memory_limit="1Gi")
    assert "deployments" in refused.value.message


def test_row_19_what_a_tool_owns_needs_force(give, live, client, namespace, deployment):
    marks = {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}}
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: marks)
    with pytest.raises(Precondition) as refused:
        give(memory_limit="1Gi")
    assert "belongs to Argo CD" in refused.value.message
    assert resources(live()) == {}
    assert give(memory_limit="1Gi", force=True).changed


def test_row_3_a_conflict_is_read_and_decided_again(give, live, through, proxy):
    proxy.next("^PATCH ", times=2, status=409, reason="Conflict")
    assert give(using=through(), memory_limit="1Gi").changed
    assert resources(live()) == {"limits": {"memory": "1Gi"}}


def test_a_run_that_ended_after_its_write_is_only_watched_to_the_end(give, live, through, proxy):
    proxy.next("^PATCH ", meanwhile=lambda: proxy.next("^GET .*deployments", times=99, reset="before"))
    with pytest.raises(Exception, match="could not be watched"):
        give(using=through(), memory_limit="1Gi", seconds=20)
    generation = live()["metadata"]["generation"]
    again = give(memory_limit="1Gi")
    assert not again.changed
    assert again.data["rollout"]["done"]
    assert live()["metadata"]["generation"] == generation


def test_the_namespace_that_does_not_exist_is_answered_with_the_nearest(give, client, namespace):
    assert client.get(NAMESPACES, namespace)
    with pytest.raises(NotFound) as refused:
        give(namespace=f"{namespace}x", memory_limit="1Gi")
    assert namespace in refused.value.hint


def test_the_rollout_is_complete_when_it_says_so(give, live):
    give(memory_limit="512Mi")
    assert rollout_status(live()).done
