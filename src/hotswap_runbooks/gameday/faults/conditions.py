"""What a fault file may look for under `visible_when` and `recovered_when`.

Each says what is still missing, or nothing when it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotswap_runbooks.gameday.faults import objects

if TYPE_CHECKING:
    from hotswap_runbooks.gameday.environment import Environment


def health(environment: Environment, status: int) -> str:
    """/health answers with this HTTP status."""
    seen, _ = environment.health()
    return "" if seen == status else f"/health answers {seen}, not {status}"


def pods_ready(environment: Environment, exactly: int) -> str:
    """So many pods are ready."""
    seen = sum(_ready(pod) for pod in objects.pods(environment))
    return "" if seen == exactly else f"{seen} pods are ready, not {exactly}"


def pods_waiting(environment: Environment, reason: str, at_least: int) -> str:
    """So many pods wait for this reason."""
    seen = sum(
        status.get("state", {}).get("waiting", {}).get("reason") == reason
        for pod in objects.pods(environment)
        for status in _containers(pod)
    )
    return "" if seen >= at_least else f"{seen} pods are in {reason}, not {at_least}"


def pods_ended(environment: Environment, reason: str, at_least: int) -> str:
    """So many pods' containers ended at least once, the last time for this reason."""
    seen = sum(
        status.get("lastState", {}).get("terminated", {}).get("reason") == reason
        for pod in objects.pods(environment)
        for status in _containers(pod)
    )
    return "" if seen >= at_least else f"{seen} pods ended with {reason}, not {at_least}"


def rolled_out(environment: Environment, image: str) -> str:
    """Every pod runs this image and is ready."""
    found = objects.deployment(environment)["spec"]["template"]["spec"]["containers"][0]["image"]
    if found != image:
        return f"the Deployment's image is {found}, not {image}"
    trouble = environment.rollout()
    return "" if trouble == "ok" else trouble


def error_rate(environment: Environment, above: float = -1.0, below: float = 2.0) -> str:
    """The share of failed requests in Prometheus, 0 to 1."""
    seen = environment.error_rate()
    if seen is None:
        return "Prometheus has no error rate yet"
    return "" if above < seen < below else f"{seen:.0%} of the requests fail"


def disruptions_allowed(environment: Environment, exactly: int) -> str:
    """The service's disruption budget lets so many of its pods go."""
    budget = environment.kube.get(objects.budgets(environment, environment.workload)) or {}
    seen = budget.get("status", {}).get("disruptionsAllowed")
    if not budget.get("status", {}).get("expectedPods"):
        return "the disruption budget does not count the pods yet"
    return "" if seen == exactly else f"the disruption budget lets {seen} pods go, not {exactly}"


def autoscaler_sees(environment: Environment, replicas: int) -> str:
    """The service's autoscaler has counted so many pods."""
    autoscaler = environment.kube.get(objects.autoscalers(environment, environment.workload)) or {}
    seen = autoscaler.get("status", {}).get("currentReplicas", 0)
    return "" if seen == replicas else f"the autoscaler sees {seen} pods, not {replicas}"


def quota_used(environment: Environment, resource: str, exactly: str) -> str:
    """The service's quota counts so much of a resource."""
    quota = environment.kube.get(objects.core(environment, "resourcequotas", environment.workload)) or {}
    seen = quota.get("status", {}).get("used", {}).get(resource, "nothing")
    return "" if seen == exactly else f"the quota counts {seen} of {resource}, not {exactly}"


def _containers(pod: objects.Object) -> list[dict[str, Any]]:
    statuses: list[dict[str, Any]] = pod.get("status", {}).get("containerStatuses") or []
    return statuses


def _ready(pod: objects.Object) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
