"""The Kubernetes probes of a triage, on real objects."""

import threading
import uuid

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    NotFound,
    Precondition,
    TimedOut,
    Unreachable,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    DEPLOYMENTS,
    EVENTS,
    PODS,
    STATEFULSETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes import (
    events,
    evidence,
    history,
    pods,
    usage,
    workload,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service
from fault_proxy import black_hole, wait_until

pytestmark = pytest.mark.services
PROBES = (events, history, pods, usage, workload)


@pytest.fixture
def service(admin, namespace, deployment):
    return Service(name="web", namespace=namespace, workload=f"deployment/{deployment}", kubernetes=admin)


def gather(service, seconds=10, probes=PROBES, cluster=None):
    return evidence.gather(service, Deadline(seconds), probes=probes, cluster=cluster)


def set_image(client, namespace, name, image, resource=DEPLOYMENTS):
    patch = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}]
    client.update(resource, name, namespace, lambda live: patch, kind="json")


def test_a_healthy_workload_is_read_by_every_probe(service):
    found = gather(service)
    assert {source: entry["status"] for source, entry in found.items() if source != "usage"} == dict.fromkeys(
        ("events", "history", "pods", "workload"), "ok"
    )
    data = found["workload"]["data"]
    assert (data["kind"], data["replicas"], data["available"], data["unavailable"]) == ("Deployment", 1, 1, 0)
    assert data["rollout"]["done"]
    assert data["owner_tool"] is None
    assert (found["pods"]["data"]["total"], found["pods"]["data"]["ready"]) == (1, 1)
    assert found["pods"]["data"]["by_revision"][0]["newest"] is True
    assert found["history"]["data"]["rollback_target"] is None
    assert found["history"]["data"]["current"]["images"] == ["web:1"]
    assert any(item["reason"] == "ScalingReplicaSet" for item in found["events"]["data"]["items"])


def test_a_release_that_crashes_is_told_from_the_one_that_serves(client, service, namespace, deployment):
    set_image(client, namespace, deployment, "web:2-bad")
    selector = f"app={deployment}"

    def crashing():
        found = gather(service)["pods"]["data"]
        return found if found["reasons"].get("CrashLoopBackOff") else None

    data = wait_until(crashing, 40, "the crash loop")
    assert data["selector"] == selector
    new, old = data["by_revision"]
    assert (new["newest"], new["images"], new["ready"]) == (True, ["web:2-bad"], 0)
    assert (old["newest"], old["images"], old["ready"]) == (False, ["web:1"], 1)
    crashed = next(item for item in data["items"] if item["image"] == "web:2-bad")
    assert (crashed["exit_code"], crashed["last_exit_code"]) == (1, 1)
    found = gather(service)
    assert found["history"]["data"]["rollback_target"]["images"] == ["web:1"]
    assert found["history"]["data"]["image_changed"] is True
    assert found["workload"]["data"]["rollout"]["done"] is False


def test_row_26_usage_without_a_metrics_server_is_unknown_and_the_rest_goes_on(service, proxy, through):
    proxy.next("metrics.k8s.io", times=9, status=503, reason="ServiceUnavailable")
    connected = through(10)
    cluster = Cluster(service, Deadline(10), connect=lambda options, deadline: connected)
    found = gather(service, cluster=cluster)
    assert found["usage"]["status"] == "failed"
    assert "metrics-server" in found["usage"]["error"]["hint"]
    assert found["pods"]["status"] == "ok"


def test_usage_stands_beside_the_limit(client, service, namespace, deployment):
    limits = {"limits": {"memory": "1Gi"}}
    patch = [{"op": "add", "path": "/spec/template/spec/containers/0/resources", "value": limits}]
    client.update(DEPLOYMENTS, deployment, namespace, lambda live: patch, kind="json")

    def measured():
        found = gather(service)["usage"]["data"]
        return found if found and found["memory_ratio_max"] else None

    data = wait_until(measured, 90, "the first measurement")
    item = next(item for item in data["items"] if item["memory_limit_bytes"])
    assert item["memory_limit_bytes"] == 2**30
    assert item["memory_ratio"] == pytest.approx(item["memory_bytes"] / 2**30, abs=1e-4)
    assert item["cpu_cores"] >= 0


def test_no_object_is_read_twice_however_many_probes_ask(service, proxy, through):
    connected = through(10)
    cluster = Cluster(service, Deadline(10), connect=lambda options, deadline: connected)
    found = gather(service, cluster=cluster, probes=(events, history, pods, workload))
    assert {entry["status"] for entry in found.values()} == {"ok"}
    assert len(proxy.requests) == len(set(proxy.requests)) == 4


def test_row_11_no_pods_are_a_finding_not_a_failure(client, service, namespace, deployment):
    client.update(DEPLOYMENTS, deployment, namespace, lambda live: {"spec": {"replicas": 0}})
    wait_until(lambda: not client.list(PODS, namespace, label_selector=f"app={deployment}"))
    found = gather(service)
    assert found["pods"]["status"] == "ok"
    assert (found["pods"]["data"]["total"], found["pods"]["data"]["ready"]) == (0, 0)


def test_row_12_a_selector_that_matches_two_workloads_names_both(client, admin, namespace, deployment, failing):
    other = f"other-{uuid.uuid4().hex[:6]}"
    live = client.get(DEPLOYMENTS, deployment, namespace)
    labels = {"app": deployment, "part": other}
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": live["spec"]["template"]["spec"]},
    }
    selected = Service(name="web", namespace=namespace, selector=f"app={deployment}", kubernetes=admin)
    assert Cluster(selected, Deadline(10)).workload()["metadata"]["name"] == deployment
    client.create(DEPLOYMENTS, {"metadata": {"name": other}, "spec": spec}, namespace)
    try:
        wait_until(lambda: len(client.list(PODS, namespace, label_selector=f"app={deployment}")) > 1)
        error = failing(Cluster(selected, Deadline(10)).workload)
        assert isinstance(error, Precondition)
        assert f"deployment/{deployment}" in error.message
        assert f"deployment/{other}" in error.message
    finally:
        client.delete(DEPLOYMENTS, other, namespace)


def test_row_9_and_11_what_does_not_exist_fails_only_its_own_sources(admin, namespace, deployment, failing):
    wrong = Service(name="web", namespace=namespace, workload=f"deployment/{deployment}x", kubernetes=admin)
    found = gather(wrong)
    assert {entry["status"] for entry in found.values()} == {"failed"}
    assert deployment in found["workload"]["error"]["hint"]
    nothing = Service(name="web", namespace=namespace, selector="app=nothing", kubernetes=admin)
    assert isinstance(failing(Cluster(nothing, Deadline(5)).workload), NotFound)


def test_a_service_without_a_cluster_is_skipped():
    for service in (Service(name="web"), Service(name="web", namespace="n"), Service(name="web", workload="deploy/x")):
        with pytest.raises(NotConfigured):
            Cluster(service, Deadline(5)).pods()
        assert {entry["status"] for entry in gather(service).values()} == {"skipped"}


def test_a_cluster_that_hangs_ends_every_probe_at_the_deadline():
    with black_hole() as port:
        options = {"host": f"https://127.0.0.1:{port}", "api_key": "x"}
        service = Service(name="web", namespace="n", workload="deployment/x", kubernetes=options)
        deadline = Deadline(1.0)
        found = evidence.gather(service, deadline, probes=PROBES)
        assert {entry["status"] for entry in found.values()} == {"timeout"}
        assert deadline.elapsed() < 1.5


def test_one_failed_read_is_told_to_all_that_wait_for_it(service):
    calls = []

    def refuse(options, deadline):
        calls.append(threading.current_thread())
        raise Unreachable("The API server is gone.")

    cluster = Cluster(service, Deadline(5), connect=refuse)
    found = gather(service, cluster=cluster)
    assert {entry["error"]["message"] for entry in found.values()} == {"The API server is gone."}
    assert len(calls) == 1


def test_waiting_for_another_threads_read_ends_at_the_deadline(service):
    began, free = threading.Event(), threading.Event()

    def hang(options, deadline):
        began.set()
        free.wait(10)
        raise Unreachable("late")

    cluster = Cluster(service, Deadline(0.5), connect=hang)

    def refused():
        with pytest.raises(Unreachable):
            cluster.client()

    first = threading.Thread(target=refused, daemon=True)
    first.start()
    began.wait(5)
    with pytest.raises(TimedOut):
        cluster.client()
    free.set()
    first.join(5)


def test_events_of_pods_that_are_gone_are_kept_and_others_left_out(client, service, namespace, deployment):
    pod = client.list(PODS, namespace, label_selector=f"app={deployment}")[0]["metadata"]["name"]
    client.delete(PODS, pod, namespace)
    wait_until(lambda: client.find(PODS, pod, namespace) is None)
    about = {"kind": "Pod", "name": f"{deployment}-x-other-abcde", "namespace": namespace}
    body = {"metadata": {"name": f"e{uuid.uuid4().hex[:6]}"}, "involvedObject": about, "reason": "Foreign"}
    client.create(EVENTS, body, namespace)
    items = gather(service)["events"]["data"]["items"]
    assert f"Pod/{pod}" in {item["object"] for item in items}
    assert "Foreign" not in {item["reason"] for item in items}
    assert [item["last"] for item in items] == sorted((item["last"] for item in items), reverse=True)


def test_a_stateful_set_is_read_with_its_controller_revisions(client, admin, namespace):
    name = f"store-{uuid.uuid4().hex[:6]}"
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "store", "image": "store:1"}]}}
    spec = {"serviceName": name, "replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    client.create(STATEFULSETS, {"metadata": {"name": name}, "spec": spec}, namespace)
    try:
        service = Service(name="store", namespace=namespace, workload=f"statefulset/{name}", kubernetes=admin)
        wait_until(lambda: gather(service)["workload"]["data"]["rollout"]["done"], 30)
        set_image(client, namespace, name, "store:2", STATEFULSETS)
        wait_until(lambda: gather(service)["history"]["data"]["image_changed"], 30)
        found = gather(service)
        assert found["history"]["data"]["rollback_target"]["images"] == ["store:1"]
        assert found["workload"]["data"]["kind"] == "StatefulSet"
        assert any(entry["newest"] is not None for entry in found["pods"]["data"]["by_revision"])
        by_pods = Service(name="store", namespace=namespace, selector=f"app={name}", kubernetes=admin)
        assert Cluster(by_pods, Deadline(10)).workload_ref().kind == "StatefulSet"
    finally:
        client.delete(STATEFULSETS, name, namespace)
