"""One key of a ConfigMap and the restart it takes, on the real control plane."""

from __future__ import annotations

import json

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Denied,
    NotFound,
    Precondition,
    RunbookError,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import config
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import fingerprint, read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    LEASES,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import rollout_status
from ansible_collections.hotswap.runbooks.plugins.modules.config_key import SPEC, run
from fault_proxy import wait_until

SETTINGS = '{\n  "Database": {"MaxPoolSize": 20},\n  "HttpClientTimeout": 10000\n}\n'
POOL = {"path": "Database:MaxPoolSize", "value": "200"}


@pytest.fixture
def config_map(client, namespace, deployment):
    """A ConfigMap that the Deployment mounts; its name."""
    name = f"{deployment}-config"
    client.create(CONFIG_MAPS, {"metadata": {"name": name}, "data": {"appsettings.json": SETTINGS}}, namespace)
    pod = {
        "volumes": [{"name": "config", "configMap": {"name": name}}],
        "containers": [{"name": "web", "volumeMounts": [{"name": "config", "mountPath": "/app"}]}],
    }
    body = {"spec": {"template": {"spec": pod}}}
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: body, kind="strategic")
    wait_until(lambda: rollout_status(client.get(DEPLOYMENTS, deployment, namespace)).done, 30)
    yield name
    client.delete(CONFIG_MAPS, name, namespace)


@pytest.fixture
def put(client, namespace, deployment, config_map):
    """Call the module's function as Ansible would; options and the client can be replaced."""

    def call(using=None, seconds=60, check_mode=False, interrupted=bool, incident="inc-test", **options):
        given = dict.fromkeys(SPEC.argument_spec())
        given |= {"namespace": namespace, "workload": f"deployment/{deployment}", "force": False, "takeover": False}
        given |= {"key": "appsettings.json", "type": "same", "create": False, "state": "present", **options}
        context = Context(
            deadline=Deadline(seconds),
            check_mode=check_mode,
            incident=incident,
            interrupted=interrupted,
            kubernetes=lambda _options, deadline: (using or client).within(deadline),
        )
        return run(given, context)

    return call


@pytest.fixture
def live(client, namespace, deployment, config_map):
    """The ConfigMap and the Deployment as they are."""
    return lambda: (client.get(CONFIG_MAPS, config_map, namespace), client.get(DEPLOYMENTS, deployment, namespace))


def settings(item):
    return item["data"]["appsettings.json"]


def test_a_value_is_changed_recorded_and_the_pods_restarted_once(put, live):
    _config, before = live()
    first = put(**POOL)
    assert first.changed
    assert "from 20 to 200, and restarted deployment/" in first.summary
    assert first.data["document_diff"][-5:][0].startswith(" {")
    kept, app = live()
    assert settings(kept) == SETTINGS.replace("20}", "200}")
    record = read_record(kept)
    assert (record.incident, record.action) == ("inc-test", "config")
    assert record.previous == {"key": "appsettings.json", "keys": ["Database", "MaxPoolSize"], "raw": "20"}
    assert record.after == fingerprint(config.state(kept))
    assert app["metadata"]["generation"] == before["metadata"]["generation"] + 1
    assert first.data["rollout"]["done"]

    again = put(**POOL)
    assert not again.changed
    assert live()[0]["metadata"]["resourceVersion"] == kept["metadata"]["resourceVersion"]
    assert live()[1]["metadata"]["generation"] == app["metadata"]["generation"]


def test_the_inverse_puts_back_exactly_what_was_and_restarts_for_it(put, live):
    done = put(path="Features:Canary", value="true", create=True)
    inverse = {name.removeprefix("config_"): value for name, value in done.data["inverse"].items()}
    inverse["config_map"] = inverse.pop("map")
    generation = live()[1]["metadata"]["generation"]
    back = put(**inverse)
    assert back.changed
    assert settings(live()[0]) == SETTINGS
    assert live()[1]["metadata"]["generation"] == generation + 1


def test_check_mode_says_the_same_and_writes_nothing(put, live, client, namespace, deployment):
    before = [item["metadata"]["resourceVersion"] for item in live()]
    planned = put(check_mode=True, **POOL)
    assert planned.changed
    assert planned.summary.startswith("Would change Database:MaxPoolSize in appsettings.json of configmap/")
    assert planned.summary.endswith(f"and restart deployment/{deployment}")
    assert [item["metadata"]["resourceVersion"] for item in live()] == before
    assert client.find(LEASES, f"runbooks-deployment-{deployment}", namespace) is None


def test_a_run_that_was_killed_between_its_writes_is_finished_by_the_next(put, live):
    calls = iter([False, True])
    with pytest.raises(Precondition) as killed:
        put(interrupted=lambda: next(calls), **POOL)
    assert "interrupted" in killed.value.message
    kept, app = live()
    assert "200" in settings(kept)
    finished = put(**POOL)
    assert finished.changed
    assert "for the change of configmap/" in finished.summary
    assert live()[1]["metadata"]["generation"] == app["metadata"]["generation"] + 1
    assert live()[0]["metadata"]["resourceVersion"] == kept["metadata"]["resourceVersion"]
    assert not put(incident="inc-other", takeover=True, **POOL).changed


def test_a_run_whose_answers_were_lost_restarts_once(put, live, through, proxy):
    generation = live()[1]["metadata"]["generation"]
    proxy.next("^PATCH .*configmaps", reset="after")
    proxy.next("^PATCH .*deployments", reset="after")
    assert put(using=through(), **POOL).changed
    assert live()[1]["metadata"]["generation"] == generation + 1


def test_row_3_a_conflict_is_read_and_decided_again(put, live, through, proxy):
    proxy.next("^PATCH ", times=2, status=409, reason="Conflict")
    assert put(using=through(), **POOL).changed
    assert "200" in settings(live()[0])


def test_an_immutable_config_map_is_refused_with_the_way_on(put, live, client, namespace, config_map):
    client.update(CONFIG_MAPS, config_map, namespace, lambda _live: {"immutable": True})
    with pytest.raises(Precondition) as refused:
        put(**POOL)
    assert "is immutable" in refused.value.message
    assert "new name" in refused.value.hint
    assert settings(live()[0]) == SETTINGS


def test_a_config_map_that_the_workload_does_not_read_needs_force(put, client, namespace, deployment):
    other = f"{deployment}-other"
    client.create(CONFIG_MAPS, {"metadata": {"name": other}, "data": {"LEVEL": "info"}}, namespace)
    try:
        with pytest.raises(Precondition) as refused:
            put(config_map=other, key="LEVEL", value="debug")
        assert f"does not read configmap/{other}" in refused.value.message
        forced = put(config_map=other, key="LEVEL", value="debug", force=True)
        assert forced.changed
        assert not forced.data["restarted"]
    finally:
        client.delete(CONFIG_MAPS, other, namespace)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"path": "Database:MaxPolSize", "value": "1"}, NotFound, "Nearest: Database:MaxPoolSize"),
        ({"path": "Database:MaxPoolSize", "value": "lots"}, BadInput, "'lots' is not a number"),
        ({"path": "Database", "value": "1"}, BadInput, "MaxPoolSize"),
        ({"value": "{"}, BadInput, "line 1, column 2"),
        ({"key": "appsetting.json", "path": "a", "value": "1"}, NotFound, "appsetting.json"),
        ({"path": "Database:MaxPoolSize"}, BadInput, "No value was given"),
        ({"config_map": "nobody", "value": "x"}, NotFound, "nobody"),
        ({"config_map": "", "value": "x"}, BadInput, "No name was given"),
        ({"key": " ", "value": "x"}, BadInput, "No key was given"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_changed(put, live, options, error, said):
    before = [item["metadata"]["resourceVersion"] for item in live()]
    with pytest.raises(error) as refused:
        put(**options)
    assert said in f"{refused.value.message} {refused.value.hint}"
    assert [item["metadata"]["resourceVersion"] for item in live()] == before


def test_a_document_that_is_not_json_is_refused_and_can_be_replaced_as_a_whole(
    put, live, client, namespace, config_map
):
    broken = {"data": {"appsettings.json": '{\n  "Database": {,}\n}'}}
    client.update(CONFIG_MAPS, config_map, namespace, lambda _live: broken)
    with pytest.raises(BadInput) as refused:
        put(**POOL)
    assert "line 2, column 16" in refused.value.message
    assert put(value=SETTINGS).changed
    assert json.loads(settings(live()[0]))


def test_what_forbids_the_restart_forbids_the_change(put, live, client, namespace, deployment):
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: {"spec": {"paused": True}})
    with pytest.raises(Precondition) as refused:
        put(**POOL)
    assert "paused" in refused.value.message
    assert settings(live()[0]) == SETTINGS


def test_row_8_who_may_not_change_it_is_told_all_that_is_missing(put, nobody):
    with pytest.raises(RunbookError) as refused:
        put(using=nobody, **POOL)
    assert isinstance(refused.value, Denied)


def test_row_19_a_config_map_that_a_tool_owns_needs_force(put, live, client, namespace, config_map):
    marks = {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}}
    client.update(CONFIG_MAPS, config_map, namespace, lambda _live: marks)
    with pytest.raises(Precondition) as refused:
        put(**POOL)
    assert f"configmap/{config_map} belongs to Argo CD" in refused.value.message
    assert settings(live()[0]) == SETTINGS
    assert put(force=True, **POOL).changed
