from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import (
    Record,
    fingerprint,
    new_record,
    read_record,
)


def item(annotations):
    return {"metadata": {"name": "api", "annotations": annotations}}


def test_a_record_reads_as_it_was_written():
    record = Record("inc-1", "rollback", {"from_revision": 4})
    assert read_record(item(record.as_annotations())) == record


@pytest.mark.parametrize(
    "annotations",
    [
        None,
        {},
        {"runbooks.hotswap/incident": "inc-1"},
        {"runbooks.hotswap/incident": "a", "runbooks.hotswap/action": "b", "runbooks.hotswap/previous": "{"},
        {"runbooks.hotswap/incident": "a", "runbooks.hotswap/action": "b", "runbooks.hotswap/previous": "[]"},
    ],
)
def test_what_is_no_record_is_none(annotations):
    assert read_record(item(annotations)) is None


def test_a_new_record_covers_the_one_before_and_keeps_it():
    first = new_record(item({}), "inc-1", "scale", {"replicas": 3}, after=6)
    second = new_record(item(first.as_annotations()), "inc-1", "restart", {})
    read = read_record(item(second.as_annotations()))
    assert [record.action for record in read.all()] == ["restart", "scale"]
    assert read.earlier.previous == {"replicas": 3}
    assert read.earlier.after == fingerprint(6)


def test_the_stack_of_records_is_bounded():
    annotations = {}
    for number in range(30):
        annotations = new_record(item(annotations), "inc-1", "scale", {"replicas": number}).as_annotations()
    kept = list(read_record(item(annotations)).all())
    assert len(kept) == 8
    assert kept[0].previous == {"replicas": 29}


def test_a_fingerprint_does_not_depend_on_the_order_of_keys():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
