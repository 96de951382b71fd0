"""Before a change everything that is missing is told at once, and nothing is written."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Denied, NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.preflight import (
    LOCK_RIGHTS,
    preflight,
    rollout_rights,
)


def rights(workload):
    return (*rollout_rights(workload), *LOCK_RIGHTS)


def options(namespace, **more):
    return {"namespace": namespace, "workload": None, "selector": None, "cluster": None, **more}


def test_the_one_workload_is_found(client, namespace, deployment):
    found = preflight(client, options(namespace, workload=f"deployment/{deployment}"), rights)
    assert str(found) == f"deployment/{deployment}"
    assert str(preflight(client, options(namespace, selector=f"app={deployment}"), rights)) == str(found)


def test_row_8_every_missing_right_is_named_before_any_change(client, nobody, namespace, deployment, monkeypatch):
    # Reading is allowed here, so that the review of the other rights is reached.
    monkeypatch.setattr(nobody, "get", client.get)
    with pytest.raises(Denied) as refused:
        preflight(nobody, options(namespace, workload=f"deployment/{deployment}"), rights)
    said = refused.value.message
    for right in (f"patch deployments.apps {deployment}", "list pods", "create leases.coordination.k8s.io"):
        assert right in said


def test_several_problems_come_in_one_message(client, nobody, namespace, deployment, monkeypatch):
    monkeypatch.setattr(nobody, "get", client.get)
    wanted = options(namespace, workload=f"deployment/{deployment}", cluster="prod.example.com")
    with pytest.raises(Precondition) as refused:
        preflight(nobody, wanted, rights)
    assert refused.value.message.startswith("2 things are in the way:")
    assert "not the expected prod.example.com" in refused.value.message
    assert "You may not: " in refused.value.message


def test_one_problem_keeps_its_own_class(client, namespace):
    with pytest.raises(NotFound):
        preflight(client, options(namespace, workload="deployment/nowhere"), rights)
