"""What a fault file may do to the environment under `break`."""

from __future__ import annotations

import datetime
import json
import sys
import time
from typing import TYPE_CHECKING, Any

import psycopg2

from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.faults import objects
from hotswap_runbooks.gameday.parts import OK, Part

if TYPE_CHECKING:
    from hotswap_runbooks.gameday.environment import Environment

BATCH = "hotswap-batch"  # the part and its application_name
BEGINS_WITHIN_S = 20.0
LOCK_S = 900


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


def pause_rollout(environment: Environment) -> None:
    """Pause the Deployment in the middle of a rollout; raises PracticeError when none begins."""
    deadline = time.monotonic() + BEGINS_WITHIN_S
    while not _begun(objects.deployment(environment)):
        if time.monotonic() > deadline:
            raise PracticeError("The rollout to be paused did not begin.", "See `runbook gameday status`.")
        time.sleep(0.2)
    path = objects.apps(environment, "deployments", environment.workload)
    objects.change(environment, "PATCH", f"{path}?fieldManager=kubectl-rollout", {"spec": {"paused": True}})


def _begun(deployment: objects.Object) -> bool:
    """Old pods still stand beside the first new ones."""
    status = deployment.get("status", {})
    seen = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    return bool(seen and 0 < status.get("updatedReplicas", 0) < status.get("replicas", 0))


def mark_as_helm_release(environment: Environment) -> None:
    """Put Helm's marks on the Deployment, as `helm install` does."""
    metadata = {
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {
            "meta.helm.sh/release-name": environment.workload,
            "meta.helm.sh/release-namespace": environment.namespace,
        },
    }
    path = objects.apps(environment, "deployments", environment.workload)
    objects.change(environment, "PATCH", f"{path}?fieldManager=helm", {"metadata": metadata})


def hold_lock(environment: Environment, incident: str) -> None:
    """Lock the workload for another incident, as another responder's playbook does."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {
        "holderIdentity": incident,
        "leaseDurationSeconds": LOCK_S,
        "acquireTime": now,
        "renewTime": now,
        "leaseTransitions": 0,
    }
    name = f"runbooks-deployment-{environment.workload}"
    environment.apply([objects.described(environment, "coordination.k8s.io/v1", "Lease", spec, name)])


def add_disruption_budget(environment: Environment, min_available: int) -> None:
    selector = {"matchLabels": {"app": environment.workload}}
    spec = {"minAvailable": min_available, "selector": selector}
    environment.apply([objects.described(environment, "policy/v1", "PodDisruptionBudget", spec)])


def add_autoscaler(environment: Environment, minimum: int, maximum: int) -> None:
    """Let an autoscaler own the replicas, by their use of the CPU."""
    usage = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": environment.workload},
        "minReplicas": minimum,
        "maxReplicas": maximum,
        "metrics": [{"type": "Resource", "resource": usage}],
    }
    environment.apply([objects.described(environment, "autoscaling/v2", "HorizontalPodAutoscaler", spec)])


def add_quota(environment: Environment, limits_memory: str) -> None:
    """Limit what all pods of the namespace may be limited to together."""
    spec = {"hard": {"limits.memory": limits_memory}}
    environment.apply([objects.described(environment, "v1", "ResourceQuota", spec)])


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
    try:
        psycopg2.connect(environment.database.dsn()).close()
    except psycopg2.OperationalError:
        raise PracticeError(
            f"PostgreSQL on {address} does not answer: it has no connections to use up.",
            "Heal it first with `runbook gameday heal`.",
        ) from None
    environment.parts.start(part)


def _sessions(environment: Environment) -> str:
    """What the part's health is: sessions of its own. A server that does not answer may do so soon."""
    try:
        connection = psycopg2.connect(environment.database.dsn())
    except psycopg2.OperationalError:
        return ""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_stat_activity WHERE application_name = %s LIMIT 1", (BATCH,))
            return OK if cursor.fetchall() else ""
    finally:
        connection.close()
