"""The page answers where the Service sends its requests."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.maintenance import checked_reason, wanted
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.maintenance_page import (
    manifest_mark,
    page_manifests,
    page_name,
)


def service(*ports, **spec):
    return {"metadata": {"name": "web"}, "spec": {"ports": list(ports), **spec}}


def container(deployment):
    return deployment["spec"]["template"]["spec"]["containers"][0]


def test_it_listens_on_each_target_port_once_and_gives_a_name_a_number():
    ports = [{"port": 80, "targetPort": 8080}, {"port": 81, "targetPort": 8080}, {"port": 82, "targetPort": "http"}]
    config, deployment = page_manifests(service(*ports), "nginx:1", 60)
    assert container(deployment)["ports"] == [{"containerPort": 8080}, {"containerPort": 18080, "name": "http"}]
    text = config["data"]["nginx.conf"]
    assert text.count("listen 8080;") == 1
    assert "listen 18080;" in text
    assert "return 503" in text
    assert "add_header Retry-After 60 always;" in text
    assert text.count("{") == text.count("}")


def test_a_service_without_a_target_port_sends_to_its_own():
    _config, deployment = page_manifests(service({"port": 80}), "nginx:1", 60)
    assert container(deployment)["ports"] == [{"containerPort": 80}]


@pytest.mark.parametrize(
    ("families", "listens"),
    [
        (["IPv4"], ["listen 80;"]),
        (["IPv6"], ["listen [::]:80 ipv6only=on;"]),
        (["IPv4", "IPv6"], ["listen 80;", "listen [::]:80 ipv6only=on;"]),
    ],
)
def test_it_listens_only_in_the_families_of_the_service(families, listens):
    config, _deployment = page_manifests(service({"port": 80}, ipFamilies=families), "nginx:1", 60)
    said = [line.strip() for line in config["data"]["nginx.conf"].splitlines() if "listen" in line]
    assert said == listens


def test_a_service_without_a_tcp_port_is_refused():
    with pytest.raises(Precondition, match="no TCP port"):
        page_manifests(service({"port": 53, "protocol": "UDP"}), "nginx:1", 60)


def test_another_image_or_another_text_is_another_page():
    marks = {
        manifest_mark(page_manifests(service({"port": 80}), image, seconds)[1])
        for image, seconds in [("nginx:1", 60), ("nginx:2", 60), ("nginx:1", 61)]
    }
    assert len(marks) == 3


def test_its_name_is_no_longer_than_a_name_may_be():
    assert len(page_name("a" * 63)) <= 63
    assert page_name("web") == "web-maintenance"


@pytest.mark.parametrize(
    ("said", "on"), [("on", True), ("True", True), ("YES", True), ("off", False), ("False", False)]
)
def test_on_and_off_are_taken_as_yaml_reads_them(said, on):
    assert wanted(said) is on


@pytest.mark.parametrize("said", ["", None, "maybe", "0"])
def test_anything_else_is_refused(said):
    with pytest.raises(BadInput) as refused:
        wanted(said)
    assert "maintenance_state" in refused.value.hint


def test_a_reason_is_stripped_and_needed():
    assert checked_reason(" why ") == "why"
    with pytest.raises(BadInput):
        checked_reason(" ")
