"""What may be shown of a module's options, beyond what ``no_log`` hides by itself."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.options import connection_secrets
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.secrets import HIDDEN, presentable
from ansible_collections.hotswap.runbooks.plugins.module_utils.service_options import service_from

CANARY = "c4n4ry"


@pytest.mark.parametrize(
    "options",
    [
        {"health_url": f"https://bob:{CANARY}@api.example.com/health"},
        {"metrics_url": f"https://api.example.com/metrics?token={CANARY}"},
        {"vault": {"urls": [f"https://x:{CANARY}@vault.example.com:8200"]}},
        {"database": {"login_pasword": 1, "password": CANARY}},
        {"database": {"connect_params": {"sslpassword": CANARY}}},
        {"kubeconfig": {"users": [{"name": "me", "user": {"token": CANARY, "client-key-data": CANARY}}]}},
        {"kubeconfig": f"users:\n- user:\n    token: {CANARY}\n"},
        {"kubeconfig": f"users: [{{user: {{token: {CANARY}}}}}]"},
        {"kubeconfig": json.dumps({"users": [{"user": {"token": CANARY}}]})},
    ],
)
def test_a_secret_that_no_option_declares_is_not_shown(options):
    assert CANARY not in json.dumps(presentable(options))


def test_what_is_no_secret_stays_readable():
    options = {
        "health_url": "https://api.example.com:8443/health",
        "kubeconfig": "/home/me/.kube/config",
        "validate_certs": True,
        "login_password": None,
        "deadline": 10.0,
        "impersonate_groups": ["a", "b"],
        "reason": "Upgrade: back at five",
    }
    assert presentable(options) == options
    assert presentable({"url": "http://bob:x@h:1/p?q=1"}) == {"url": "http://h:1/p?…"}
    assert presentable({"token": "t"}) == {"token": HIDDEN}


def test_the_credentials_of_an_inline_kubeconfig_are_known_secrets():
    user = {"name": "me", "user": {"token": "tok-en", "client-key-data": "k3y", "password": "pw-d"}}
    service = Service("api", kubernetes={"kubeconfig": {"users": [user]}})
    assert {"tok-en", "k3y", "pw-d"} <= service.secrets()


@pytest.mark.parametrize("written", [json.dumps, yaml.safe_dump])
def test_so_are_those_of_a_kubeconfig_that_is_given_as_text(written):
    text = written({"users": [{"name": "me", "user": {"token": "tok-en"}}]})
    options = {"service": "api", "health_url": "http://x", "prometheus_window": "5m", "kubeconfig": text}
    assert "tok-en" in service_from(options).secrets()
    assert connection_secrets(options) == {"tok-en"}


def test_the_credentials_of_the_proxy_are_known_secrets():
    service = Service("api", kubernetes={"proxy_headers": {"proxy_basic_auth": "bob:p4ss", "user_agent": "runbooks"}})
    assert service.secrets() == {"bob:p4ss"}
