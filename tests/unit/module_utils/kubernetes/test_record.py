from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record, read_record


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
