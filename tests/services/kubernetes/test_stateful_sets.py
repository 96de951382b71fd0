"""A StatefulSet through the changes that are otherwise proved on a Deployment, and back by undoing its incident."""

from __future__ import annotations

import json

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.pods import reason
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    PODS,
    SERVICES,
    STATEFULSETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import rollout_status
from ansible_collections.hotswap.runbooks.plugins.modules import (
    config_key,
    undo,
    workload_maintenance,
    workload_resources,
    workload_restart,
    workload_rollback,
    workload_scale,
)
from fault_proxy import wait_until


@pytest.fixture
def database(client, namespace, stateful):
    """The name of a StatefulSet, of the ConfigMap that it reads, and of the Service that leads to it."""
    name = stateful()
    data = {"settings.json": '{"max_connections": 100}'}
    client.create(CONFIG_MAPS, {"metadata": {"name": name}, "data": data}, namespace)
    spec = {"selector": {"app": name}, "ports": [{"port": 5432, "targetPort": 5432}]}
    client.create(SERVICES, {"metadata": {"name": name}, "spec": spec}, namespace)
    container = {"name": "db", "envFrom": [{"configMapRef": {"name": name}}]}
    roll_out(client, namespace, name, container)
    yield name
    client.delete(SERVICES, name, namespace)
    client.delete(CONFIG_MAPS, name, namespace)
    for kind in (DEPLOYMENTS, CONFIG_MAPS):
        client.delete(kind, f"{name}-maintenance", namespace)


def roll_out(client, namespace, name, container):
    body = {"spec": {"template": {"spec": {"containers": [container]}}}}
    _before, after = client.update(STATEFULSETS, name, namespace, lambda _live: body, kind="strategic")

    def done():
        live = client.get(STATEFULSETS, name, namespace)
        seen = live["status"].get("observedGeneration", 0) >= after["metadata"]["generation"]
        return seen and rollout_status(live).done

    wait_until(done, 30)


@pytest.fixture
def call(client, namespace, database):
    def run(module, check_mode=False, **options):
        given = {name: option.get("default") for name, option in module.SPEC.argument_spec().items()}
        given |= {"namespace": namespace, "incident": f"inc-{database}"}
        if module is not undo:
            given["workload"] = f"statefulset/{database}"
        context = Context(
            deadline=Deadline(60),
            check_mode=check_mode,
            incident=f"inc-{database}",
            kubernetes=lambda _options, deadline: client.within(deadline),
        )
        return module.run({**given, **options}, context)

    return run


@pytest.fixture
def live(client, namespace, database):
    return lambda: client.get(STATEFULSETS, database, namespace)


def container(item):
    return item["spec"]["template"]["spec"]["containers"][0]


def twice(call, module, **options):
    """The first run changes it, after a plan that says the same; the second changes nothing."""
    planned = call(module, check_mode=True, **options)
    assert planned.changed
    done = call(module, **options)
    assert done.changed
    assert done.summary.split()[1:4] == planned.summary.removeprefix("Would ").split()[1:4]
    assert not call(module, **options).changed
    return done


def test_its_resources_are_raised_and_the_incident_is_undone(call, live):
    done = twice(call, workload_resources, memory_limit="2Gi")
    assert done.data["rollout"]["done"]
    assert container(live())["resources"] == {"limits": {"memory": "2Gi"}}
    assert call(undo).changed
    assert "limits" not in (container(live()).get("resources") or {})
    assert rollout_status(live()).done
    assert not call(undo).changed


def test_its_only_ready_pod_is_not_taken_for_new_resources(call, live, client, namespace, database):
    client.update(STATEFULSETS, database, namespace, lambda _live: {"spec": {"replicas": 1}})
    wait_until(lambda: live()["status"].get("replicas") == 1, 30)
    before = live()["metadata"]["generation"]
    with pytest.raises(Precondition) as refused:
        call(workload_resources, memory_limit="2Gi")
    assert "would take its only ready replica away" in refused.value.message
    assert live()["metadata"]["generation"] == before


def test_its_configuration_is_changed_with_one_restart_and_undone_with_one(call, live, client, namespace, database):
    wish = {"key": "settings.json", "path": "max_connections", "value": "300"}

    def settings():
        return json.loads(client.get(CONFIG_MAPS, database, namespace)["data"]["settings.json"])

    generation = live()["metadata"]["generation"]
    assert twice(call, config_key, **wish).data["restarted"]
    assert settings() == {"max_connections": 300}
    assert live()["metadata"]["generation"] == generation + 1
    assert call(undo).changed
    assert settings() == {"max_connections": 100}
    assert live()["metadata"]["generation"] == generation + 2
    assert not call(undo).changed


def test_a_bad_release_of_it_is_left_and_comes_back_by_undoing(call, live, client, namespace, database):
    roll_out(client, namespace, database, {"name": "db", "image": "db:2"})
    twice(call, workload_rollback)
    assert container(live())["image"] == "db:1"
    assert call(undo).changed
    assert container(live())["image"] == "db:2"


def test_a_broken_pod_that_its_controller_would_keep_for_ever_is_named_and_goes_by_a_restart(
    call, live, client, namespace, database
):
    """The template is back, but a pod that never became ready is not replaced; waiting does not help."""
    body = {"spec": {"template": {"spec": {"containers": [{"name": "db", "image": "db:2-bad"}]}}}}
    client.update(STATEFULSETS, database, namespace, lambda _live: body, kind="strategic")
    wait_until(lambda: crash_loops(client, namespace, f"{database}-1"), 30)
    with pytest.raises(Precondition) as held:
        call(workload_rollback)
    assert f"pod {database}-1 still runs what was before and is in CrashLoopBackOff" in held.value.message
    assert f"restart.yml -e restart_pod={database}-1" in held.value.hint
    assert container(live())["image"] == "db:1"
    assert call(workload_restart, pod=f"{database}-1").changed
    again = call(workload_rollback)
    assert not again.changed
    assert again.data["rollout"]["done"]


def crash_loops(client, namespace, name):
    pod = client.find(PODS, name, namespace) or {}
    return reason(pod).reason == "CrashLoopBackOff" if pod else False


def test_it_goes_into_maintenance_and_back_exactly(call, live, client, namespace, database):
    def leads_to():
        return client.get(SERVICES, database, namespace)["spec"]["selector"]

    template = live()["spec"]["template"]
    twice(call, workload_maintenance, state="on", reason="its volume is moved")
    assert live()["spec"]["replicas"] == 0
    assert leads_to() == {"runbooks.hotswap/maintenance-page": database}
    twice(call, workload_maintenance, state="off")
    assert live()["spec"]["replicas"] == 2
    assert live()["status"]["readyReplicas"] == 2
    assert live()["spec"]["template"] == template
    assert leads_to() == {"app": database}
    assert client.find(DEPLOYMENTS, f"{database}-maintenance", namespace) is None


def test_maintenance_of_it_is_undone_with_the_incident(call, live, client, namespace, database):
    call(workload_maintenance, state="on", reason="its volume is moved")
    assert call(undo).changed
    assert live()["spec"]["replicas"] == 2
    assert client.get(SERVICES, database, namespace)["spec"]["selector"] == {"app": database}
    assert client.find(DEPLOYMENTS, f"{database}-maintenance", namespace) is None


def test_several_changes_of_it_are_undone_in_reverse_order(call, live):
    call(workload_scale, replicas=3)
    call(workload_resources, cpu_request="100m")
    call(workload_scale, replicas=4)
    done = call(undo)
    assert [step.split(" of ")[0] for step in done.data["steps"]] == [
        "Undo the scale",
        "Undo the resources",
        "Undo the scale",
    ]
    assert live()["spec"]["replicas"] == 2
    assert "requests" not in (container(live()).get("resources") or {})
