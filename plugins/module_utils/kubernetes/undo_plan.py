# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What undoing an incident takes: its changes that stand on the objects of a namespace, in reverse order."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, NotFound
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import restart, scale
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.config import ACTION as CONFIG
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.front import INGRESSES, kind_of
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.history import read_revisions
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.json_patch import patched
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.reader import KubernetesReader
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record, read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    HPAS,
    PODS,
    SERVICES,
    STATEFULSETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.restart import ACTION as RESTART
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.restart import restart_step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import controlled_by
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.undoings import (
    undoing_of,
    was_created,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.undone import read_undone, require_unchanged
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import (
    WorkloadRef,
    parse_workload,
    selector_of,
)

WORKLOADS = (DEPLOYMENTS, STATEFULSETS)
# Of changes in the same second the workload's came last: it is scaled down after its Service was switched, and
# restarted after its configuration was changed.
KINDS = (DEPLOYMENTS, STATEFULSETS, SERVICES, INGRESSES, HPAS, CONFIG_MAPS)
FRONTS = (SERVICES, INGRESSES)
Objects = dict[WorkloadRef, dict[str, Any]]
Standing = list[tuple[WorkloadRef, Record]]


@dataclass(frozen=True)
class Undo:
    """One change to undo. ``live`` is the object as the undoing before this one leaves it.

    ``workload`` is whose lock it takes. ``removes``: the change had made the object. ``restarts``: the restart for a
    configuration is undone by one more, once the configuration is back.
    """

    ref: WorkloadRef
    workload: WorkloadRef
    record: Record
    live: Mapping[str, Any] = field(repr=False)
    step: Step | None = None
    removes: bool = False
    restarts: bool = False

    @property
    def rolls_out(self) -> bool:
        return self.ref.resource in WORKLOADS and not self.removes and bool(self.step and self.step.patch)

    @property
    def leads_back(self) -> bool:
        return self.ref.resource in FRONTS and not self.removes


def checked_incident(incident: str | None) -> str:
    """The id as given. Raises BadInput without one: undoing needs to be told what."""
    if not (incident or "").strip():
        raise BadInput("No incident was named.", "Say whose changes to undo: -e incident_id=ID.")
    return str(incident).strip()


def read_objects(client: KubernetesReader, namespace: str) -> Objects:
    """The objects of the namespace that changes are recorded on, or were."""
    found: Objects = {}
    for kind in KINDS:
        if kind is INGRESSES and not client.allowed("list", kind, namespace):
            continue
        for item in client.list(kind, namespace):
            if read_record(item) or read_undone(item):
                found[WorkloadRef(kind, item["metadata"]["name"])] = item
    # Who may not list them may still read the ones that the records name.
    for ref in {front for item in found.values() for front in _fronts_of(item)} - found.keys():
        if (front := client.find(ref.resource, ref.name, namespace)) is not None:
            found[ref] = front
    return found


def _fronts_of(item: Mapping[str, Any]) -> list[WorkloadRef]:
    return [kind_of(str(one.previous["front"])) for one in _records(item) if one.previous.get("front")]


def plan(
    client: KubernetesReader,
    namespace: str,
    objects: Objects,
    incident: str,
    *,
    overwrite: bool = False,
    allow_outage: bool = False,
) -> list[Undo]:
    """The undoings in their order; none where the incident was undone already.

    Raises NotFound for an incident that has changed nothing here, Precondition where somebody has changed since what
    it had changed (``overwrite`` goes over that), for a workload that is paused, and where the last ready replica
    would be taken away (``allow_outage``).
    """
    standing = _standing(objects, incident)
    if not standing and not any(one.incident == incident for item in objects.values() for one in read_undone(item)):
        raise _unknown(objects, namespace, incident)
    now: Objects = dict(objects)
    undos: list[Undo] = []
    for ref, record, restarts in _in_order(standing, objects, incident):
        live = now[ref]
        workload = _workload_of(ref, live, record, standing)
        if was_created(record):
            undos.append(Undo(ref, workload, record, live, removes=True))
            continue
        step = undo_step(client, ref, live, record, overwrite=overwrite, restarts=restarts)
        if step and ref.resource in WORKLOADS:
            _refuse_outage(client, ref, objects[ref], step, allowed=allow_outage)
        undos.append(Undo(ref, workload, record, live, step, restarts=restarts))
        now[ref] = patched(live, step.patch) if step else live
    return undos


def undo_step(
    client: KubernetesReader,
    ref: WorkloadRef,
    live: Mapping[str, Any],
    record: Record,
    *,
    overwrite: bool,
    restarts: bool = False,
) -> Step | None:
    """The change that undoes the record on the live object; None where there is nothing to restore."""
    revisions = read_revisions(client, ref, live) if ref.resource in WORKLOADS else []
    undoing = undoing_of(ref, record, revisions)
    require_unchanged(ref, live, record, undoing.state(live), overwrite)
    return restart_step(live, datetime.datetime.now(datetime.UTC)) if restarts else undoing.step(live, record)


def _standing(objects: Objects, incident: str) -> Standing:
    found = [
        (ref, one)
        for created in (False, True)
        for ref, item in objects.items()
        for one in _records(item)
        if one.incident == incident and was_created(one) is created
    ]
    # The sort keeps the order of equals: on one object the latest first, across objects that of KINDS.
    return sorted(found, key=lambda entry: entry[1].at, reverse=True)


def _in_order(standing: Standing, objects: Objects, incident: str) -> list[tuple[WorkloadRef, Record, bool]]:
    """All of them; the first restart for a configuration comes later, as the one restart that follows its undoing.

    It stays on record until then, so a run that was killed in between is gone on with.
    """
    undone = any(
        one.incident == incident and one.action == CONFIG for item in objects.values() for one in read_undone(item)
    )
    undone = undone or any(record.action == CONFIG for _ref, record in standing)
    first: dict[WorkloadRef, Record] = {
        ref: record for ref, record in standing if undone and record.action == RESTART and record.previous.get("config")
    }
    usual = [(ref, record, False) for ref, record in standing if first.get(ref) is not record]
    restarts = [(ref, record, True) for ref, record in first.items()]
    # Requests are led back, and the page that answers them is removed, when everything else is as it was.
    last = [entry for entry in usual if entry[0].resource in FRONTS or was_created(entry[1])]
    return [*(entry for entry in usual if entry not in last), *restarts, *last]


def _workload_of(ref: WorkloadRef, live: Mapping[str, Any], record: Record, standing: Standing) -> WorkloadRef:
    """The workload that the object belongs to; where that is not known, the object is locked by its own name."""
    if record.previous.get("workload"):
        return parse_workload(str(record.previous["workload"]))
    if ref.resource == HPAS:
        target = live["spec"]["scaleTargetRef"]
        return parse_workload(f"{target['kind']}/{target['name']}")
    if ref.resource == CONFIG_MAPS:
        return next((other for other, one in standing if ref.name in (one.previous.get("config") or {})), ref)
    return ref


def _refuse_outage(
    client: KubernetesReader, ref: WorkloadRef, live: Mapping[str, Any], step: Step, *, allowed: bool
) -> None:
    paths = {str(operation["path"]): operation.get("value") for operation in step.patch}
    if any(path.startswith("/spec/template") for path in paths):
        restart.refuse_outage(ref, live, "rollout of what was before", allowed=allowed)
    replicas = paths.get("/spec/replicas")
    if replicas is not None and int(replicas) < live["spec"].get("replicas", 1):
        pods = client.list(PODS, live["metadata"]["namespace"], label_selector=selector_of(live))
        scale.refuse_outage(ref, live, int(replicas), controlled_by(live, pods), allowed=allowed)


def _unknown(objects: Objects, namespace: str, incident: str) -> NotFound:
    counts: dict[str, int] = {}
    for record in (one for item in objects.values() for one in _records(item)):
        counts[record.incident] = counts.get(record.incident, 0) + 1
    listed = ", ".join(f"{name} ({count} change{'s' if count > 1 else ''})" for name, count in sorted(counts.items()))
    return NotFound(
        f"Incident {incident} has changed nothing that stands in namespace {namespace}.",
        f"These have: {listed}." if listed else "No incident has.",
        incidents=sorted(counts),
    )


def _records(item: Mapping[str, Any]) -> list[Record]:
    record = read_record(item)
    return list(record.all()) if record else []
