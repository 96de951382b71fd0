from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.options import KUBERNETES_OPTIONS
from ansible_collections.hotswap.runbooks.plugins.module_utils.service_options import (
    SERVICE_OPTIONS,
    SOURCE_OPTIONS,
    service_from,
)


def given(**options):
    everything = dict.fromkeys({**SERVICE_OPTIONS, **SOURCE_OPTIONS, **KUBERNETES_OPTIONS})
    return {**everything, "service": "api", "prometheus_window": "5m", **options}


def test_a_described_service_keeps_what_was_given():
    service = service_from(
        given(namespace="shop", workload="deployment/api", kubeconfig="/k", database={"login_host": "h"})
    )
    assert (service.name, service.namespace, service.workload) == ("api", "shop", "deployment/api")
    assert service.kubernetes == {"kubeconfig": "/k"}
    assert service.database == {"login_host": "h"}
    assert service.vault == {}


def test_options_that_were_left_out_stay_left_out():
    service = service_from(given(health_url="http://x/health", database={"login_host": "h", "login_port": None}))
    assert service.database == {"login_host": "h"}
    assert service.selector == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "Nothing is known about the service 'api'"),
        ({"namespace": "shop"}, "Nothing is known about the service 'api'"),
        ({"workload": "deployment/api"}, "service_namespace of api is not set"),
        ({"selector": "", "namespace": "shop"}, "service_selector of api is empty"),
        ({"workload": " ", "namespace": "shop"}, "service_workload of api is empty"),
        ({"workload": "deployment/api", "namespace": ""}, "service_namespace of api is empty"),
        ({"health_url": "http://x", "prometheus_window": "5"}, "which is no duration"),
    ],
)
def test_a_description_that_cannot_be_meant_is_refused(options, said):
    with pytest.raises(BadInput) as refused:
        service_from(given(**options))
    assert said in refused.value.message
    assert refused.value.hint
