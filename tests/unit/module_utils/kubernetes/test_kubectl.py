"""Commands for people go to the cluster that we are on."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.remedies import steps
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.kubectl import kubectl


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ({}, "kubectl"),
        ({"kubeconfig": None, "context": "prod"}, "kubectl --context=prod"),
        ({"kubeconfig": "/a b/config", "context": "prod"}, "kubectl '--kubeconfig=/a b/config' --context=prod"),
        ({"host": "https://api:6443", "api_key": "secret"}, "kubectl --server=https://api:6443"),
        ({"kubeconfig": {"users": [{"token": "secret"}]}}, "kubectl"),
    ],
)
def test_the_command_names_the_cluster_and_no_credentials(options, command):
    assert kubectl(options) == command


def test_manual_steps_go_to_the_same_cluster():
    names = {"kubectl": "kubectl --context=prod", "namespace": "shop"}
    assert steps(["kubectl -n {namespace} get pods", "vault status"], names) == [
        "kubectl --context=prod -n shop get pods",
        "vault status",
    ]
