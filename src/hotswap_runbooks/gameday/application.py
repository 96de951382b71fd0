"""The service on call: the stand-in's process, and its objects in the cluster."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from hotswap_runbooks.gameday import http, manifests
from hotswap_runbooks.gameday.blueprint import Blueprint
from hotswap_runbooks.gameday.database import DATABASE
from hotswap_runbooks.gameday.parts import OK, Part
from hotswap_runbooks.gameday.state import write_private
from hotswap_runbooks.gameday.vault import Vault

NAMESPACE = "default"
WORKLOAD = "hotswap-api"
REQUESTS_PER_SECOND = 10


def prepare(blueprint: Blueprint) -> None:
    """Write the stand-in's configuration, and create the Deployment where there is none yet.

    An existing Deployment is left as it is: a second start must not undo a fault or a rollback.
    """
    paths = blueprint.paths
    config = {
        "kubeconfig": str(blueprint.kubeconfig("service")),
        "namespace": NAMESPACE,
        "selector": f"app={WORKLOAD}",
        "listen_port": blueprint.port("service"),
        "podlogs": str(paths.podlogs),
        "database": {
            "host": "127.0.0.1",
            "port": blueprint.port("postgres"),
            "user": "hotswap",
            "password": blueprint.state.passwords["hotswap"],
            "dbname": DATABASE,
        },
        "vault": {
            "url": blueprint.address("vault", "https"),
            "ca_cert": str(paths.certificates / "vault-ca.crt"),
            "token": Vault(blueprint).keys().service_token,
        },
        "requests_per_second": REQUESTS_PER_SECOND,
    }
    write_private(paths.service_config, json.dumps(config, indent=2) + "\n")
    api = blueprint.api()
    if api.get(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{WORKLOAD}") is None:
        api.apply(manifests.documents("service*.yaml", blueprint.places()))


def part(blueprint: Blueprint) -> Part:
    address = blueprint.address("service")

    def state() -> str:
        status, _ = health(blueprint)
        return "" if status is None else OK if status == 200 else f"unhealthy (HTTP {status})"

    command: list[str | Path] = [
        sys.executable,
        "-m",
        "hotswap_runbooks.gameday.service",
        "--config",
        blueprint.paths.service_config,
    ]
    return Part("service", address, command, state, environment={"PYTHONUNBUFFERED": "1"})


def health(blueprint: Blueprint) -> tuple[int | None, dict[str, Any] | None]:
    """HTTP status and JSON body of /health; (None, None) when nothing answers within 5 s."""
    try:
        answer = http.request("GET", f"{blueprint.address('service')}/health", timeout=5)
    except OSError:
        return None, None
    body = answer.json()
    return answer.status, body if isinstance(body, dict) else None


def rollout(blueprint: Blueprint) -> str:
    """`ok` when every pod is of the newest revision and ready, else how far it is: `2 of 3 pods ready`."""
    found = blueprint.api().get(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{WORKLOAD}", timeout=5)
    if found is None:
        return f"the Deployment {WORKLOAD} does not exist"
    status, wanted = found.get("status", {}), found["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < found["metadata"]["generation"]:
        return "the Deployment has not been looked at yet"
    counts = [status.get(count, 0) for count in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")]
    if counts == [wanted] * 4:
        return OK
    return f"{status.get('readyReplicas', 0)} of {wanted} pods ready, {status.get('updatedReplicas', 0)} up to date"
