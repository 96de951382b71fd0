"""The practice cluster's objects that faults change and look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotswap_runbooks.gameday.errors import PracticeError

if TYPE_CHECKING:
    from hotswap_runbooks.gameday.environment import Environment

Object = dict[str, Any]
STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
SETTINGS = "hotswap-api-config"
LOAD = "hotswap-api-load"
MAINTENANCE = "hotswap-api-maintenance"  # the page of the maintenance mode


def core(environment: Environment, kind: str, name: str = "") -> str:
    return f"/api/v1/namespaces/{environment.namespace}/{kind}/{name}".rstrip("/")


def apps(environment: Environment, kind: str, name: str = "") -> str:
    return f"/apis/apps/v1/namespaces/{environment.namespace}/{kind}/{name}".rstrip("/")


def of_group(environment: Environment, group: str, kind: str, name: str = "") -> str:
    """The path of objects in an API group, as ``policy/v1``."""
    return f"/apis/{group}/namespaces/{environment.namespace}/{kind}/{name}".rstrip("/")


def autoscalers(environment: Environment, name: str = "") -> str:
    return of_group(environment, "autoscaling/v2", "horizontalpodautoscalers", name)


def budgets(environment: Environment, name: str = "") -> str:
    return of_group(environment, "policy/v1", "poddisruptionbudgets", name)


def leases(environment: Environment, name: str = "") -> str:
    return of_group(environment, "coordination.k8s.io/v1", "leases", name)


def described(environment: Environment, api_version: str, kind: str, spec: Object, name: str = "") -> Object:
    """An object in the service's namespace, by default of the workload's name."""
    metadata = {"name": name or environment.workload, "namespace": environment.namespace}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def of_service(environment: Environment, path: str) -> list[Object]:
    """The objects at ``path`` that belong to the service."""
    found = environment.kube.get(f"{path}?labelSelector=app%3D{environment.workload}") or {}
    items: list[Object] = found.get("items", [])
    return items


def pods(environment: Environment) -> list[Object]:
    """The service's pods that are not being deleted."""
    found = of_service(environment, core(environment, "pods"))
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def deployment(environment: Environment) -> Object:
    """The service's Deployment; PracticeError when somebody deleted it."""
    found = environment.kube.get(apps(environment, "deployments", environment.workload))
    if found is None:
        raise PracticeError(f"The Deployment {environment.workload} does not exist.", "Run `runbook gameday heal`.")
    return found


def change(environment: Environment, method: str, path: str, body: Any = None, content: str = MERGE) -> None:
    """One write; absent objects are fine to delete. PracticeError with the API server's words otherwise."""
    answer = environment.kube.call(method, path, body, content)
    if answer.status >= 300 and not (method == "DELETE" and answer.status == 404):
        said = answer.json() or {}
        raise PracticeError(f"{method} {path} was refused: {said.get('message', answer.status)}.")
