"""What was seen of a change is what is made of it: anything else is refused, whatever happened in between."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import execute
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    SERVICES,
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
def call(client, namespace, deployment):
    """A module as Ansible runs it; what Ansible gets of it."""

    def run(module, check_mode=False, **options):
        given = {name: option.get("default") for name, option in module.SPEC.argument_spec().items()}
        given |= {"namespace": namespace, "incident": f"inc-{deployment}", "deadline": 60.0}
        if module is not undo:
            given["workload"] = f"deployment/{deployment}"
        result = execute(
            module.run,
            {**given, **options},
            diff=False,
            verbosity=0,
            check_mode=check_mode,
            kubernetes=lambda _options, deadline: client.within(deadline),
        )
        assert not result.get("failed") or result["error_class"] == "precondition", result
        return result

    return run


@pytest.fixture
def live(client, namespace, deployment):
    return lambda: client.get(DEPLOYMENTS, deployment, namespace)


@pytest.fixture
def shape(client, namespace, deployment, live):
    """Somebody else changes the Deployment."""

    def change(**spec):
        _before, after = client.update(
            DEPLOYMENTS, deployment, namespace, lambda _live: {"spec": spec}, kind="strategic"
        )
        generation = after["metadata"]["generation"]
        wait_until(
            lambda: live()["status"].get("observedGeneration", 0) >= generation and rollout_status(live()).done, 30
        )

    return change


def image(name):
    return {"template": {"spec": {"containers": [{"name": "web", "image": name}]}}}


@pytest.fixture
def world(client, namespace, deployment, shape):
    """Two releases, a ConfigMap that is read, and a Service in front."""
    data = {"LEVEL": "info"}
    client.create(CONFIG_MAPS, {"metadata": {"name": deployment}, "data": data}, namespace)
    spec = {"selector": {"app": deployment}, "ports": [{"port": 80, "targetPort": 8080}]}
    client.create(SERVICES, {"metadata": {"name": deployment}, "spec": spec}, namespace)
    read = [{"configMapRef": {"name": deployment}}]
    shape(replicas=2, template={"spec": {"containers": [{"name": "web", "envFrom": read}]}})
    shape(**image("web:2"))
    yield
    client.delete(SERVICES, deployment, namespace)
    client.delete(CONFIG_MAPS, deployment, namespace)
    for kind in (DEPLOYMENTS, CONFIG_MAPS):
        client.delete(kind, f"{deployment}-maintenance", namespace)


CHANGES = {
    "rollback": (workload_rollback, {}),
    "restart": (workload_restart, {}),
    "scale": (workload_scale, {"replicas": 3}),
    "resources": (workload_resources, {"memory_limit": "1Gi"}),
    "config": (config_key, {"key": "LEVEL", "value": "debug"}),
    "maintenance": (workload_maintenance, {"state": "on", "reason": "a test"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_plan_that_still_holds_is_carried_out(call, live, world, name):
    module, options = CHANGES[name]
    planned = call(module, check_mode=True, **options)
    assert planned["planned"]
    again = call(module, check_mode=True, **options)
    assert again["planned"] == planned["planned"], "the same state makes the same plan"
    done = call(module, planned=planned["planned"], **options)
    assert done["changed"], done
    held = call(module, check_mode=True, **options)
    assert held["planned"] == []
    assert not call(module, planned=held["planned"], **options).get("failed")


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_never_seen_is_not_done(call, live, client, namespace, deployment, world, name):
    module, options = CHANGES[name]
    before = live()["metadata"]["generation"]
    for planned in ([], ["0123456789abcdef"]):
        refused = call(module, planned=planned, **options)
        assert refused["failed"], refused
        assert "is not as it was when this was planned" in refused["msg"]
        assert "Run it again to see what it would do now." in refused["msg"]
    assert live()["metadata"]["generation"] == before
    assert client.find(DEPLOYMENTS, f"{deployment}-maintenance", namespace) is None


def test_a_scale_that_was_seen_as_up_is_not_made_as_down(call, live, world, shape):
    planned = call(workload_scale, check_mode=True, replicas=3)
    shape(replicas=5)
    refused = call(workload_scale, planned=planned["planned"], replicas=3)
    assert refused["failed"]
    assert live()["spec"]["replicas"] == 5


def test_a_limit_that_somebody_raised_further_is_not_lowered(call, live, world, shape):
    planned = call(workload_resources, check_mode=True, memory_limit="512Mi")
    limits = {"limits": {"memory": "2Gi"}}
    shape(template={"spec": {"containers": [{"name": "web", "resources": limits}]}})
    refused = call(workload_resources, planned=planned["planned"], memory_limit="512Mi")
    assert refused["failed"]
    assert live()["spec"]["template"]["spec"]["containers"][0]["resources"] == limits


def test_a_release_that_somebody_brought_back_is_not_left_again(call, live, world, shape):
    """The way back is always from where one stands: the same words would lead on to the next older release."""
    planned = call(workload_rollback, check_mode=True)
    shape(**image("web:1"))
    refused = call(workload_rollback, planned=planned["planned"])
    assert refused["failed"], refused
    assert live()["spec"]["template"]["spec"]["containers"][0]["image"] == "web:1"


def test_an_undo_that_was_seen_as_nothing_to_do_does_nothing(call, live, world):
    call(workload_scale, replicas=3)
    refused = call(undo, planned=[])
    assert refused["failed"]
    assert live()["spec"]["replicas"] == 3
    planned = call(undo, check_mode=True)
    assert call(undo, planned=planned["planned"])["changed"]
    assert live()["spec"]["replicas"] == 2


def test_something_else_on_the_object_does_not_spoil_the_plan(call, live, client, namespace, deployment, world):
    planned = call(workload_scale, check_mode=True, replicas=3)
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: {"metadata": {"annotations": {"a": "b"}}})
    assert call(workload_scale, planned=planned["planned"], replicas=3)["changed"]
