"""The way back to the healthy state, from any fault and after any remedy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.faults import conditions, objects, verbs

if TYPE_CHECKING:
    from hotswap_runbooks.gameday.environment import Environment

LIMIT_S = 60.0
# In these annotations remedies record themselves; with the others a tool says that an object is its own.
MARKS = ("runbooks.hotswap/", "meta.helm.sh/", "app.kubernetes.io/managed-by")


def heal(environment: Environment, note: Callable[[str], None] = lambda _: None) -> None:
    """Undo everything a fault or a remedy may have done; PracticeError when the service does not come back."""
    note("dependencies")
    environment.parts.stop(verbs.BATCH)
    environment.start_database()
    environment.unseal_vault()
    note("additions")
    _remove_additions(environment)
    note("configuration and release")
    image = _restore_objects(environment)
    _replace_restarted_pods(environment)
    deadline = time.monotonic() + LIMIT_S
    while missing := conditions.rolled_out(environment, image) or conditions.health(environment, 200):
        if time.monotonic() > deadline:
            raise PracticeError(
                f"The service is not healthy {LIMIT_S:.0f} s after the repair: {missing}.",
                "`runbook gameday down` and `up` start afresh.",
            )
        note(missing)
        _replace_restarted_pods(environment)
        time.sleep(0.3)
    _forget_other_releases(environment)


def _remove_additions(environment: Environment) -> None:
    """Delete what is not part of the healthy service: limits and owners that faults add, and locks of incidents."""
    for path in (
        objects.core(environment, "resourcequotas"),
        objects.core(environment, "limitranges"),
        objects.budgets(environment),
        objects.autoscalers(environment),
        objects.leases(environment),
        objects.core(environment, "configmaps", objects.LOAD),
        objects.core(environment, "configmaps", objects.MAINTENANCE),
        objects.apps(environment, "deployments", objects.MAINTENANCE),
    ):
        objects.change(environment, "DELETE", path)


def _forget_marks(environment: Environment) -> None:
    """Remove what remedies recorded on objects, and the marks of an owner."""
    for path in (
        objects.apps(environment, "deployments", environment.workload),
        objects.core(environment, "services", environment.workload),
        objects.core(environment, "configmaps", objects.SETTINGS),
    ):
        if found := environment.kube.get(path):
            kept = {kind: found["metadata"].get(kind, {}) for kind in ("annotations", "labels")}
            marks = {kind: {name: None for name in names if name.startswith(MARKS)} for kind, names in kept.items()}
            objects.change(environment, "PATCH", path, {"metadata": marks})


def _restore_objects(environment: Environment) -> str:
    """Put configuration and release back; the release's image."""
    _forget_marks(environment)
    wanted = environment.manifests("service*.yaml")
    deployment = next(document for document in wanted if document["kind"] == "Deployment")
    path = objects.apps(environment, "deployments", environment.workload)
    if environment.kube.get(path):
        # Without what a restart or a pause left, the template is again that of the revision which exists.
        spec = {"paused": None, "template": {"metadata": {"annotations": None}}}
        objects.change(environment, "PATCH", path, {"spec": spec})
        # The earlier release belongs to the Deployment by now: applying it again would scale its pods away.
        wanted = [document for document in wanted if document["kind"] != "ReplicaSet"]
    environment.apply(wanted)
    image: str = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


def _replace_restarted_pods(environment: Environment) -> None:
    """Delete pods that carry the traces of a fault: they would wait out their back-off, and their restarts stay."""
    for pod in objects.pods(environment):
        statuses: list[dict[str, Any]] = pod.get("status", {}).get("containerStatuses") or []
        if any(status.get("restartCount") or "waiting" in status.get("state", {}) for status in statuses):
            objects.change(environment, "DELETE", objects.core(environment, "pods", pod["metadata"]["name"]))


def _forget_other_releases(environment: Environment) -> None:
    """Delete the revisions that came with faults, so that the next fault is a new release again."""
    first = next(document for document in environment.manifests("service*.yaml") if document["kind"] == "ReplicaSet")
    for found in objects.of_service(environment, objects.apps(environment, "replicasets")):
        name = found["metadata"]["name"]
        if name != first["metadata"]["name"] and not found["spec"].get("replicas"):
            objects.change(environment, "DELETE", objects.apps(environment, "replicasets", name))
