"""What a fault file may do to the environment under `break`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import psycopg2

from hotswap_runbooks.gameday.faults import objects
from hotswap_runbooks.gameday.parts import OK, Part

if TYPE_CHECKING:
    from hotswap_runbooks.gameday.environment import Environment

BATCH = "hotswap-batch"  # the part and its application_name


def set_image(environment: Environment, image: str, release: str) -> None:
    """Roll out another image, as `kubectl set image` does, with its change cause."""
    container = {"name": environment.workload, "image": image}
    body = {
        "metadata": {"annotations": {"kubernetes.io/change-cause": release}},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    path = objects.apps(environment, "deployments", environment.workload)
    objects.change(environment, "PATCH", f"{path}?fieldManager=kubectl-set", body, objects.STRATEGIC)


def set_config(environment: Environment, key: str, value: Any) -> None:
    """Put a value into appsettings.json; ``key`` names nested sections with colons, as .NET does."""
    path = objects.core(environment, "configmaps", objects.SETTINGS)
    document = json.loads((environment.kube.get(path) or {"data": {}})["data"].get("appsettings.json", "{}"))
    *sections, last = key.split(":")
    section = document
    for name in sections:
        section = section.setdefault(name, {})
    section[last] = value
    body = {"data": {"appsettings.json": json.dumps(document, indent=2) + "\n"}}
    objects.change(environment, "PATCH", f"{path}?fieldManager=kubectl-edit", body)


def restart_pods(environment: Environment) -> None:
    """Delete all pods of the service at once; their successors read the configuration anew."""
    selector = f"labelSelector=app%3D{environment.workload}"
    objects.change(environment, "DELETE", f"{objects.core(environment, 'pods')}?{selector}")


def load_memory(environment: Environment, needed: str) -> None:
    """Let the users' load need so much memory in each instance, for instance `1200Mi`."""
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": objects.LOAD, "namespace": environment.namespace},
        "data": {"memory": needed},
    }
    environment.apply([body])


def seal_vault(environment: Environment) -> None:
    environment.seal_vault()


def stop_database(environment: Environment) -> None:
    environment.stop_database()


def hold_connections(environment: Environment) -> None:
    """Start a batch job that keeps opening sessions and leaves them idle until no slot is left."""
    command = [sys.executable, "-m", "hotswap_runbooks.gameday.faults.batch", "--config"]
    address = f"{environment.database.host}:{environment.database.port}"
    part = Part(BATCH, address, [*command, environment.paths.service_config], lambda: _sessions(environment))
    environment.parts.start(part)


def _sessions(environment: Environment) -> str:
    connection = psycopg2.connect(environment.database.dsn())
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_stat_activity WHERE application_name = %s LIMIT 1", (BATCH,))
            return OK if cursor.fetchall() else ""
    finally:
        connection.close()
