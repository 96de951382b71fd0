"""Maintenance mode on the real control plane: page, Service, replicas, and the same way back."""

from __future__ import annotations

from itertools import groupby

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Denied,
    NotFound,
    Partial,
    Precondition,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.connection import connect
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.front import INGRESSES
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    HPAS,
    LEASES,
    SERVICES,
    Resource,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import rollout_status
from ansible_collections.hotswap.runbooks.plugins.modules.workload_maintenance import SPEC, run
from fault_proxy import wait_until

WRITE = r"^(POST|PATCH|PUT|DELETE) (?!.*(dryRun|selfsubject|leases))"


@pytest.fixture
def turn(client, namespace, deployment):
    """Call the module's function as Ansible would; ``writes`` is after how many writes the run is killed."""

    def call(state, using=None, seconds=60, check_mode=False, writes=None, **options):
        given = {name: option.get("default") for name, option in SPEC.argument_spec().items()}
        given |= {"namespace": namespace, "workload": f"deployment/{deployment}", "state": state}
        if state == "on":
            given["reason"] = "a test"
        left = iter([False] * writes) if writes is not None else None
        context = Context(
            deadline=Deadline(seconds),
            check_mode=check_mode,
            incident="inc-test",
            interrupted=lambda: next(left, True) if left is not None else False,
            kubernetes=lambda _options, deadline: (using or client).within(deadline),
        )
        return run({**given, **options}, context)

    return call


@pytest.fixture
def service(client, namespace, deployment):
    """A Service that leads to the Deployment, by a number and by a name."""
    ports = [{"name": "http", "port": 80, "targetPort": 8080}, {"name": "admin", "port": 81, "targetPort": "admin"}]
    spec = {"selector": {"app": deployment}, "ports": ports}
    client.create(SERVICES, {"metadata": {"name": deployment}, "spec": spec}, namespace)
    yield deployment
    client.delete(SERVICES, deployment, namespace)
    for kind in (DEPLOYMENTS, CONFIG_MAPS):
        client.delete(kind, f"{deployment}-maintenance", namespace)


@pytest.fixture
def world(client, namespace, deployment):
    """What maintenance mode touches, as it is."""

    def read():
        live = client.get(DEPLOYMENTS, deployment, namespace)
        spec = client.get(SERVICES, deployment, namespace)["spec"]
        pages = [client.find(kind, f"{deployment}-maintenance", namespace) for kind in (DEPLOYMENTS, CONFIG_MAPS)]
        ports = [port["targetPort"] for port in spec["ports"]]
        return live["spec"]["replicas"], spec["selector"], ports, [page is not None for page in pages]

    return read


def written(proxy):
    """What was written to; a write that met a conflict is followed by its repetition and counts once."""
    return [request for request, _tries in groupby(request.split("?")[0] for request in proxy.seen(WRITE))]


def endpoints(client, namespace, service):
    slices = client.list(ENDPOINT_SLICES, namespace, label_selector=f"kubernetes.io/service-name={service}")
    return [
        endpoint["targetRef"]["name"]
        for item in slices
        for endpoint in item.get("endpoints") or []
        if endpoint["conditions"].get("ready")
    ]


def test_row_21_on_keeps_the_count_and_off_restores_exactly(turn, service, world, client, namespace, deployment):
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: {"spec": {"replicas": 3}})
    before = world()
    outcome = turn("on")
    assert outcome.changed
    assert outcome.data["written"] == [
        f"configmap/{deployment}-maintenance",
        f"deployment/{deployment}-maintenance",
        f"service/{deployment}",
        f"deployment/{deployment}",
    ]
    page = {"runbooks.hotswap/maintenance-page": deployment}
    assert world() == (0, page, [8080, "admin"], [True, True])
    annotations = client.get(DEPLOYMENTS, deployment, namespace)["metadata"]["annotations"]
    assert annotations["runbooks.hotswap/action"] == "maintenance"
    assert '"replicas":3' in annotations["runbooks.hotswap/previous"]
    assert '"reason":"a test"' in annotations["runbooks.hotswap/previous"]
    found = wait_until(lambda: endpoints(client, namespace, service), 30)
    assert all(name.startswith(f"{deployment}-maintenance-") for name in found)
    outcome = turn("off")
    assert outcome.changed
    assert "has 3 replicas again" in outcome.summary
    assert world() == before
    assert rollout_status(client.get(DEPLOYMENTS, deployment, namespace)).done
    kept = client.get(DEPLOYMENTS, deployment, namespace)["metadata"]["annotations"]
    assert "runbooks.hotswap/previous" not in kept


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_row_21_nothing_goes_to_zero_without_a_reason(turn, service, world, reason):
    before = world()
    with pytest.raises(BadInput, match="no reason"):
        turn("on", reason=reason)
    assert world() == before


def test_the_second_time_nothing_is_written(turn, service, through, proxy):
    turn("on")
    again = turn("on", using=through())
    assert not again.changed
    assert written(proxy) == []
    turn("off")
    again = turn("off", using=through())
    assert not again.changed
    assert "not in maintenance mode" in again.summary
    assert written(proxy) == []


def test_off_without_on_changes_nothing_and_takes_no_lock(turn, service, world, client, namespace, deployment):
    before = world()
    outcome = turn("off")
    assert not outcome.changed
    assert outcome.summary == f"Nothing was changed: deployment/{deployment} is not in maintenance mode."
    assert world() == before
    assert client.find(LEASES, f"runbooks-deployment-{deployment}", namespace) is None


@pytest.mark.parametrize("state", ["on", "off"])
@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_killed_between_two_writes_the_next_run_makes_each_change_once(
    turn, service, world, through, proxy, state, writes
):
    before = world()
    if state == "off":
        turn("on")
    with pytest.raises(Precondition, match="interrupted"):
        turn(state, using=through(), writes=writes)
    assert len(written(proxy)) <= writes
    assert turn(state, using=through()).changed
    assert len(written(proxy)) == 4
    assert len(set(written(proxy))) == 4
    assert not turn(state, using=through()).changed
    assert world()[0] == (0 if state == "on" else 1)
    if state == "on":
        turn("off")
    assert world() == before


def test_off_after_a_run_that_was_killed_on_its_way_on_cleans_up(turn, service, world):
    before = world()
    with pytest.raises(Precondition, match="interrupted"):
        turn("on", writes=2)
    assert turn("off").changed
    assert world() == before


def test_check_mode_says_the_same_and_writes_nothing(turn, service, world, through, proxy):
    before = world()
    planned = turn("on", using=through(), check_mode=True)
    assert planned.changed
    assert planned.summary.startswith("Would turn maintenance mode on")
    assert written(proxy) == []
    assert len(proxy.seen("dryRun=All")) == 4
    assert world() == before
    turn("on")
    planned = turn("off", using=through(), check_mode=True)
    assert len(planned.data["written"]) == 4
    assert world()[0] == 0
    assert world()[3] == [True, True]


def test_a_page_that_does_not_come_up_leaves_the_service_alone(turn, service, world):
    before = world()
    with pytest.raises(Precondition, match="stuck"):
        turn("on", page_image="page:1-missing")
    assert world()[:3] == before[:3]
    # The next run brings the right page up in its place.
    assert turn("on").changed
    assert world()[0] == 0


@pytest.fixture
def viewer(admin, client, namespace):
    """A client that acts as a person who may look at everything."""
    bindings = Resource("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "viewer"}
    client.create(bindings, {"metadata": {"name": "viewer"}, "roleRef": role, "subjects": [subject]}, namespace)
    acting = connect({**admin, "impersonate_user": "viewer"}, Deadline(30))
    wait_until(lambda: acting.allowed("get", DEPLOYMENTS, namespace), 10)
    yield acting
    client.delete(bindings, "viewer", namespace)


def test_row_8_missing_rights_are_told_before_anything_is_changed(turn, service, world, viewer):
    before = world()
    with pytest.raises(Denied) as refused:
        turn("on", using=viewer)
    assert "patch services" in refused.value.message
    assert "create configmaps" in refused.value.message
    assert world() == before


def test_row_12_two_services_are_listed_and_one_has_to_be_named(turn, service, client, namespace, deployment):
    other = f"{deployment}-other"
    spec = {"selector": {"app": deployment}, "ports": [{"port": 80}]}
    client.create(SERVICES, {"metadata": {"name": other}, "spec": spec}, namespace)
    try:
        with pytest.raises(Precondition) as refused:
            turn("on")
        assert f"{deployment}, {other}" in refused.value.message
        assert "maintenance_service" in refused.value.hint
        assert turn("on", service=deployment, check_mode=True).changed
    finally:
        client.delete(SERVICES, other, namespace)


def test_without_a_service_it_is_refused(turn, world, client, namespace, deployment):
    with pytest.raises(NotFound, match="No Service"):
        turn("on")
    assert client.get(DEPLOYMENTS, deployment, namespace)["spec"]["replicas"] == 1


def test_a_service_that_leads_elsewhere_is_refused(turn, service, client, namespace, deployment):
    other = f"{deployment}-other"
    client.create(
        SERVICES, {"metadata": {"name": other}, "spec": {"selector": {"app": "x"}, "ports": [{"port": 80}]}}, namespace
    )
    try:
        with pytest.raises(Precondition, match="does not lead"):
            turn("on", service=other)
        with pytest.raises(Precondition, match="No pod behind Service"):
            turn("on", page_service=other)
    finally:
        client.delete(SERVICES, other, namespace)


@pytest.mark.parametrize("state", ["maybe", "", None])
def test_another_state_is_refused(turn, service, world, state):
    before = world()
    with pytest.raises(BadInput, match=r"maintenance mode|Maintenance mode"):
        turn(state)
    assert world() == before


@pytest.mark.parametrize("state", ["True", "yes", "ON"])
def test_yaml_s_own_words_are_taken(turn, service, state):
    assert turn(state, reason="a test", check_mode=True).data["maintenance"] == "on"


def test_a_service_that_somebody_switched_since_is_refused(turn, service, client, namespace):
    turn("on")
    client.update(SERVICES, service, namespace, lambda _live: {"spec": {"selector": {"app": "canary"}}})
    with pytest.raises(Precondition, match=f"service/{service} was changed"):
        turn("off")
    assert client.get(DEPLOYMENTS, service, namespace)["spec"]["replicas"] == 0
    turn("off", overwrite=True)
    assert client.get(SERVICES, service, namespace)["spec"]["selector"] == {"app": service}


def test_a_count_that_somebody_set_meanwhile_stays(turn, service, client, namespace, deployment):
    turn("on")
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: {"spec": {"replicas": 2}})
    assert turn("off").data["replicas"] == 2
    assert client.get(DEPLOYMENTS, deployment, namespace)["spec"]["replicas"] == 2


def test_row_19_what_a_tool_owns_needs_force_and_leaves_no_page_behind(turn, service, world, client, namespace):
    marks = {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}}
    client.update(SERVICES, service, namespace, lambda _live: marks)
    before = world()
    with pytest.raises(Precondition, match="belongs to Argo CD"):
        turn("on")
    assert world() == before
    assert turn("on", force=True).changed


def test_row_20_an_autoscaler_is_left_alone_and_named(turn, service, client, namespace, deployment):
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 5}
    client.create(HPAS, {"metadata": {"name": deployment}, "spec": spec}, namespace)
    try:
        warned = turn("on").warnings
        assert any("leaves a workload at zero alone" in warning for warning in warned)
        assert any("range is 1 to 5" in warning for warning in turn("off").warnings)
    finally:
        client.delete(HPAS, deployment, namespace)


def test_row_2_gone_after_the_last_write_the_next_run_only_looks(turn, service, world, through, proxy):
    proxy.next(f"^PATCH .*deployments/{service}\\?", meanwhile=lambda: proxy.next("^GET ", times=99, reset="before"))
    with pytest.raises(Partial, match="could not be watched"):
        turn("on", using=through(), seconds=20)
    assert world()[0] == 0
    assert not turn("on").changed


@pytest.fixture
def own_page(client, namespace, deployment):
    """A page of the person's own: a ready Deployment behind a Service of another port name."""
    name = f"{deployment}-sorry"
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "page", "image": "page:1"}]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    client.create(DEPLOYMENTS, {"metadata": {"name": name}, "spec": spec}, namespace)
    ports = [{"port": 8000, "targetPort": 9000}]
    client.create(SERVICES, {"metadata": {"name": name}, "spec": {"selector": labels, "ports": ports}}, namespace)
    wait_until(lambda: (client.get(DEPLOYMENTS, name, namespace).get("status") or {}).get("availableReplicas"), 30)
    yield name
    client.delete(DEPLOYMENTS, name, namespace)
    client.delete(SERVICES, name, namespace)


def test_a_service_of_one_s_own_answers_with_its_own_ports(turn, service, world, own_page):
    before = world()
    turn("on", page_service=own_page)
    assert world() == (0, {"app": own_page}, [9000, 9000], [False, False])
    assert not turn("on").changed
    turn("off")
    assert world() == before


def test_an_ingress_is_switched_in_place_of_the_service(turn, service, world, client, namespace, own_page):
    backend = {"service": {"name": service, "port": {"name": "http"}}}
    other = {"service": {"name": "other", "port": {"number": 80}}}
    paths = [
        {"path": "/", "pathType": "Prefix", "backend": backend},
        {"path": "/o", "pathType": "Prefix", "backend": other},
    ]
    spec = {"rules": [{"host": "a.example.com", "http": {"paths": paths}}]}
    client.create(INGRESSES, {"metadata": {"name": service}, "spec": spec}, namespace)
    try:
        before = world()
        turn("on", ingress=service, page_service=own_page)
        live = client.get(INGRESSES, service, namespace)["spec"]["rules"][0]["http"]["paths"]
        assert live[0]["backend"]["service"] == {"name": own_page, "port": {"number": 8000}}
        assert live[1]["backend"] == other
        assert world() == (0, *before[1:])
        turn("off")
        assert client.get(INGRESSES, service, namespace)["spec"]["rules"] == spec["rules"]
        assert world() == before
    finally:
        client.delete(INGRESSES, service, namespace)


@pytest.fixture
def without_listing(admin, client, namespace):
    """A client that acts as a person who may do all of it, but not list Ingresses."""
    rbac = "rbac.authorization.k8s.io"
    roles, bindings = Resource(rbac, "v1", "roles", "Role"), Resource(rbac, "v1", "rolebindings", "RoleBinding")
    everything = [("apps", "*"), ("", "*"), ("coordination.k8s.io", "leases"), ("autoscaling", "*")]
    rules = [{"apiGroups": [group], "resources": [resource], "verbs": ["*"]} for group, resource in everything]
    rules.append({"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": ["get", "patch"]})
    client.create(roles, {"metadata": {"name": "acting"}, "rules": rules}, namespace)
    reference = {"apiGroup": rbac, "kind": "Role", "name": "acting"}
    subject = {"apiGroup": rbac, "kind": "User", "name": "acting"}
    client.create(bindings, {"metadata": {"name": "acting"}, "roleRef": reference, "subjects": [subject]}, namespace)
    acting = connect({**admin, "impersonate_user": "acting"}, Deadline(120))
    wait_until(lambda: acting.allowed("get", DEPLOYMENTS, namespace), 10)
    yield acting
    client.delete(bindings, "acting", namespace)
    client.delete(roles, "acting", namespace)


def test_an_ingress_that_nobody_may_list_is_led_back_all_the_same(
    turn, service, world, client, namespace, own_page, without_listing
):
    backend = {"service": {"name": service, "port": {"name": "http"}}}
    spec = {"rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]}
    client.create(INGRESSES, {"metadata": {"name": service}, "spec": spec}, namespace)
    try:
        before = world()
        turn("on", using=without_listing, ingress=service, page_service=own_page)
        assert not turn("on", using=without_listing, ingress=service, page_service=own_page).changed
        assert turn("off", using=without_listing).changed
        assert client.get(INGRESSES, service, namespace)["spec"]["rules"] == spec["rules"]
        assert world() == before
    finally:
        client.delete(INGRESSES, service, namespace)


def test_a_workload_known_by_its_selector_alone_comes_back_from_zero(turn, service, world, deployment):
    before = world()
    by_selector = {"workload": None, "selector": f"app={deployment}"}
    assert turn("on", **by_selector).changed
    assert world()[0] == 0
    assert not turn("on", **by_selector).changed
    assert turn("off", **by_selector).changed
    assert world() == before


def test_a_paused_deployment_is_refused_with_the_way_on(turn, service, world, client, namespace, deployment):
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: {"spec": {"paused": True}})
    before = world()
    with pytest.raises(Precondition, match="is paused") as refused:
        turn("on")
    assert "rollout resume" in refused.value.hint
    assert world() == before


def test_others_behind_the_same_service_are_not_taken_away_unasked(turn, client, namespace, deployment):
    shared, canary = f"{deployment}-shared", f"{deployment}-canary"
    labels = {"app": canary, "tier": shared}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    spec = {"selector": {"matchLabels": {"app": canary}}, "template": template}
    client.create(DEPLOYMENTS, {"metadata": {"name": canary}, "spec": spec}, namespace)
    front = {"selector": {"tier": shared}, "ports": [{"port": 80}]}
    client.create(SERVICES, {"metadata": {"name": shared}, "spec": front}, namespace)
    tier = {"spec": {"template": {"metadata": {"labels": {"tier": shared}}}}}
    client.update(DEPLOYMENTS, deployment, namespace, lambda _live: tier)
    try:
        for name in (deployment, canary):
            wait_until(lambda name=name: rollout_status(client.get(DEPLOYMENTS, name, namespace)).done, 30)
        with pytest.raises(Precondition) as refused:
            turn("on")
        assert f"Service {shared} leads to ready pods of others, too" in refused.value.message
        assert f"{canary}-" in refused.value.message
        assert client.get(SERVICES, shared, namespace)["spec"]["selector"] == {"tier": shared}
        assert turn("on", allow_outage=True).changed
        assert turn("off").changed
    finally:
        client.delete(DEPLOYMENTS, canary, namespace)
        client.delete(SERVICES, shared, namespace)
        for kind in (DEPLOYMENTS, CONFIG_MAPS):
            client.delete(kind, f"{shared}-maintenance", namespace)
