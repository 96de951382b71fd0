"""Rollout status follows kubectl's algorithm, on recorded objects."""

import copy

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import (
    owner_tool,
    parse_workload,
    rollout_status,
    selector_of,
)


@pytest.mark.parametrize(
    ("situation", "done", "failed", "reason"),
    [
        ("starting", False, False, "NotAvailable"),
        ("healthy", True, False, "Complete"),
        ("missing_image", False, False, "Updating"),
        ("bad_release_early", False, False, "Updating"),
        ("bad_release", False, True, "ProgressDeadlineExceeded"),
        ("rolled_back", True, False, "Complete"),
        ("quota", False, False, "ReplicaFailure"),
        ("paused", False, False, "Paused"),
        ("unschedulable", False, False, "Updating"),
        ("oom", False, False, "NotAvailable"),
        ("stateful_healthy", True, False, "Complete"),
        ("stateful_bad", False, False, "NotAvailable"),
        ("stateful_partitioned", True, False, "Partitioned"),
    ],
)
def test_recorded_situations_are_judged_as_kubectl_does(recorded, situation, done, failed, reason):
    status = rollout_status(recorded(situation).workload)
    assert (status.done, status.failed, status.reason) == (done, failed, reason)
    assert status.message


def test_row_23_a_quota_that_forbids_pods_is_named(recorded):
    assert "exceeded quota: small" in rollout_status(recorded("quota").workload).message


def test_a_specification_the_controller_has_not_seen_is_not_done(recorded):
    workload = recorded("healthy").workload
    workload["metadata"]["generation"] += 1
    assert rollout_status(workload).reason == "NotObserved"
    stateful = recorded("stateful_healthy").workload
    stateful["metadata"]["generation"] += 1
    assert rollout_status(stateful).reason == "NotObserved"


def test_old_replicas_that_still_run_are_waited_for(recorded):
    workload = recorded("healthy").workload
    workload["status"]["replicas"] = 4
    status = rollout_status(workload)
    assert (status.done, status.reason) == (False, "OldReplicas")


def test_a_status_without_any_counts_is_not_done(recorded):
    workload = recorded("healthy").workload
    workload["status"] = {"observedGeneration": workload["metadata"]["generation"]}
    assert not rollout_status(workload).done


def test_a_stateful_set_replaced_by_hand_says_so(recorded):
    workload = recorded("stateful_healthy").workload
    workload["spec"]["updateStrategy"] = {"type": "OnDelete"}
    workload["status"]["updateRevision"] = "store-new"
    workload["status"]["updatedReplicas"] = 1
    assert rollout_status(workload).reason == "OnDelete"
    workload["status"]["updatedReplicas"] = 2
    assert rollout_status(workload).done


@pytest.mark.parametrize("text", ["deployment/x", "deploy/x", "Deployment/x", "deployments.apps/x", " deployment/x "])
def test_a_deployment_is_read_by_kubectls_names(text):
    ref = parse_workload(text)
    assert (ref.kind, ref.name, str(ref)) == ("Deployment", "x", "deployment/x")


@pytest.mark.parametrize("text", ["", "x", "deployment/", "pod/x", "daemonset/x", "deployment/../x", "deployment/x/y"])
def test_anything_else_is_refused_as_a_workload(text):
    with pytest.raises(BadInput):
        parse_workload(text)


def test_the_selector_of_a_workload_reads_as_kubectl_takes_it(recorded):
    workload = recorded("healthy").workload
    assert selector_of(workload) == "app=hotswap-api"
    workload["spec"]["selector"] = {
        "matchLabels": {"b": "2", "a": "1"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["y", "x"]},
            {"key": "env", "operator": "NotIn", "values": ["dev"]},
            {"key": "app", "operator": "Exists"},
            {"key": "gone", "operator": "DoesNotExist"},
        ],
    }
    assert selector_of(workload) == "a=1,b=2,tier in (x,y),env notin (dev),app,!gone"


def test_row_13_an_empty_selector_is_refused(recorded):
    workload = recorded("healthy").workload
    workload["spec"]["selector"] = {}
    with pytest.raises(BadInput, match="match everything"):
        selector_of(workload)


HELM = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "api", "meta.helm.sh/release-namespace": "hotswap"},
}


@pytest.mark.parametrize(
    ("metadata", "tool"),
    [
        ({}, None),
        (HELM, "Helm"),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, None),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "api:apps/Deployment:hotswap/api"}}, "Argo CD"),
        ({"labels": {"argocd.argoproj.io/instance": "api"}}, "Argo CD"),
        ({"labels": {"app.kubernetes.io/instance": "api"}}, None),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, "Flux"),
        ({"ownerReferences": [{"kind": "HotswapService", "controller": True}]}, "HotswapService"),
        ({"ownerReferences": [{"kind": "HotswapService"}]}, "HotswapService"),
        ({"ownerReferences": [{"kind": "Application"}, {"kind": "Kafka", "controller": True}]}, "Kafka"),
        ({"managedFields": [{"manager": "argocd-application-controller"}]}, "Argo CD"),
        ({"managedFields": [{"manager": "helm-controller"}], **HELM}, "Flux"),
        ({"managedFields": [{"manager": "kubectl-client-side-apply"}]}, None),
    ],
)
def test_row_19_the_tool_that_owns_a_workload_is_recognised(metadata, tool):
    assert owner_tool({"metadata": metadata}) == tool


def test_a_chart_installed_by_flux_belongs_to_flux():
    metadata = copy.deepcopy(HELM)
    metadata["labels"]["helm.toolkit.fluxcd.io/name"] = "api"
    assert owner_tool({"metadata": metadata}) == "Flux"
