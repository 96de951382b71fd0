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
RECORDS = "runbooks.hotswap/"  # annotations in which remedies record themselves


def heal(environment: Environment, note: Callable[[str], None] = lambda _: None) -> None:
    """Undo everything a fault or a remedy may have done; PracticeError when the service does not come back."""
    note("dependencies")
    environment.parts.stop(verbs.BATCH)
    environment.start_database()
    environment.unseal_vault()
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


def _restore_objects(environment: Environment) -> str:
    """Put configuration, load and release back; the release's image."""
    objects.change(environment, "DELETE", objects.core(environment, "configmaps", objects.LOAD))
    wanted = environment.manifests("service*.yaml")
    deployment = next(document for document in wanted if document["kind"] == "Deployment")
    path = objects.apps(environment, "deployments", environment.workload)
    if found := environment.kube.get(path):
        annotations = found["metadata"].get("annotations", {})
        records = {name: None for name in annotations if name.startswith(RECORDS)}
        # Without what a restart or a pause left, the template is again that of the revision which exists.
        spec = {"paused": None, "template": {"metadata": {"annotations": None}}}
        objects.change(environment, "PATCH", path, {"metadata": {"annotations": records}, "spec": spec})
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
