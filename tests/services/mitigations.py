"""Each playbook that changes something: in which situation, with which variables, and exactly what it writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from plays import ROOT, play

from hotswap_runbooks.gameday import faults
from hotswap_runbooks.gameday.environment import Environment
from hotswap_runbooks.gameday.faults import conditions, objects

Write = tuple[str, str, str]
LOCK: Write = ("create", "leases", "runbooks-deployment-hotswap-api")
WORKLOAD: Write = ("patch", "deployments", "hotswap-api")
READING = {"triage", "verify"}  # playbooks that change nothing at all


@dataclass(frozen=True)
class Mitigation:
    """One playbook, run for one purpose.

    ``fault`` is there before it, and ``first`` is run before it. ``writes`` are those of a run from start to end, in
    their order. ``reached`` says what is missing of the goal, empty when it is reached. ``{pod}`` stands for the name
    of one of the service's pods.
    """

    name: str
    playbook: str
    fault: str
    writes: tuple[Write, ...]
    reached: Callable[[Environment], str]
    variables: Mapping[str, Any] = field(default_factory=dict)
    first: Mitigation | None = None

    def given(self, **more: Any) -> tuple[str, str]:
        """The arguments of ``ansible-playbook`` for its variables."""
        return "-e", json.dumps({**self.variables, **more})

    def prepare(self, environment: Environment) -> Mitigation:
        """Make the situation, and name what is there."""
        faults.load()[self.fault].apply(environment)
        if self.first:
            earlier = play(self.first.playbook, environment.paths.inventory, *self.first.given(remediate="auto"))
            assert earlier.rc == 0, earlier.output
        pods = [pod["metadata"]["name"] for pod in objects.pods(environment)]
        pod = pods[0] if pods else ""
        writes = tuple((verb, resource, name.replace("{pod}", pod)) for verb, resource, name in self.writes)
        variables = {k: v.replace("{pod}", pod) if isinstance(v, str) else v for k, v in self.variables.items()}
        return replace(self, writes=writes, variables=variables)


def generation(environment: Environment) -> int:
    """Grows by one with each change of the Deployment's specification or annotations, which each mitigation makes."""
    found: int = objects.deployment(environment)["metadata"]["generation"]
    return found


def _recovered(fault: str) -> Callable[[Environment], str]:
    return faults.load()[fault].unrecovered


def _serving(environment: Environment) -> str:
    return conditions.rolled_out(environment, "hotswap-api:1") or conditions.health(environment, 200)


def _scaled(environment: Environment) -> str:
    return _serving(environment) or conditions.pods_ready(environment, 4)


def _page_shown(environment: Environment) -> str:
    selector = environment.kube.get(objects.core(environment, "services", "hotswap-api"))["spec"]["selector"]
    leads = "" if selector == {"runbooks.hotswap/maintenance-page": "hotswap-api"} else f"it leads to {selector}"
    return leads or conditions.pods_ready(environment, 0)


def _page_gone(environment: Environment) -> str:
    selector = environment.kube.get(objects.core(environment, "services", "hotswap-api"))["spec"]["selector"]
    left = environment.kube.get(objects.apps(environment, "deployments", objects.MAINTENANCE))
    leads = "" if selector == {"app": "hotswap-api"} else f"it leads to {selector}"
    return leads or ("the page is still there" if left else "") or _serving(environment)


MAINTENANCE_ON = Mitigation(
    name="maintenance on",
    playbook="maintenance",
    fault="none",
    variables={"maintenance_state": "on", "maintenance_reason": "the database moves"},
    writes=(
        LOCK,
        ("create", "configmaps", objects.MAINTENANCE),
        ("create", "deployments", objects.MAINTENANCE),
        ("patch", "services", "hotswap-api"),
        WORKLOAD,
    ),
    reached=_page_shown,
)
SCALED = Mitigation(
    name="scale of an incident",
    playbook="scale",
    fault="none",
    variables={"scale_replicas": 4, "incident_id": "inc-undone"},
    writes=(LOCK, WORKLOAD),
    reached=_scaled,
)
MITIGATIONS = [
    Mitigation(
        name="rollback",
        playbook="rollback",
        fault="bad_release",
        writes=(LOCK, WORKLOAD),
        reached=_recovered("bad_release"),
    ),
    Mitigation(
        name="outage",
        playbook="api_outage",
        fault="bad_release",
        writes=(LOCK, WORKLOAD),
        reached=_recovered("bad_release"),
    ),
    Mitigation(name="restart", playbook="restart", fault="none", writes=(LOCK, WORKLOAD), reached=_serving),
    Mitigation(
        name="restart of a pod",
        playbook="restart",
        fault="none",
        variables={"restart_pod": "{pod}"},
        writes=(LOCK, WORKLOAD, ("create", "pods/eviction", "{pod}")),
        reached=_serving,
    ),
    Mitigation(
        name="scale",
        playbook="scale",
        fault="none",
        variables={"scale_replicas": 4},
        writes=(LOCK, WORKLOAD),
        reached=_scaled,
    ),
    Mitigation(
        name="scale of an autoscaler",
        playbook="scale",
        fault="hpa_owned",
        variables={"scale_replicas": 4, "scale_raise_minimum": True},
        writes=(LOCK, ("patch", "horizontalpodautoscalers", "hotswap-api")),
        reached=_scaled,
    ),
    Mitigation(
        name="resources",
        playbook="resources",
        fault="oom",
        variables={"resources_memory_limit": "1800Mi"},
        writes=(LOCK, WORKLOAD),
        reached=_recovered("oom"),
    ),
    Mitigation(
        name="config",
        playbook="config",
        fault="config_error",
        variables={
            "config_key": "appsettings.json",
            "config_path": "Database:MaxPoolSize",
            "config_value": "20",
            "config_type": "number",
        },
        writes=(LOCK, ("patch", "configmaps", "hotswap-api-config"), WORKLOAD),
        reached=_recovered("config_error"),
    ),
    Mitigation(
        name="undo",
        playbook="undo",
        fault="none",
        first=SCALED,
        variables={"incident_id": "inc-undone"},
        writes=(("update", "leases", LOCK[2]), WORKLOAD),
        reached=lambda environment: _serving(environment) or conditions.pods_ready(environment, 3),
    ),
    MAINTENANCE_ON,
    Mitigation(
        name="maintenance off",
        playbook="maintenance",
        fault="none",
        first=MAINTENANCE_ON,
        variables={"maintenance_state": "off"},
        writes=(
            ("update", "leases", LOCK[2]),
            WORKLOAD,
            ("patch", "services", "hotswap-api"),
            ("delete", "deployments", objects.MAINTENANCE),
            ("delete", "configmaps", objects.MAINTENANCE),
        ),
        reached=_page_gone,
    ),
]
PROVED = {mitigation.playbook for mitigation in MITIGATIONS}
CHANGING = {file.stem for file in (ROOT / "playbooks").glob("*.yml")} - READING
