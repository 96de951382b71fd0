"""A patch applied in memory, and the one that takes it back."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.json_patch import inverse, patched

ITEM = {"spec": {"replicas": 3, "ports": [{"port": 80}, {"port": 81}], "marks": {"a/b~c": "x"}}}


@pytest.mark.parametrize(
    ("operation", "where", "value"),
    [
        ({"op": "replace", "path": "/spec/replicas", "value": 0}, ["spec", "replicas"], 0),
        ({"op": "add", "path": "/spec/paused", "value": True}, ["spec", "paused"], True),
        ({"op": "replace", "path": "/spec/ports/1/port", "value": 8}, ["spec", "ports", 1, "port"], 8),
        ({"op": "replace", "path": "/spec/marks/a~1b~0c", "value": "y"}, ["spec", "marks", "a/b~c"], "y"),
    ],
)
def test_it_is_applied_to_a_copy_and_taken_back(operation, where, value):
    after = patched(ITEM, [operation])
    found = after
    for key in where:
        found = found[key]
    assert found == value
    assert after != ITEM
    assert patched(after, inverse(ITEM, [operation])) == ITEM


def test_a_removal_is_taken_back_too():
    patch = [{"op": "remove", "path": "/spec/replicas"}]
    after = patched(ITEM, patch)
    assert "replicas" not in after["spec"]
    assert patched(after, inverse(ITEM, patch)) == ITEM


def test_a_place_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        patched(ITEM, [{"op": "replace", "path": "/status/replicas/x", "value": 1}])
