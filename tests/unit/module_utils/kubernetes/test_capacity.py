"""Whether there is room for what a pod would ask for."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import capacity


def workload(memory, replicas=3, missing=0):
    spec = {"containers": [{"name": "api", "resources": {"limits": {"memory": memory}}}]}
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": missing, "maxSurge": 1}}
    return {"spec": {"replicas": replicas, "strategy": strategy, "template": {"spec": spec}}}


def quota(hard, used, **spec):
    status = {"hard": {"limits.memory": hard}, "used": {"limits.memory": used}}
    return {"metadata": {"name": "team"}, "spec": spec, "status": status}


def node(memory, **spec):
    return {"spec": spec, "status": {"allocatable": {"cpu": "4", "memory": memory}}}


@pytest.mark.parametrize(
    ("missing", "hard", "fits"),
    [
        (0, "7Gi", True),  # three new pods of 2 GiB and, until the last is ready, an old one of 1 GiB
        (0, "6Gi", False),
        (1, "6Gi", True),  # an old pod ends before its successor starts
        ("25%", "6Gi", False),  # a quarter of three is none
    ],
)
def test_a_quota_must_hold_the_height_of_the_rollout(missing, hard, fits):
    problems = capacity.above_quota(workload("1Gi"), workload("2Gi", missing=missing), [quota(hard, "3Gi")])
    assert (problems == []) is fits
    if not fits:
        assert "quota team allows 6Gi of limits.memory, 3Gi is used, and the rollout needs 4Gi more" in problems


def test_a_quota_for_other_pods_and_one_for_what_does_not_grow_do_not_count():
    before, after = workload("1Gi"), workload("2Gi")
    assert capacity.above_quota(before, after, [quota("1Gi", "1Gi", scopes=["BestEffort"])]) == []
    assert capacity.above_quota(after, before, [quota("6Gi", "6Gi")]) == []


def test_a_workload_without_replicas_needs_nothing():
    assert capacity.above_quota(workload("1Gi", 0), workload("2Gi", 0), [quota("1Gi", "1Gi")]) == []


def test_a_limit_range_is_named_with_its_bound():
    ranges = [
        {
            "metadata": {"name": "bounds"},
            "spec": {"limits": [{"type": "Container", "max": {"memory": "2Gi"}, "min": {"cpu": "100m"}}]},
        }
    ]
    container = {"resources": {"limits": {"memory": "4Gi"}, "requests": {"cpu": "50m"}}}
    assert capacity.outside_limit_ranges(container, ranges) == [
        "the memory limit of 4Gi is above the maximum of 2Gi in limit range bounds",
        "the cpu request of 50m is below the minimum of 100m in limit range bounds",
    ]
    assert capacity.outside_limit_ranges({"resources": {"limits": {"memory": "2Gi"}}}, ranges) == []


def test_what_no_node_could_hold_is_told_with_the_largest_node():
    pod = workload("64Gi")["spec"]["template"]["spec"]
    assert capacity.above_nodes(pod, [node("16Gi"), node("32Gi"), node("128Gi", unschedulable=True)]) == [
        "a pod would ask for 64Gi of memory, and the largest node has 4 of cpu and 32Gi of memory"
    ]
    assert capacity.above_nodes(pod, [node("16Gi"), node("128Gi")]) == []
    assert capacity.above_nodes(pod, []) == []


def test_a_node_that_is_kept_for_others_counts_only_for_who_tolerates_something():
    taints = [{"key": "dedicated", "effect": "NoSchedule"}]
    pod = workload("64Gi")["spec"]["template"]["spec"]
    assert capacity.above_nodes(pod, [node("16Gi"), node("128Gi", taints=taints)])
    tolerant = {**pod, "tolerations": [{"key": "dedicated", "operator": "Exists"}]}
    assert capacity.above_nodes(tolerant, [node("16Gi"), node("128Gi", taints=taints)]) == []
