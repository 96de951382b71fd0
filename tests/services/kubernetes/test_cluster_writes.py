"""Writing to a real API server: nothing is undone that somebody else did, nothing is done twice."""

import copy
import uuid

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Conflict,
    Denied,
    Precondition,
    Unreachable,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.request import Request
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    LIMIT_RANGES,
    PDBS,
    PODS,
    QUOTAS,
)
from fault_proxy import wait_until

pytestmark = pytest.mark.services


def annotate(key, text="yes"):
    return lambda live: (
        None
        if (live["metadata"].get("annotations") or {}).get(key) == text
        else {"metadata": {"annotations": {key: text}}}
    )


def interfere(client, name, namespace, manager="another-responder"):
    """A write by somebody else, under their own name."""

    def write():
        live = client.get(CONFIG_MAPS, name, namespace)
        other = copy.deepcopy(live)
        count = int((live.get("data") or {}).get("count") or 0) + 1
        other["data"] = {"count": str(count)}
        query = {"fieldManager": manager}
        client.transport.call(Request("update", CONFIG_MAPS, namespace, name, query=query, body=other))

    return write


@pytest.fixture
def settings(client, namespace):
    """A ConfigMap of the test's own; its name."""
    name = f"settings-{uuid.uuid4().hex[:8]}"
    client.create(CONFIG_MAPS, {"metadata": {"name": name}, "data": {"count": "0"}}, namespace)
    return name


def test_a_change_is_made_once_and_the_second_time_nothing_is_sent(through, proxy, namespace, settings):
    client = through()
    before, after = client.update(CONFIG_MAPS, settings, namespace, annotate("a"))
    assert "annotations" not in before["metadata"]
    assert after["metadata"]["annotations"]["a"] == "yes"
    sent = proxy.seen("PATCH")[0]
    assert "fieldManager=hotswap.runbooks" in sent
    assert "fieldValidation=Strict" in sent
    assert client.update(CONFIG_MAPS, settings, namespace, annotate("a"))[1] is None
    assert len(proxy.seen("PATCH")) == 1


def test_row_69_a_dry_run_takes_the_same_path_and_changes_nothing(through, proxy, client, namespace, settings):
    _, after = through().update(CONFIG_MAPS, settings, namespace, annotate("a"), dry_run=True)
    assert after["metadata"]["annotations"]["a"] == "yes"
    assert "dryRun=All" in proxy.seen("PATCH")[0]
    assert "annotations" not in client.get(CONFIG_MAPS, settings, namespace)["metadata"]
    assert through().create(CONFIG_MAPS, {"metadata": {"name": "dry"}}, namespace, dry_run=True)
    assert client.find(CONFIG_MAPS, "dry", namespace) is None
    assert through().delete(CONFIG_MAPS, settings, namespace, dry_run=True)
    assert client.find(CONFIG_MAPS, settings, namespace)


@pytest.mark.parametrize("kind", ["merge", "json", "strategic"])
def test_row_3_a_conflict_is_read_and_decided_again(through, proxy, client, namespace, settings, kind):
    proxy.next("PATCH", times=2, meanwhile=interfere(client, settings, namespace))
    decisions = []

    def decide(live):
        decisions.append(live["data"]["count"])
        if kind == "json":
            return [{"op": "add", "path": "/data/done", "value": "yes"}]
        return {"data": {"done": "yes"}}

    _, after = through().update(CONFIG_MAPS, settings, namespace, decide, kind=kind)
    assert decisions == ["0", "1", "2"]
    assert after["data"] == {"count": "2", "done": "yes"}


def test_row_3_after_five_conflicts_the_other_manager_is_named(through, proxy, client, namespace, settings, failing):
    proxy.next("PATCH", times=99, meanwhile=interfere(client, settings, namespace, "argocd-controller"))
    error = failing(through().update, CONFIG_MAPS, settings, namespace, annotate("a"))
    assert isinstance(error, Conflict)
    assert "argocd-controller" in error.message
    assert error.facts["managers"] == ["argocd-controller"]
    assert len(proxy.seen("PATCH")) == 5
    assert "annotations" not in client.get(CONFIG_MAPS, settings, namespace)["metadata"]


def test_row_4_a_conflict_because_somebody_else_did_it_changes_nothing(through, proxy, client, namespace, settings):
    def steal():
        live = client.get(CONFIG_MAPS, settings, namespace)
        live["metadata"]["annotations"] = {"a": "yes"}
        query = {"fieldManager": "kubectl-edit"}
        client.transport.call(Request("update", CONFIG_MAPS, namespace, settings, query=query, body=live))

    proxy.next("PATCH", meanwhile=steal)
    _, after = through().update(CONFIG_MAPS, settings, namespace, annotate("a"))
    assert after is None


def test_row_2_a_patch_whose_answer_was_lost_is_ours_and_made_once(through, proxy, client, namespace, settings):
    version = client.get(CONFIG_MAPS, settings, namespace)["metadata"]["resourceVersion"]
    proxy.next("PATCH", reset="after")
    before, after = through().update(CONFIG_MAPS, settings, namespace, annotate("a"))
    assert before["metadata"]["resourceVersion"] == version
    assert after is not None, "the change was ours, whoever lost the answer"
    assert after["metadata"]["annotations"]["a"] == "yes"


def test_row_2_an_api_that_goes_down_after_the_patch_says_that_it_may_be_applied(
    through, proxy, client, namespace, settings, failing
):
    proxy.next("PATCH", times=99, reset="after")
    error = failing(through().update, CONFIG_MAPS, settings, namespace, annotate("a"))
    assert isinstance(error, (Unreachable, Conflict))
    assert client.get(CONFIG_MAPS, settings, namespace)["metadata"]["annotations"]["a"] == "yes"


def test_a_write_without_the_version_it_was_decided_on_is_refused(through, proxy, namespace, settings, failing):
    client = through()
    for error in (
        failing(client.patch, CONFIG_MAPS, settings, namespace, {"data": {"a": "b"}}),
        failing(client.patch, CONFIG_MAPS, settings, namespace, [{"op": "add", "path": "/data/a"}], kind="json"),
        failing(client.replace, CONFIG_MAPS, settings, namespace, {"metadata": {"name": settings}}),
    ):
        assert isinstance(error, BadInput)
    assert proxy.requests == []


def test_a_field_that_does_not_exist_is_refused_not_dropped(client, namespace, deployment, failing):
    error = failing(client.update, DEPLOYMENTS, deployment, namespace, lambda live: {"spec": {"replicaz": 3}})
    assert isinstance(error, BadInput)
    assert "replicaz" in error.message
    invalid = failing(client.update, DEPLOYMENTS, deployment, namespace, lambda live: {"spec": {"replicas": -1}})
    assert "spec.replicas" in invalid.message
    assert any("must be greater than or equal to 0" in cause for cause in invalid.facts["causes"])


def test_an_existing_name_is_a_conflict_that_says_so(client, namespace, settings, failing):
    error = failing(client.create, CONFIG_MAPS, {"metadata": {"name": settings}}, namespace)
    assert isinstance(error, Conflict)
    assert error.facts["already_exists"]


def test_a_delete_with_the_uid_never_hits_the_successor(client, through, proxy, namespace, settings, failing):
    uid = client.get(CONFIG_MAPS, settings, namespace)["metadata"]["uid"]
    error = failing(client.delete, CONFIG_MAPS, settings, namespace, uid="another")
    assert isinstance(error, Conflict)
    proxy.next("DELETE", reset="after")
    assert through().delete(CONFIG_MAPS, settings, namespace, uid=uid) is False
    assert client.find(CONFIG_MAPS, settings, namespace) is None
    assert len(proxy.seen("DELETE")) == 2


def test_a_delete_without_a_precondition_is_sent_once(client, through, proxy, namespace, settings, failing):
    proxy.next("DELETE", times=99, reset="before")
    assert isinstance(failing(through().delete, CONFIG_MAPS, settings, namespace), Unreachable)
    assert len(proxy.seen("DELETE")) == 1


def test_row_23_a_limit_range_or_quota_that_refuses_is_shown_and_nothing_changes(client, namespace):
    def refusal(resource, body):
        # Admission sees a new limit from its own cache, a moment after it was made.
        try:
            client.create(resource, body, namespace, dry_run=True)
        except Denied as error:
            return error
        return None

    limits = {"limits": [{"type": "Container", "max": {"memory": "64Mi"}}]}
    container = {"name": "a", "image": "a:1", "resources": {"limits": {"memory": "1Gi"}}}
    pod = {"metadata": {"name": "big"}, "spec": {"containers": [container]}}
    client.create(LIMIT_RANGES, {"metadata": {"name": "small"}, "spec": limits}, namespace)
    client.create(QUOTAS, {"metadata": {"name": "none"}, "spec": {"hard": {"count/configmaps": "0"}}}, namespace)
    try:
        error = wait_until(lambda: refusal(PODS, pod), what="the limit range")
        assert "maximum memory usage per Container is 64Mi" in error.message
        assert "Role" not in error.hint
        error = wait_until(lambda: refusal(CONFIG_MAPS, {"metadata": {"name": "toomany"}}), 20, "the quota")
        assert "exceeded quota: none" in error.message
    finally:
        client.delete(LIMIT_RANGES, "small", namespace)
        client.delete(QUOTAS, "none", namespace)


def test_row_22_a_disruption_budget_is_waited_for_and_never_walked_around(client, namespace, deployment, failing):
    pods = wait_until(lambda: client.list(PODS, namespace, label_selector=f"app={deployment}"))
    name = pods[0]["metadata"]["name"]
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": deployment}}}
    client.create(PDBS, {"metadata": {"name": deployment}, "spec": budget}, namespace)
    try:
        wait_until(lambda: (client.get(PDBS, deployment, namespace).get("status") or {}).get("observedGeneration"))
        started = client.deadline.elapsed()
        error = failing(client.evict, name, namespace, wait_s=6)
        assert isinstance(error, Precondition)
        assert error.facts["blocked_by"] == "DisruptionBudget"
        assert 4 < client.deadline.elapsed() - started < 8
        assert client.find(PODS, name, namespace)
    finally:
        client.delete(PDBS, deployment, namespace)
    assert client.evict(name, namespace, dry_run=True)
    assert "deletionTimestamp" not in client.get(PODS, name, namespace)["metadata"]
    assert client.evict(name, namespace, uid=pods[0]["metadata"]["uid"])
    wait_until(lambda: client.find(PODS, name, namespace) is None, what="the eviction")
    assert client.evict(name, namespace) is False
