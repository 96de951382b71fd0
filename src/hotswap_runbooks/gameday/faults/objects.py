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


def core(environment: Environment, kind: str, name: str = "") -> str:
    return f"/api/v1/namespaces/{environment.namespace}/{kind}/{name}".rstrip("/")


def apps(environment: Environment, kind: str, name: str = "") -> str:
    return f"/apis/apps/v1/namespaces/{environment.namespace}/{kind}/{name}".rstrip("/")


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
