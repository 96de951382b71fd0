"""One incident at a time changes a workload, on the real API server."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Conflict, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.lock import (
    FENCE,
    acquire,
    lease_name,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import DEPLOYMENTS, LEASES
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef


@pytest.fixture
def workload(deployment):
    return WorkloadRef(DEPLOYMENTS, deployment)


@pytest.fixture
def lease(client, namespace, workload):
    return lambda: client.find(LEASES, lease_name(workload), namespace)


@pytest.fixture
def live(client, namespace, deployment):
    return lambda: client.get(DEPLOYMENTS, deployment, namespace)


def test_the_first_incident_gets_the_lock_and_may_renew_it(client, namespace, workload, lease, live):
    first = acquire(client, workload, namespace, "inc-1")
    again = acquire(client, workload, namespace, "inc-1")
    assert (first.fence, again.fence) == (0, 0)
    assert lease()["spec"]["holderIdentity"] == "inc-1"
    again.check(client, live())


def test_row_66_a_second_responder_is_told_who_since_when_and_how_to_take_over(client, namespace, workload):
    acquire(client, workload, namespace, "inc-1")
    with pytest.raises(Precondition) as refused:
        acquire(client, workload, namespace, "inc-2")
    assert "locked by incident inc-1 since 20" in refused.value.message
    assert "lock_takeover=true" in refused.value.hint


def test_row_67_a_writer_whose_lock_was_taken_over_does_not_write_any_more(client, namespace, workload, live):
    zombie = acquire(client, workload, namespace, "inc-1")
    decided_on = live()
    taken = acquire(client, workload, namespace, "inc-2", takeover=True)
    assert taken.fence == 1
    assert live()["metadata"]["annotations"][FENCE] == "1"
    with pytest.raises(Conflict):
        zombie.check(client, live())
    # What it had decided before the takeover meets a conflict at the server, too.
    body = {
        "metadata": {"resourceVersion": decided_on["metadata"]["resourceVersion"], "annotations": {"zombie": "yes"}}
    }
    with pytest.raises(Conflict):
        client.patch(DEPLOYMENTS, workload.name, namespace, body)


def test_row_67_the_lock_of_a_dead_holder_runs_out(client, namespace, workload, lease):
    acquire(client, workload, namespace, "inc-1")
    past = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    dead = lease()
    client.replace(LEASES, lease_name(workload), namespace, {**dead, "spec": {**dead["spec"], "renewTime": past}})
    assert acquire(client, workload, namespace, "inc-2").fence == 1


def test_row_69_a_dry_run_takes_no_lock_but_sees_that_it_is_held(client, namespace, workload, lease):
    acquire(client, workload, namespace, "inc-1", dry_run=True)
    assert lease() is None
    acquire(client, workload, namespace, "inc-1")
    with pytest.raises(Precondition):
        acquire(client, workload, namespace, "inc-2", dry_run=True)


def test_two_responders_at_the_same_moment_get_one_lock(through, proxy, client, namespace, workload):
    proxy.next("^POST .*leases", meanwhile=lambda: acquire(client, workload, namespace, "inc-1"))
    with pytest.raises(Precondition):
        acquire(through(), workload, namespace, "inc-2")
