"""One key of a ConfigMap: what changes, what undoes it, and the restart it takes."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import config, config_restart
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.config import Edit, Wish
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import (
    Record,
    fingerprint,
    new_record,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import Revision, same_release

SETTINGS = '{\n  "Database": {"MaxPoolSize": 20},\n  "HttpClientTimeout": "10000"\n}\n'
NOW = datetime.datetime(2026, 11, 23, 3, 15, tzinfo=datetime.UTC)


def config_map(**more):
    return {
        "metadata": {"name": "api-config", "annotations": {}},
        "data": {"appsettings.json": SETTINGS, "LOG_LEVEL": "info"},
        **more,
    }


def workload(annotations=None, **pod):
    return {
        "metadata": {"name": "api", "namespace": "default", "annotations": {}},
        "spec": {"template": {"metadata": {"annotations": annotations or {}}, "spec": pod}},
    }


def changed(live, edit, incident="inc-1"):
    """The ConfigMap as the write leaves it."""
    step = config.config_step(live, edit)
    record = new_record(live, incident, config.ACTION, step.previous, step.after)
    after = {**live, "data": step.patch[0]["value"]}
    return {**after, "metadata": {**live["metadata"], "annotations": record.as_annotations()}}, record


WISHES = [
    Wish("appsettings.json", "Database:MaxPoolSize", "200"),
    Wish("appsettings.json", "HttpClientTimeout", "30000", "number"),
    Wish("appsettings.json", "Features:Canary", "false", create=True),
    Wish("appsettings.json", "Database:MaxPoolSize", None),
    Wish("LOG_LEVEL", "", "debug"),
    Wish("NEW", "", "x", create=True),
    Wish("LOG_LEVEL", "", None),
]


@pytest.mark.parametrize("wish", WISHES)
def test_a_change_is_undone_by_its_record_and_by_its_inverse_and_made_once(wish):
    live = config_map()
    edit = config.planned(live, wish)
    after, record = changed(live, edit)
    assert config.planned(after, wish) is None
    assert fingerprint(config.state(after)) == record.after
    back = config.undo_step(after, record)
    restored = {**after, "data": back.patch[0]["value"]}
    assert config.state(restored) == config.state(live)
    assert config.undo_step(restored, record) is None

    variables = config.inverse("api-config", edit)
    again = Wish(
        variables["config_key"],
        variables.get("config_path", ""),
        variables.get("config_value"),
        variables.get("config_type", "same"),
        variables.get("config_create", False),
    )
    assert (variables.get("config_state") == "absent") is (again.value is None)
    reverted = config.edited(after, config.planned(after, again))
    assert config.state({**after, "data": reverted}) == config.state(live)


def test_what_stands_there_already_is_no_change():
    assert config.planned(config_map(), Wish("appsettings.json", "Database:MaxPoolSize", "20")) is None
    assert config.planned(config_map(), Wish("LOG_LEVEL", "", "info")) is None
    assert config.planned(config_map(), Wish("appsettings.json", "Nothing", None)) is None


def test_true_is_not_one():
    live = config_map(data={"a.json": '{"on": true}'})
    assert config.planned(live, Wish("a.json", "on", "1", "number")) == Edit("a.json", ("on",), "1", "true")


def test_keys_that_do_not_exist_are_answered_with_the_nearest():
    with pytest.raises(NotFound) as refused:
        config.planned(config_map(), Wish("appsetings.json", "a", "1"))
    assert "appsettings.json" in refused.value.hint
    with pytest.raises(NotFound) as refused:
        config.planned(config_map(), Wish("appsettings.json", "Database:PoolSize", "1"))
    assert "Database:MaxPoolSize" in refused.value.hint
    with pytest.raises(NotFound):
        config.planned(config_map(), Wish("LOG_LEVELS", "", "x"))


def test_a_key_is_not_added_beside_one_that_differs_only_in_case():
    with pytest.raises(NotFound) as refused:
        config.planned(config_map(), Wish("appsettings.json", "Database:maxpoolsize", "1", create=True))
    assert "Database:MaxPoolSize" in refused.value.hint


def test_a_document_stays_a_document():
    with pytest.raises(BadInput):
        config.planned(config_map(), Wish("appsettings.json", "", "{"))
    broken = config_map(data={"appsettings.json": "{"})
    with pytest.raises(BadInput) as refused:
        config.planned(broken, Wish("appsettings.json", "a", "1"))
    assert "appsettings.json of configmap/api-config is not JSON" in refused.value.message
    assert config.planned(broken, Wish("appsettings.json", "", "{}")).raw == "{}"


def test_binary_immutable_and_what_is_too_large_to_be_kept_are_refused():
    with pytest.raises(BadInput):
        config.planned(config_map(binaryData={"logo": "AAAA"}), Wish("logo", "", "x"))
    with pytest.raises(Precondition) as refused:
        config.refuse_immutable(config_map(immutable=True))
    assert "new name" in refused.value.hint
    with pytest.raises(Precondition):
        config.planned(config_map(data={"big": "x" * 20_000}), Wish("big", "", "y"))


def test_a_string_that_looks_like_a_number_is_pointed_out():
    wish = Wish("appsettings.json", "HttpClientTimeout", "30000")
    edit = config.planned(config_map(), wish)
    assert edit.raw == '"30000"'
    assert "config_type=json" in config.doubts(edit, wish)[0]
    assert config.doubts(config.planned(config_map(), WISHES[0]), WISHES[0]) == []


def test_every_way_to_read_a_config_map_counts():
    containers = [
        {
            "name": "api",
            "envFrom": [{"configMapRef": {"name": "from-env"}}, {"secretRef": {"name": "secret"}}],
            "env": [{"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "from-variable", "key": "x"}}}],
        }
    ]
    volumes = [
        {"name": "config", "configMap": {"name": "mounted"}},
        {"name": "all", "projected": {"sources": [{"configMap": {"name": "projected"}}, {"secret": {"name": "s"}}]}},
        {"name": "empty", "emptyDir": {}},
    ]
    read = config_restart.references(workload(containers=containers, volumes=volumes, initContainers=[]))
    assert read == {
        "mounted": ["volume config"],
        "projected": ["volume all"],
        "from-env": ["environment of api"],
        "from-variable": ["variable LEVEL of api"],
    }


def test_each_change_takes_one_restart_also_when_the_same_value_comes_back():
    live, app = config_map(), workload()
    assert config_restart.due_restart(app, live) == ""
    for value, incident in (("1", "inc-1"), ("2", "inc-1"), ("1", "inc-2")):
        edit = config.planned(live, Wish("appsettings.json", "Database:MaxPoolSize", value))
        live, _record = changed(live, edit, incident)
        token = config_restart.due_restart(app, live)
        assert token
        step = config_restart.marked_restart(app, "api-config", token, NOW)
        app = workload(step.patch[0]["value"])
        record = Record(incident, "restart", step.previous)
        app["metadata"]["annotations"] = record.as_annotations()
        assert config_restart.due_restart(app, live) == ""
    # A rollback takes the mark away with the template: the record still tells.
    rolled_back = {**workload(), "metadata": app["metadata"]}
    assert config_restart.due_restart(rolled_back, live) == ""


def test_what_somebody_else_changed_since_takes_no_restart_of_ours():
    live, _record = changed(config_map(), config.planned(config_map(), WISHES[0]))
    edited = {**live, "data": {**live["data"], "LOG_LEVEL": "debug"}}
    assert config_restart.due_restart(workload(), edited) == ""


def test_a_restart_for_a_change_of_configuration_is_no_other_release():
    marks = {config_restart.MARK: "{}", "runbooks.hotswap/restarted-at": "2026-11-23T03:15:00Z"}
    one, other = ({"metadata": {"annotations": annotations}, "spec": {}} for annotations in ({}, marks))
    revisions = [Revision(n, f"api-{n}", (), "", template, "") for n, template in enumerate((one, other))]
    assert same_release(*revisions)
