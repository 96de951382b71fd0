# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Maintenance mode as it stands on the objects: the records that it leaves, and the changes between them. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.front import (
    front_state,
    is_front,
    restore,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record, read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.undone import taken_off
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

ACTION = "maintenance"
_STATES = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


def wanted(state: str | None) -> bool:
    """Whether it shall be on. YAML reads a bare on or off as true or false, so these are taken too."""
    try:
        return _STATES[str(state or "").strip().lower()]
    except KeyError:
        raise BadInput(
            f"{state!r} is no state of maintenance mode." if state else "Maintenance mode shall be on or off?",
            "Say on or off (maintenance_state).",
        ) from None


def checked_reason(reason: str | None) -> str:
    """The reason as given. Raises BadInput without one: nobody takes a service away without saying why."""
    if not (reason or "").strip():
        raise BadInput(
            "Maintenance mode scales the workload to zero, and no reason was given.",
            "Say why (maintenance_reason); it is kept on the object.",
        )
    return str(reason).strip()


def standing(live: Mapping[str, Any], workload: WorkloadRef | None = None) -> Record | None:
    """The record of the maintenance mode that an object is in; with ``workload`` only of that one's."""
    record = read_record(live)
    for one in record.all() if record else ():
        if one.action == ACTION and (workload is None or one.previous.get("workload") == str(workload)):
            return one
    return None


def replicas_of(workload: Mapping[str, Any]) -> int:
    count = workload["spec"].get("replicas")
    return 1 if count is None else int(count)


def zero_step(live: Mapping[str, Any], workload: WorkloadRef, reason: str, front: WorkloadRef) -> Step:
    """The change to zero replicas, with the count that comes back."""
    about = {"workload": str(workload), "replicas": replicas_of(live), "reason": reason, "front": str(front)}
    return Step([{"op": "add", "path": "/spec/replicas", "value": 0}], about, {"replicas": 0})


def require_own_page(live: Mapping[str, Any], workload: WorkloadRef) -> None:
    """Raises Precondition for an object of the page's name that is not this workload's page."""
    if standing(live, workload) is None:
        raise Precondition(
            f"{live['metadata']['name']} exists, and it is not the maintenance page of {workload}.",
            "Rename or remove it, or name a Service of your own to switch to (maintenance_page_service).",
        )


def end_step(live: Mapping[str, Any], workload: WorkloadRef) -> Step | None:
    """The change of an object out of maintenance mode, which takes its record off; None when it is in none.

    A workload that somebody has scaled up meanwhile keeps the count they decided on.
    """
    record = standing(live, workload)
    if record is None:
        return None
    step = undo_step(live, record)
    patch = step.patch if is_front(live) or replicas_of(live) == 0 else []
    marks = taken_off(
        live,
        lambda one: one.action == ACTION and one.previous.get("workload") == str(workload),
        {"front": record.previous["front"]} if "front" in record.previous else {},
    )
    return Step(patch, {}, annotations=marks)


def command(
    options: Mapping[str, Any], namespace: str, workload: WorkloadRef, on: bool, more: Mapping[str, str] | None = None
) -> str:
    """What a person types to turn it on or off on the cluster of the options."""
    words = {"namespace": namespace, "workload": str(workload), "state": "on" if on else "off"}
    words |= {"reason": "again"} if on else {}
    words |= {name: options[name] for name in ("kubeconfig", "context", "host", "cluster") if options.get(name)}
    given = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in {**words, **(more or {})}.items())
    return shlex.join(["ansible", "localhost", "-m", "hotswap.runbooks.workload_maintenance", "-a", given])


def state(live: Mapping[str, Any]) -> dict[str, Any]:
    """What maintenance mode touches of an object: a workload's replicas, or where a Service or Ingress leads."""
    return front_state(live) if is_front(live) else {"replicas": replicas_of(live)}


def undo_step(live: Mapping[str, Any], record: Record) -> Step:
    """The change that restores what the record says was there before."""
    if is_front(live):
        return restore(record.previous)
    return Step([{"op": "add", "path": "/spec/replicas", "value": record.previous["replicas"]}], {})
