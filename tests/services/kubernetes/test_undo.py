"""Undoing an incident on the real control plane, from the records that the other modules leave."""

from __future__ import annotations

import json
from itertools import groupby

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
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    HPAS,
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

WRITE = r"^(POST|PATCH|PUT|DELETE) (?!.*(dryRun|selfsubject|leases))"


@pytest.fixture
def incident(deployment):
    """The namespace is shared by all tests: each has an incident of its own."""
    return f"inc-{deployment}"


@pytest.fixture
def call(client, namespace, incident):
    def run(module, using=None, seconds=60, check_mode=False, writes=None, of=None, **options):
        given = {name: option.get("default") for name, option in module.SPEC.argument_spec().items()}
        given |= {"namespace": namespace, "incident": of or incident, **options}
        left = iter([False] * writes) if writes is not None else None
        context = Context(
            deadline=Deadline(seconds),
            check_mode=check_mode,
            incident=of or incident,
            interrupted=lambda: next(left, True) if left is not None else False,
            kubernetes=lambda _options, deadline: (using or client).within(deadline),
        )
        return module.run(given, context)

    return run


@pytest.fixture
def change(call, deployment):
    """Make a change with one of the modules."""
    return lambda module, **options: call(module, workload=f"deployment/{deployment}", **options)


@pytest.fixture
def live(client, namespace, deployment):
    return lambda: client.get(DEPLOYMENTS, deployment, namespace)


@pytest.fixture
def release(client, namespace, deployment, live):
    def deploy(image):
        template = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}}
        _before, after = client.update(DEPLOYMENTS, deployment, namespace, lambda _live: template, kind="strategic")
        wait_until(lambda: (live().get("status") or {}).get("observedGeneration", 0) >= after["metadata"]["generation"])
        wait_until(lambda: rollout_status(live()).done, 30)

    return deploy


@pytest.fixture
def settings(client, namespace, deployment, release):
    """A ConfigMap that the Deployment reads."""
    data = {"appsettings.json": '{"MaxPoolSize": 20}'}
    client.create(CONFIG_MAPS, {"metadata": {"name": deployment}, "data": data}, namespace)
    container = {"name": "web", "image": "web:1", "envFrom": [{"configMapRef": {"name": deployment}}]}
    body = {"spec": {"template": {"spec": {"containers": [container]}}}}
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: body, kind="strategic")
    release("web:1")
    yield lambda: json.loads(client.get(CONFIG_MAPS, deployment, namespace)["data"]["appsettings.json"])
    client.delete(CONFIG_MAPS, deployment, namespace)


@pytest.fixture
def service(client, namespace, deployment):
    spec = {"selector": {"app": deployment}, "ports": [{"port": 80, "targetPort": 8080}]}
    client.create(SERVICES, {"metadata": {"name": deployment}, "spec": spec}, namespace)
    yield lambda: client.get(SERVICES, deployment, namespace)["spec"]["selector"]
    client.delete(SERVICES, deployment, namespace)
    for kind in (DEPLOYMENTS, CONFIG_MAPS):
        client.delete(kind, f"{deployment}-maintenance", namespace)


def image(item):
    return item["spec"]["template"]["spec"]["containers"][0]["image"]


def memory(item):
    return item["spec"]["template"]["spec"]["containers"][0].get("resources")


def annotations(item):
    return item["metadata"]["annotations"]


def written(proxy):
    """What was written to; a write that met a conflict is followed by its repetition and counts once."""
    return [key for key, _tries in groupby(request.split("?")[0].rsplit("/", 2)[-2:] for request in proxy.seen(WRITE))]


def test_several_changes_of_one_workload_are_undone_in_reverse_order(change, call, live, release, incident):
    release("web:2")
    change(workload_rollback)
    change(workload_scale, replicas=2)
    change(workload_resources, memory_limit="256Mi", memory_request="128Mi")
    change(workload_restart)
    assert image(live()) == "web:1"
    outcome = call(undo)
    assert outcome.changed
    assert [step.split(" of ")[0] for step in outcome.data["steps"]] == [
        "Take the restart",
        "Undo the resources",
        "Undo the scale",
        "Undo the rollback",
    ]
    item = live()
    assert (image(item), item["spec"]["replicas"], memory(item)) == ("web:2", 1, {})
    assert "runbooks.hotswap/previous" not in annotations(item)
    marks = json.loads(annotations(item)["runbooks.hotswap/undone"])
    assert {mark["incident"] for mark in marks} == {incident}
    assert rollout_status(item).done


def test_the_second_run_changes_nothing(change, call, through, proxy):
    change(workload_scale, replicas=2)
    call(undo)
    again = call(undo, using=through())
    assert not again.changed
    assert "undone already" in again.summary
    assert written(proxy) == []


def test_check_mode_lists_every_step_and_writes_nothing(change, call, live, through, proxy):
    change(workload_scale, replicas=2)
    change(workload_resources, memory_limit="256Mi", memory_request="128Mi")
    before = live()["metadata"]["generation"]
    planned = call(undo, using=through(), check_mode=True)
    assert planned.changed
    assert len(planned.data["steps"]) == 2
    assert "replicas back to 1" in planned.summary
    assert written(proxy) == []
    assert live()["metadata"]["generation"] == before


def test_what_somebody_has_changed_since_is_refused_with_who_and_overwriting_puts_it_back(
    change, call, live, client, namespace, deployment, incident
):
    change(workload_scale, replicas=2)
    change(workload_resources, memory_limit="256Mi", memory_request="128Mi")
    person = client.get(DEPLOYMENTS, deployment, namespace)
    person["spec"]["replicas"] = 3
    del person["metadata"]["resourceVersion"]
    client.transport.call(as_kubectl(namespace, deployment, person))
    before = live()["metadata"]["generation"]
    with pytest.raises(Precondition) as refused:
        call(undo)
    assert f"deployment/{deployment} was changed by kubectl-edit at 20" in refused.value.message
    assert f"since the scale of incident {incident}" in refused.value.message
    assert live()["metadata"]["generation"] == before
    call(undo, overwrite=True)
    assert live()["spec"]["replicas"] == 1


def as_kubectl(namespace, name, body):
    from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.request import Request

    return Request("update", DEPLOYMENTS, namespace, name, query={"fieldManager": "kubectl-edit"}, body=body)


def test_another_incident_s_change_on_top_is_named_or_left_alone(change, call, live, deployment):
    change(workload_scale, replicas=2)
    change(workload_resources, of="inc-other", takeover=True, memory_limit="256Mi", memory_request="128Mi")
    call(undo, takeover=True)
    assert live()["spec"]["replicas"] == 1
    assert memory(live())["limits"] == {"memory": "256Mi"}
    assert annotations(live())["runbooks.hotswap/incident"] == "inc-other"
    change(workload_resources, of="inc-third", takeover=True, memory_limit="512Mi")
    with pytest.raises(Precondition, match=r"incident inc-third \(resources\)"):
        call(undo, of="inc-other", takeover=True)


def test_an_unknown_incident_lists_those_that_stand(change, call, incident):
    change(workload_scale, replicas=2)
    with pytest.raises(NotFound) as refused:
        call(undo, of="inc-never")
    assert f"{incident} (1 change)" in refused.value.hint


@pytest.mark.parametrize("given", ["", "  "])
def test_an_empty_incident_is_refused(call, given):
    with pytest.raises(BadInput, match="No incident"):
        call(undo, incident=given)


def test_a_restart_leaves_nothing_to_restore_and_restarts_no_more(change, call, live):
    change(workload_restart)
    before = live()["spec"]["template"]
    assert call(undo).changed
    assert live()["spec"]["template"] == before


def test_maintenance_is_undone_and_the_page_is_removed(change, call, live, service, client, namespace, deployment):
    change(workload_scale, replicas=2)
    change(workload_maintenance, state="on", reason="a test")
    assert call(undo).changed
    assert live()["spec"]["replicas"] == 1
    assert service() == {"app": deployment}
    assert client.find(DEPLOYMENTS, f"{deployment}-maintenance", namespace) is None
    assert client.find(CONFIG_MAPS, f"{deployment}-maintenance", namespace) is None


def test_an_incident_whose_maintenance_has_ended_has_nothing_left(change, call, service):
    change(workload_maintenance, state="on", reason="a test")
    change(workload_maintenance, state="off")
    assert not call(undo).changed


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_killed_between_two_writes_the_next_run_makes_each_undoing_once(
    change, call, live, service, through, proxy, deployment, writes
):
    change(workload_maintenance, state="on", reason="a test")
    with pytest.raises(Precondition, match="interrupted"):
        call(undo, using=through(), writes=writes)
    assert len(written(proxy)) <= writes
    assert call(undo, using=through()).changed
    name = f"{deployment}-maintenance"
    assert written(proxy) == [
        ["deployments", deployment],
        ["services", deployment],
        ["deployments", name],
        ["configmaps", name],
    ]
    assert (live()["spec"]["replicas"], service()) == (1, {"app": deployment})


@pytest.mark.parametrize("writes", [None, 0, 1])
def test_a_configuration_is_put_back_and_the_workload_restarted_once(
    change, call, live, settings, through, proxy, deployment, writes
):
    change(config_key, config_map=deployment, key="appsettings.json", path="MaxPoolSize", value=200)
    assert settings() == {"MaxPoolSize": 200}
    before = live()["metadata"]["generation"]
    if writes is not None:
        with pytest.raises(Precondition, match="interrupted"):
            call(undo, using=through(), writes=writes)
    outcome = call(undo, using=through())
    assert outcome.changed
    assert settings() == {"MaxPoolSize": 20}
    assert live()["metadata"]["generation"] == before + 1
    assert written(proxy) == [["configmaps", deployment], ["deployments", deployment]]
    assert not call(undo).changed
    assert live()["metadata"]["generation"] == before + 1


def test_the_minimum_of_an_autoscaler_is_put_back(change, call, client, namespace, deployment):
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 5}
    client.create(HPAS, {"metadata": {"name": deployment}, "spec": spec}, namespace)
    try:
        change(workload_scale, replicas=2, raise_minimum=True)
        assert client.get(HPAS, deployment, namespace)["spec"]["minReplicas"] == 2
        assert call(undo).changed
        assert client.get(HPAS, deployment, namespace)["spec"]["minReplicas"] == 1
    finally:
        client.delete(HPAS, deployment, namespace)


def test_row_2_gone_after_the_write_the_next_run_only_looks(change, call, live, through, proxy):
    change(workload_scale, replicas=2)
    proxy.next("^PATCH .*deployments", meanwhile=lambda: proxy.next("^GET ", times=99, reset="before"))
    with pytest.raises(Partial, match="could not be watched"):
        call(undo, using=through(), seconds=20)
    assert live()["spec"]["replicas"] == 1
    assert not call(undo).changed


def test_row_3_and_5_conflicts_and_throttling_are_sat_out(change, call, live, through, proxy):
    change(workload_scale, replicas=2)
    proxy.next("^PATCH ", times=1, status=409, reason="Conflict")
    proxy.next("^PATCH ", times=1, status=429, reason="TooManyRequests", headers={"Retry-After": "1"})
    assert call(undo, using=through()).changed
    assert live()["spec"]["replicas"] == 1


def test_row_4_another_run_undoes_it_at_the_same_moment(change, call, live, through, proxy):
    change(workload_scale, replicas=2)
    proxy.next("^PATCH ", status=409, reason="Conflict", meanwhile=lambda: call(undo))
    call(undo, using=through())
    assert live()["spec"]["replicas"] == 1
    assert len(json.loads(annotations(live())["runbooks.hotswap/undone"])) == 1


def test_row_8_without_rights_nothing_is_undone(change, call, nobody, live):
    change(workload_scale, replicas=2)
    with pytest.raises(Denied):
        call(undo, using=nobody)
    assert live()["spec"]["replicas"] == 2


def test_row_9_and_10_the_wrong_place_is_refused(call):
    with pytest.raises(NotFound):
        call(undo, namespace="no-such-place")
    with pytest.raises(Precondition, match="not the expected"):
        call(undo, cluster="production.example.com")


def test_row_17_a_paused_workload_is_refused_before_anything_is_undone(
    change, call, live, client, namespace, deployment
):
    change(workload_resources, memory_limit="256Mi", memory_request="128Mi")
    change(workload_scale, replicas=2)
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: {"spec": {"paused": True}})
    with pytest.raises(Precondition, match="paused"):
        call(undo)
    assert live()["spec"]["replicas"] == 2


def test_row_66_another_incident_s_lock_is_respected(change, call, live, deployment):
    change(workload_scale, replicas=2)
    change(workload_restart, of="inc-other", takeover=True)
    with pytest.raises((Precondition, Conflict), match="locked by incident inc-other"):
        call(undo)
    assert live()["spec"]["replicas"] == 2


def test_what_crashes_while_half_undone_does_not_keep_the_rest_from_being_undone(
    change, call, live, settings, client, namespace, deployment, release
):
    """The wrong configuration makes the pods crash until it is back: waiting for them in between would never end."""
    change(config_key, key="appsettings.json", path="MaxPoolSize", value="30")
    change(workload_resources, memory_limit="256Mi")
    crash = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2-bad"}]}}}}
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: crash, kind="strategic")
    with pytest.raises(Precondition, match=r"stuck|cannot start"):
        call(undo, overwrite=True)
    assert settings() == {"MaxPoolSize": 20}
    assert not memory(live())
    release("web:1")
    again = call(undo)
    assert not again.changed
    assert "undone already" in again.summary
