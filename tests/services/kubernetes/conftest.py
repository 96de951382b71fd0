"""A namespace of our own on the practice cluster, and a client for it, straight and through the fault proxy."""

from __future__ import annotations

import copy
import uuid
from types import SimpleNamespace

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import RunbookError
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.connection import connect
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    DEPLOYMENTS,
    NAMESPACES,
    STATEFULSETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import rollout_status
from fault_proxy import FaultProxy, wait_until

DEPLOYMENT = {
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "replicas": 1,
        "progressDeadlineSeconds": 15,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        },
    },
}


@pytest.fixture(scope="session")
def admin(gameday):
    """The options of the practice cluster's administrator."""
    return {"kubeconfig": str(gameday.blueprint.paths.kubeconfig)}


@pytest.fixture(scope="session")
def login(admin):
    return connect(admin, Deadline(60)).transport.session


@pytest.fixture
def client(admin):
    return connect(admin, Deadline(60))


@pytest.fixture(scope="session")
def namespace(admin):
    """One for all tests of the session; deleted at the end."""
    client = connect(admin, Deadline(60))
    name = f"client-{uuid.uuid4().hex[:8]}"
    client.create(NAMESPACES, {"metadata": {"name": name}})
    yield name
    # The session may have lasted longer than any deadline of its beginning.
    connect(admin, Deadline(60)).delete(NAMESPACES, name, "")


@pytest.fixture
def deployment(client, namespace):
    """A fresh Deployment that its controller has seen; its name."""
    body = copy.deepcopy(DEPLOYMENT)
    name = body["metadata"]["name"] = f"web-{uuid.uuid4().hex[:6]}"
    body["metadata"]["labels"] = body["spec"]["template"]["metadata"]["labels"] = {"app": name}
    body["spec"]["selector"]["matchLabels"] = {"app": name}
    client.create(DEPLOYMENTS, body, namespace)
    wait_until(lambda: (client.get(DEPLOYMENTS, name, namespace).get("status") or {}).get("availableReplicas"), 30)
    yield name
    client.delete(DEPLOYMENTS, name, namespace)


@pytest.fixture
def stateful(client, namespace):
    """A function that makes a StatefulSet; its name."""
    made = []

    def make(replicas=2, ready=True, **spec):
        name = f"db-{uuid.uuid4().hex[:6]}"
        template = {
            "metadata": {"labels": {"app": name}},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "containers": [{"name": "db", "image": "db:1"}],
                **spec.pop("pod", {}),
            },
        }
        body = {
            "metadata": {"name": name},
            "spec": {
                "replicas": replicas,
                "serviceName": name,
                "selector": {"matchLabels": {"app": name}},
                "template": template,
                **spec,
            },
        }
        client.create(STATEFULSETS, body, namespace)
        made.append(name)
        if ready:
            wait_until(lambda: rollout_status(client.get(STATEFULSETS, name, namespace)).done, 30)
        return name

    yield make
    for name in made:
        client.delete(STATEFULSETS, name, namespace)


@pytest.fixture
def proxy(login):
    session_login = login.login(Deadline(60))
    tls = session_login.rest.pool_manager.connection_pool_kw["ssl_context"]
    proxy = FaultProxy(session_login.host, tls)
    yield proxy
    proxy.close()


@pytest.fixture
def through(proxy):
    """A client whose every request passes the fault proxy."""

    def make(seconds: float = 20.0, **options):
        return connect({"host": proxy.url, "api_key": "any", **options}, Deadline(seconds))

    return make


@pytest.fixture
def failing():
    """The RunbookError a call raises."""

    def call(function, *args, **options):
        try:
            function(*args, **options)
        except RunbookError as error:
            return error
        raise AssertionError("it did not fail")

    return call


@pytest.fixture
def nobody(admin):
    """A client that acts as a person without any right."""
    return connect({**admin, "impersonate_user": "somebody"}, Deadline(30))


@pytest.fixture
def service(admin, namespace, deployment):
    return SimpleNamespace(namespace=namespace, workload=f"deployment/{deployment}", kubernetes=admin)
