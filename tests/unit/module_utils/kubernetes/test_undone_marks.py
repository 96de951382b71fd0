"""A record that is taken off an object leaves the others, and a mark."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import (
    fingerprint,
    new_record,
    read_record,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.undone import (
    UNDONE,
    read_undone,
    require_unchanged,
    taken_off,
)


def stacked(*steps):
    live = {"metadata": {"annotations": {}}}
    for incident, action in steps:
        live["metadata"]["annotations"] |= new_record(live, incident, action, {"was": action}, "x").as_annotations()
    return live


def without(live, gone):
    annotations = {**live["metadata"]["annotations"], **taken_off(live, gone)}
    return {"metadata": {"annotations": {key: value for key, value in annotations.items() if value is not None}}}


def test_one_of_the_middle_goes_and_the_others_keep_their_order():
    live = without(stacked(("a", "scale"), ("b", "rollback"), ("a", "restart")), lambda one: one.incident == "b")
    assert [one.action for one in read_record(live).all()] == ["restart", "scale"]
    assert [(one.incident, one.action) for one in read_undone(live)] == [("b", "rollback")]


def test_the_last_one_leaves_only_the_mark():
    live = without(stacked(("a", "scale")), lambda _one: True)
    assert read_record(live) is None
    assert list(live["metadata"]["annotations"]) == [UNDONE]


def test_marks_add_up_the_latest_first():
    live = without(stacked(("a", "scale")), lambda _one: True)
    live["metadata"]["annotations"] |= new_record(live, "b", "restart", {}).as_annotations()
    live = without(live, lambda _one: True)
    assert [one.incident for one in read_undone(live)] == ["b", "a"]


def test_an_edited_mark_is_none():
    assert read_undone({"metadata": {"annotations": {UNDONE: "[{}]"}}}) == []
    assert read_undone({"metadata": {"annotations": {UNDONE: "["}}}) == []


def test_who_changed_it_since_is_named():
    live = stacked(("a", "scale"))
    record = read_record(live)
    live["metadata"]["managedFields"] = [
        {"manager": "kubectl-edit", "time": "2099-01-01T00:00:00Z"},
        {"manager": "kube-controller-manager", "time": "2099-01-01T00:00:00Z", "subresource": "status"},
        {"manager": "helm", "time": "2020-01-01T00:00:00Z"},
    ]
    assert record.after == fingerprint("x")
    require_unchanged("deployment/web", live, record, "x", overwrite=False)
    require_unchanged("deployment/web", live, record, "y", overwrite=True)
    with pytest.raises(Precondition) as refused:
        require_unchanged("deployment/web", live, record, "y", overwrite=False)
    assert refused.value.facts["managers"] == ["kubectl-edit at 2099-01-01T00:00:00Z"]
