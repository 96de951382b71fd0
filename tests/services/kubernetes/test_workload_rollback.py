"""The rollback of a workload on the real control plane, and through a proxy that misbehaves."""

from __future__ import annotations

import time

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Conflict,
    NotFound,
    Precondition,
    RunbookError,
    Throttled,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import execute
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import DEPLOYMENTS, NAMESPACES
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import rollout_status
from ansible_collections.hotswap.runbooks.plugins.modules.workload_rollback import SPEC, run
from fault_proxy import wait_until


@pytest.fixture
def roll_back(client, namespace, deployment):
    """Call the module's function as Ansible would; options and the client can be replaced.

    ``wholly`` returns what Ansible gets of it, also of a failure.
    """

    def call(using=None, seconds=60, check_mode=False, said=None, wholly=False, **options):
        given = dict.fromkeys(SPEC.argument_spec())
        given |= {"namespace": namespace, "workload": f"deployment/{deployment}", "force": False, **options}
        surroundings = {
            "check_mode": check_mode,
            "progress": (said if said is not None else []).append,
            "kubernetes": lambda _options, deadline: (using or client).within(deadline),
        }
        if wholly:
            given |= {"deadline": seconds, "incident": "inc-test"}
            return execute(run, given, diff=False, verbosity=0, **surroundings)
        return run(given, Context(deadline=Deadline(seconds), incident="inc-test", **surroundings))

    return call


@pytest.fixture
def release(client, namespace, deployment):
    """Roll out an image; waits for the end of the rollout unless told otherwise."""

    def deploy(image, wait=True):
        template = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}}
        client.update(DEPLOYMENTS, deployment, namespace, lambda _live: template, kind="strategic")
        revision = (client.get(DEPLOYMENTS, deployment, namespace)["metadata"]).get("generation")
        wait_until(lambda: seen(revision), 30)
        if wait:
            wait_until(lambda: rollout_status(client.get(DEPLOYMENTS, deployment, namespace)).done, 30)
            wait_until(quiet, 30)

    def quiet():
        """Its controller still writes to it while old pods end: that would be a conflict of its own."""
        versions = set()
        for _ in range(3):
            versions.add(client.get(DEPLOYMENTS, deployment, namespace)["metadata"]["resourceVersion"])
            time.sleep(0.4)
        return len(versions) == 1

    def seen(generation):
        live = client.get(DEPLOYMENTS, deployment, namespace)
        return (live.get("status") or {}).get("observedGeneration", 0) >= generation

    return deploy


@pytest.fixture
def live(client, namespace, deployment):
    return lambda: client.get(DEPLOYMENTS, deployment, namespace)


def image(item):
    return item["spec"]["template"]["spec"]["containers"][0]["image"]


def annotate(client, namespace, deployment, **annotations):
    body = {"metadata": {"annotations": annotations}}
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: body)


def test_a_bad_release_is_left_and_row_15_a_second_run_stays(roll_back, release, live):
    release("web:2-bad", wait=False)
    said = []
    first = roll_back(said=said)
    assert first.changed
    assert image(live()) == "web:1"
    assert first.data["rollout"]["done"]
    assert first.undo.endswith("--to-revision=2")
    annotations = live()["metadata"]["annotations"]
    assert annotations["runbooks.hotswap/incident"] == "inc-test"
    assert annotations["runbooks.hotswap/action"] == "rollback"
    before = live()["metadata"]["generation"]
    second = roll_back()
    assert not second.changed
    assert "rolled it back already" in second.summary
    assert live()["metadata"]["generation"] == before


def test_check_mode_says_the_same_and_writes_nothing(roll_back, release, live):
    release("web:2")
    before = live()["metadata"]["resourceVersion"]
    planned = roll_back(check_mode=True)
    assert planned.changed
    assert planned.summary.startswith("Would roll deployment/")
    assert image({"spec": planned.after}) == "web:1"
    assert live()["metadata"]["resourceVersion"] == before


def test_annotations_of_others_are_kept(roll_back, release, live, client, namespace, deployment):
    annotate(client, namespace, deployment, **{"example.com/owner": "team-a"})
    release("web:2")
    roll_back()
    assert live()["metadata"]["annotations"]["example.com/owner"] == "team-a"


@pytest.mark.parametrize("gone", [{"times": 99, "reset": "before"}, {"times": 99, "delay": 30}], ids=["gone", "hangs"])
def test_row_2_the_api_server_is_gone_after_the_change(roll_back, release, live, through, proxy, gone):
    release("web:2")
    proxy.next("^PATCH ", meanwhile=lambda: proxy.next("^GET .*deployments", **gone))
    unverified = roll_back(using=through(), seconds=10, wholly=True)
    assert unverified["error_class"] == "partial"
    assert unverified["msg"].startswith("Rolled deployment/")
    assert "but that is not proved" in unverified["msg"]
    assert "could not be watched" in unverified["msg"]
    assert unverified["changed"] is True
    assert "rollout undo" in unverified["facts"]["undo"]
    assert image(live()) == "web:1"
    again = roll_back()
    assert not again.changed
    assert again.data["rollout"]["done"]


def test_row_3_a_conflict_is_read_and_decided_again(roll_back, release, live, through, proxy):
    release("web:2")
    proxy.next("^PATCH ", times=2, status=409, reason="Conflict")
    assert roll_back(using=through()).changed
    assert image(live()) == "web:1"


def test_row_3_who_keeps_changing_it_is_named(roll_back, release, through, proxy):
    release("web:2")
    proxy.next("^PATCH ", times=50, status=409, reason="Conflict")
    with pytest.raises(Conflict):
        roll_back(using=through())
    assert len(proxy.seen("^PATCH ")) == 5


def test_row_4_somebody_else_rolls_back_at_the_same_moment(roll_back, release, live, through, proxy):
    release("web:2")
    proxy.next("^PATCH ", times=1, status=409, reason="Conflict", meanwhile=roll_back)
    outcome = roll_back(using=through())
    assert not outcome.changed
    assert "no longer the current one" in outcome.summary
    assert image(live()) == "web:1"


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}])
def test_row_5_patience_is_shown_and_bounded(roll_back, release, live, through, proxy, headers):
    release("web:2")
    proxy.next("^PATCH ", times=2, status=429, reason="TooManyRequests", headers=headers)
    assert roll_back(using=through()).changed
    assert image(live()) == "web:1"


def test_row_5_a_server_that_never_has_time_ends_as_throttled(roll_back, release, live, through, proxy):
    release("web:2")
    proxy.next("^PATCH ", times=99, status=429, reason="TooManyRequests")
    with pytest.raises(Throttled):
        roll_back(using=through(), seconds=20)
    assert image(live()) == "web:2"


def test_row_10_on_another_cluster_nothing_is_changed(roll_back, release, live):
    release("web:2")
    with pytest.raises(Precondition) as refused:
        roll_back(cluster="production.example.com")
    assert "not the expected production.example.com" in refused.value.message
    assert image(live()) == "web:2"


def test_row_10_the_expected_cluster_is_known_by_its_name_and_by_its_uid(roll_back, release, client):
    release("web:2")
    uid = client.get(NAMESPACES, "kube-system")["metadata"]["uid"]
    assert roll_back(cluster=uid, check_mode=True).changed
    assert roll_back(cluster="127.0.0.1", check_mode=True).changed


def test_row_11_a_selector_that_matches_nothing_is_refused(roll_back):
    with pytest.raises(NotFound) as refused:
        roll_back(workload=None, selector="app=nobody")
    assert "matches no workload" in refused.value.message


def test_row_12_a_selector_that_matches_two_workloads_lists_both(roll_back, client, namespace, deployment):
    twin = client.get(DEPLOYMENTS, deployment, namespace)
    labels = {"app": f"{deployment}-twin", "tier": "shared"}
    body = {
        "metadata": {"name": f"{deployment}-twin"},
        "spec": {**twin["spec"], "selector": {"matchLabels": labels}},
    }
    body["spec"]["template"]["metadata"]["labels"] = labels
    client.create(DEPLOYMENTS, body, namespace)
    try:
        wait_until(lambda: rollout_status(client.get(DEPLOYMENTS, f"{deployment}-twin", namespace)).done, 30)
        with pytest.raises(Precondition) as refused:
            roll_back(workload=None, selector=f"app in ({deployment}, {deployment}-twin)")
        assert f"deployment/{deployment} and deployment/{deployment}-twin" in refused.value.message
    finally:
        client.delete(DEPLOYMENTS, f"{deployment}-twin", namespace)


def test_row_13_an_empty_selector_is_refused(roll_back):
    with pytest.raises(BadInput):
        roll_back(workload=None, selector=" ")


def test_row_14_the_first_release_lists_what_there_is(roll_back):
    with pytest.raises(Precondition) as refused:
        roll_back()
    assert "1 (web:1)" in refused.value.message


def test_row_16_it_does_not_walk_further_back_by_itself(roll_back, release, live):
    release("web:2")
    release("web:3")
    assert roll_back().changed
    assert image(live()) == "web:2"
    assert not roll_back().changed
    assert image(live()) == "web:2"
    assert roll_back(to_revision=1).changed
    assert image(live()) == "web:1"


def test_row_17_a_paused_deployment_is_refused_with_the_way_on(roll_back, release, client, namespace, deployment):
    release("web:2")
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: {"spec": {"paused": True}})
    with pytest.raises(Precondition) as refused:
        roll_back()
    assert "rollout resume" in refused.value.hint


def test_a_rollback_that_would_take_the_last_ready_replica_is_made_on_purpose_only(
    roll_back, release, live, client, namespace, deployment
):
    release("web:2")
    recreate = {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}}
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: recreate)
    wait_until(lambda: rollout_status(live()).done, 30)
    with pytest.raises(Precondition) as refused:
        roll_back()
    assert "A rollback of" in refused.value.message
    assert "only ready replica away: its strategy is Recreate" in refused.value.message
    assert "allow_outage=true" in refused.value.hint
    assert image(live()) == "web:2"
    assert roll_back(allow_outage=True).changed
    assert image(live()) == "web:1"


def test_row_15_a_rollback_to_a_named_revision_run_twice_stays_too(roll_back, release, live):
    release("web:2")
    release("web:3")
    assert roll_back(to_revision=1).changed
    again = roll_back(to_revision=1)
    assert not again.changed
    assert "inc-test rolled it back already" in again.summary
    assert image(live()) == "web:1"


def test_row_18_a_rollout_that_cannot_succeed_ends_early_with_the_reason(roll_back, release):
    release("web:2-bad", wait=False)
    release("web:3", wait=True)
    deadline = 60
    with pytest.raises(RunbookError) as stuck:
        roll_back(to_revision=2, force=True, seconds=deadline)
    assert "CrashLoopBackOff (exit code 1)" in stuck.value.message
    assert stuck.value.error_class == "precondition"


@pytest.mark.parametrize(
    ("tool", "marks"),
    [
        ("Argo CD", {"argocd.argoproj.io/tracking-id": "x"}),
        ("Flux", {"kustomize.toolkit.fluxcd.io/name": "x"}),
    ],
)
def test_row_19_what_a_tool_owns_needs_force(roll_back, release, live, client, namespace, deployment, tool, marks):
    release("web:2")
    annotate(client, namespace, deployment, **marks)
    with pytest.raises(Precondition) as refused:
        roll_back()
    assert f"belongs to {tool}" in refused.value.message
    assert image(live()) == "web:2"
    forced = roll_back(force=True)
    assert forced.changed
    assert any(tool in warning for warning in forced.warnings)


def test_after_a_restart_the_release_before_the_bad_one_comes_back(
    roll_back, release, live, client, namespace, deployment
):
    release("web:2")
    mark = {"kubectl.kubernetes.io/restartedAt": "2026-11-23T03:00:00Z"}
    restarted = {"spec": {"template": {"metadata": {"annotations": mark}}}}
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: restarted)
    wait_until(lambda: rollout_status(live()).done, 30)
    assert roll_back().changed
    assert image(live()) == "web:1"


def test_an_interrupted_run_writes_nothing_more(client, namespace, deployment, release, live):
    release("web:2")
    options = dict.fromkeys(SPEC.argument_spec())
    options |= {"namespace": namespace, "workload": f"deployment/{deployment}", "force": False}
    context = Context(deadline=Deadline(30), interrupted=lambda: True, kubernetes=lambda _o, d: client.within(d))
    with pytest.raises(Precondition):
        run(options, context)
    assert image(live()) == "web:2"
