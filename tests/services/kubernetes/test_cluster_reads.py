"""Reading from a real API server: what is there, what is not, and what is refused before it is asked."""

import time

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, Denied, NotFound
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import reader
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    Resource,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import rollout_status
from fault_proxy import wait_until

pytestmark = pytest.mark.services


def test_an_object_comes_as_a_plain_dictionary(client, namespace, deployment):
    live = client.get(DEPLOYMENTS, deployment, namespace)
    assert live["kind"] == "Deployment"
    assert rollout_status(live).done


def test_row_9_a_wrong_name_is_answered_with_the_nearest(client, namespace, deployment, failing):
    error = failing(client.get, DEPLOYMENTS, f"{deployment}x", namespace)
    assert isinstance(error, NotFound)
    assert f"{deployment}x in namespace {namespace}" in error.message
    assert deployment in error.hint


def test_row_9_a_wrong_namespace_is_answered_with_the_nearest_and_never_falls_back(client, namespace, failing):
    wrong = f"{namespace}x"
    for error in (
        failing(client.get, DEPLOYMENTS, "web", wrong),
        failing(client.list, PODS, wrong),
        failing(client.find, PODS, "web", wrong),
        failing(client.create, CONFIG_MAPS, {"metadata": {"name": "a"}}, wrong),
        failing(client.delete, PODS, "web", wrong),
    ):
        assert isinstance(error, NotFound)
        assert f"no namespace {wrong}" in error.message
        assert namespace in error.hint


def test_row_9_and_13_nothing_is_asked_without_namespace_name_or_selector(through, proxy, failing):
    client = through()
    for error in (
        failing(client.list, PODS, ""),
        failing(client.get, PODS, "", "default"),
        failing(client.list, PODS, "default", label_selector=""),
        failing(client.list, PODS, "default", label_selector="  "),
        failing(client.list, PODS, "default", field_selector=""),
        failing(client.delete, PODS, "", "default"),
        failing(client.evict, "", "default"),
        failing(client.log, "", "default"),
        failing(client.allowed, "get", PODS, ""),
        failing(client.get, PODS, "../secrets", "default"),
        failing(client.list, PODS, "../kube-system"),
        failing(client.list, PODS, "default\nX-Evil: 1"),
    ):
        assert isinstance(error, BadInput)
    assert proxy.requests == []


def test_absent_and_empty_are_no_errors_where_the_namespace_exists(client, namespace):
    assert client.find(PODS, "nothing", namespace) is None
    assert client.list(PODS, namespace, label_selector="app=nothing") == []


def test_row_8_a_missing_right_names_verb_resource_namespace_and_the_rule(nobody, namespace, failing):
    error = failing(nobody.list, PODS, namespace)
    assert isinstance(error, Denied)
    assert f"list pods in namespace {namespace}" in error.message
    assert '"resources": ["pods"]' in error.hint
    assert '"verbs": ["list"]' in error.hint
    assert (error.facts["verb"], error.facts["resource"], error.facts["namespace"]) == ("list", "pods", namespace)
    log = failing(nobody.log, "web", namespace)
    assert '"resources": ["pods/log"]' in log.hint
    write = failing(nobody.create, CONFIG_MAPS, {"metadata": {"name": "a"}}, namespace)
    assert '"verbs": ["create"]' in write.hint


def test_row_8_rights_are_known_before_anything_is_done(client, nobody, namespace):
    assert client.allowed("patch", DEPLOYMENTS, namespace)
    assert not nobody.allowed("patch", DEPLOYMENTS, namespace)
    assert not nobody.allowed("list", NAMESPACES)


def test_impersonation_carries_the_user_and_every_group(admin, proxy, through):
    through(impersonate_user="anna", impersonate_groups=["on-call", "readers"]).list(NAMESPACES)
    sent = [pair for pair in proxy.headers[-1] if pair[0].startswith("Impersonate-")]
    assert sent == [
        ("Impersonate-User", "anna"),
        ("Impersonate-Group", "on-call"),
        ("Impersonate-Group", "readers"),
    ]


def test_an_api_that_is_not_served_is_named(client, namespace, failing):
    error = failing(client.list, Resource("nothing.example", "v1", "things", "Thing"), namespace)
    assert isinstance(error, NotFound)
    assert "does not serve nothing.example/v1" in error.message


def test_long_lists_come_page_by_page_and_complete(client, through, proxy, namespace, monkeypatch):
    monkeypatch.setattr(reader, "PAGE", 3)
    for number in range(7):
        client.create(CONFIG_MAPS, {"metadata": {"name": f"page-{number}", "labels": {"set": "pages"}}}, namespace)
    paged = through()
    found = paged.list(CONFIG_MAPS, namespace, label_selector="set=pages")
    assert [item["metadata"]["name"] for item in found] == [f"page-{number}" for number in range(7)]
    assert len(proxy.seen("continue=")) == 2
    proxy.next("continue=", status=410, reason="Expired")
    again = paged.list(CONFIG_MAPS, namespace, label_selector="set=pages")
    assert len(again) == 7
    assert len(paged.list(CONFIG_MAPS, namespace, label_selector="set=pages", limit=2)) == 2


def test_row_25_a_log_is_capped_at_the_server_and_again_while_reading(client, through, proxy, namespace, deployment):
    pod = wait_until(lambda: client.list(PODS, namespace, label_selector=f"app={deployment}"))[0]["metadata"]["name"]
    proxy.next("/log", body=b"x" * 50_000_000)
    started = time.monotonic()
    assert through().log(pod, namespace, limit_bytes=1000) == b"x" * 1000
    assert time.monotonic() - started < 2
    assert "limitBytes=1000" in proxy.requests[-1]


def test_row_24_and_25_logs_that_cannot_be_had_say_why(client, namespace, deployment, failing):
    pod = client.list(PODS, namespace, label_selector=f"app={deployment}")[0]["metadata"]["name"]
    error = failing(client.log, pod, namespace, "nothing")
    assert isinstance(error, NotFound)
    assert "nothing is not valid" in error.message


def test_names_that_cannot_be_listed_do_not_hide_what_is_missing(through, proxy, namespace, failing):
    proxy.next("pods[?]", times=9, status=500, reason="InternalError")
    error = failing(through(5).get, PODS, "nothing", namespace)
    assert isinstance(error, NotFound)
    assert f"no pod nothing in namespace {namespace}" in error.message
