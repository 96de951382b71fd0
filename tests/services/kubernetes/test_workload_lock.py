"""One incident at a time changes a workload, on the real API server."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Conflict, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import reader, transport
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


def test_row_67_a_lock_that_was_deleted_to_break_it_is_fenced_from_its_former_holder(
    client, namespace, workload, lease, live
):
    acquire(client, workload, namespace, "inc-1")
    former = acquire(client, workload, namespace, "inc-2", takeover=True)
    client.delete(LEASES, lease_name(workload), namespace)
    new = acquire(client, workload, namespace, "inc-3")
    assert new.fence > former.fence
    new.check(client, live())
    with pytest.raises(Conflict):
        former.check(client, live())
    assert acquire(client, workload, namespace, "inc-4", takeover=True).fence > new.fence


def test_row_67_a_takeover_whose_answer_was_lost_marks_the_workload_all_the_same(
    client, namespace, workload, live, through, proxy
):
    acquire(client, workload, namespace, "inc-1")
    proxy.next("^PUT .*leases", reset="after")
    taken = acquire(through(), workload, namespace, "inc-2", takeover=True)
    assert taken.fence == 1
    assert live()["metadata"]["annotations"][FENCE] == "1"


@pytest.mark.parametrize("minutes", [-10, 10])
def test_row_68_a_lock_is_as_old_as_the_api_server_says_whatever_our_clock_says(
    through, client, namespace, workload, minutes, monkeypatch
):
    """A responder whose clock is ten minutes ahead would find a lock of six minutes ago run out."""
    acquire(client, workload, namespace, "inc-1")
    shifted = through()
    monkeypatch.setattr(transport, "datetime", clock_off_by(datetime.timedelta(minutes=minutes)))
    monkeypatch.setattr(reader, "datetime", clock_off_by(datetime.timedelta(minutes=minutes)))
    with pytest.raises(Precondition) as refused:
        acquire(shifted, workload, namespace, "inc-2")
    assert "it runs out in 15 min" in refused.value.message


def clock_off_by(shift):
    class Shifted(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.datetime.now(tz) + shift

    return SimpleNamespace(datetime=Shifted, timedelta=datetime.timedelta, UTC=datetime.UTC)


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
