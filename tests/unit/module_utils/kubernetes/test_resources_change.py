"""What a container may use: what is asked for, what is changed, and what undoes it."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import resources_change as change
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.memory import refuse_more_kills
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record, fingerprint
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import parse_workload

API = parse_workload("deployment/api")
SMALL = {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"cpu": "500m", "memory": "1Gi"}}


def workload(*containers):
    named = [{"name": name, "image": f"{name}:1", "resources": resources} for name, resources in containers]
    return {"metadata": {"name": "api", "namespace": "default"}, "spec": {"template": {"spec": {"containers": named}}}}


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("memory_limit", "4GB", "Did you mean 4Gi (powers of 1024) or 4G (of 1000)?"),
        ("memory_limit", "512mb", "Did you mean 512Mi (powers of 1024) or 512M (of 1000)?"),
        ("memory_limit", "1.5 GiB", "Did you mean 1.5Gi"),
        ("memory_limit", "512m", "Did you mean 512Mi or 512Gi?"),
        ("memory_request", "4", "less than a mebibyte"),
        ("memory_limit", "-1Gi", "must be more than nothing"),
        ("memory_limit", "0", "must be more than nothing"),
        ("memory_limit", "lots", "is not a Kubernetes quantity"),
        ("memory_limit", "", "is not a Kubernetes quantity"),
        ("cpu_limit", "2 cores", "Did you mean 2?"),
        ("cpu_request", "500 mcpu", "Did you mean 500m?"),
        ("cpu_limit", "2Gi", "is an amount of memory, not of CPU"),
    ],
)
def test_a_quantity_that_cannot_be_meant_is_refused_with_what_may_be(option, text, said):
    with pytest.raises(BadInput) as refused:
        change.checked({option: text})
    assert refused.value.message.startswith(option)
    assert said in f"{refused.value.message} {refused.value.hint}"


def test_nothing_to_change_is_refused():
    with pytest.raises(BadInput) as refused:
        change.checked(dict.fromkeys(change.OPTIONS))
    assert "memory_limit" in refused.value.hint


def test_a_request_above_the_limit_is_refused_also_when_only_one_of_them_is_given():
    with pytest.raises(BadInput):
        change.checked({"memory_request": "2Gi", "memory_limit": "1Gi"})
    with pytest.raises(BadInput) as refused:
        change.resources_step(workload(("api", SMALL)), 0, change.checked({"memory_request": "2Gi"}))
    assert "request of 2Gi would be above the memory limit of 1Gi" in refused.value.message


def test_only_what_is_given_is_changed():
    step = change.resources_step(workload(("api", SMALL)), 0, change.checked({"memory_limit": "2Gi"}))
    (patch,) = step.patch
    assert patch["path"] == "/spec/template/spec/containers/0/resources"
    assert patch["value"] == {"requests": SMALL["requests"], "limits": {"cpu": "500m", "memory": "2Gi"}}
    assert step.previous == {"container": "api", "resources": SMALL}


@pytest.mark.parametrize("same", ["1Gi", "1024Mi", "1073741824"])
def test_the_same_amount_written_otherwise_is_no_change(same):
    assert change.resources_step(workload(("api", SMALL)), 0, change.checked({"memory_limit": same})) is None


def test_an_unknown_container_is_answered_with_those_there_are():
    live = workload(("api", SMALL), ("proxy", {}))
    with pytest.raises(NotFound) as refused:
        change.container_index(live, "apo")
    assert "There are: api, proxy." in refused.value.hint
    with pytest.raises(BadInput) as refused:
        change.container_index(live, None)
    assert "There are: api, proxy." in refused.value.hint
    assert change.container_index(live, "proxy") == 1
    assert change.container_index(workload(("api", {})), None) == 0


def test_undoing_restores_exactly_what_was_and_a_second_undo_does_nothing():
    live = workload(("api", SMALL), ("proxy", {}))
    step = change.resources_step(live, 0, change.checked({"memory_limit": "2Gi", "cpu_limit": "1"}))
    changed = change.patched(live, 0, step.patch[0]["value"])
    record = Record("inc-1", change.ACTION, step.previous, "", fingerprint(step.after))
    assert fingerprint(change.state(changed)) == record.after
    back = change.undo_step(changed, record)
    assert change.patched(changed, 0, back.patch[0]["value"]) == live
    assert change.undo_step(live, record) is None


def test_the_fingerprint_holds_where_the_server_writes_a_quantity_otherwise():
    step = change.resources_step(workload(("api", {})), 0, change.checked({"memory_limit": "1024Mi"}))
    assert step.after == change.state(workload(("api", {"limits": {"memory": "1Gi"}})))


def test_the_undo_is_a_command_that_sets_or_removes():
    wanted = change.checked({"memory_limit": "2Gi"})
    told = change.undo_command(API, "default", workload(("api", SMALL)), 0, wanted)
    assert told == "kubectl -n default set resources deployment/api -c=api --limits=memory=1Gi"
    told = change.undo_command(API, "default", workload(("api", {})), 0, wanted)
    assert told.startswith("kubectl -n default patch deployment/api --type=json -p ")
    assert '"path": "/spec/template/spec/containers/0/resources", "value": {}' in told


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ([{}], "BestEffort"),
        ([SMALL], "Burstable"),
        ([{"limits": {"cpu": "1", "memory": "1Gi"}}], "Guaranteed"),
        ([{"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "512Mi"}}], "Burstable"),
        ([{"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1000m", "memory": "1024Mi"}}], "Guaranteed"),
        ([{"limits": {"memory": "1Gi"}}], "Burstable"),
        ([{"limits": {"cpu": "1", "memory": "1Gi"}}, {}], "Burstable"),
    ],
)
def test_the_quality_of_service_class(containers, expected):
    assert change.qos_class({"containers": [{"name": "x", "resources": one} for one in containers]}) == expected


def test_a_kill_for_memory_after_the_raise_ends_the_wait():
    ended = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    pods = [{"metadata": {"name": "api-1"}, "status": {"containerStatuses": [{"name": "api", "lastState": ended}]}}]
    with pytest.raises(Precondition) as refused:
        refuse_more_kills(API, "api", "2Gi", pods)
    assert "out of memory again with a limit of 2Gi: 1 x OOMKilled (api-1)" in refused.value.message
    refuse_more_kills(API, "proxy", "2Gi", pods)
