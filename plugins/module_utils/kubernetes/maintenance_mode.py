# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Turning maintenance mode on and off: which writes are left to make, and in which order.

Each write is decided from what stands on the objects, so a run that was killed between two of them is gone on with:
on goes page, Service or Ingress, zero replicas; off goes replicas, Service or Ingress, removal of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Partial, RunbookError, TimedOut
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import front as fronts
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import maintenance
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Changer, Step, refuse_owned
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.entry import (
    Entry,
    find_entry,
    refuse_neighbours,
    switched_fronts,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.maintenance_page import (
    LABEL,
    manifest_mark,
    page_manifests,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.preflight import Right, require_rights
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    SERVICES,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.restart import refuse_paused
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.rollout import POLL_SECONDS, wait_for_rollout
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.undone import require_unchanged
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

PAGE_KINDS = (DEPLOYMENTS, CONFIG_MAPS)


@dataclass
class Turn:
    """What turning it on or off did: the objects written to, and what a person wants to know of the end."""

    written: list[str] = field(default_factory=list)
    replicas: int = 0
    front: str = ""
    page: str = ""


def turn_on(changer: Changer, options: Mapping[str, Any], reason: str) -> Turn:
    client, workload, namespace = changer.client, changer.workload, changer.namespace
    live = client.get(workload.resource, workload.name, namespace)
    entry = find_entry(client, namespace, workload, live, options)
    _refuse_early(changer, live, entry, options["overwrite"])
    if not changer.allow_outage:
        refuse_neighbours(client, namespace, workload, live, entry)
    turn = Turn(replicas=_kept(live, workload), front=str(entry.ref), page=f"service/{entry.page.service}")
    if not entry.page.service:
        manifests = page_manifests(entry.service, options["page_image"], options["retry_after"])
        turn.page = f"deployment/{manifests[1]['metadata']['name']}"
        _ensure_page(changer, live, manifests, turn)

    def switch(item: dict[str, Any]) -> Step | None:
        if maintenance.standing(item, workload):
            return None
        about = {"workload": str(workload), "page": entry.page.service}
        if entry.ref.resource == SERVICES:
            return fronts.switch_service(item, entry.page, about)
        return fronts.switch_ingress(item, entry.service["metadata"]["name"], entry.page, about)

    _note(turn, entry.ref, changer.change(maintenance.ACTION, switch, entry.ref)[1])

    def scale(item: dict[str, Any]) -> Step | None:
        if maintenance.replicas_of(item) == 0:
            return None
        turn.replicas = maintenance.replicas_of(item)
        return maintenance.zero_step(item, workload, reason, entry.ref)

    _note(turn, workload, changer.change(maintenance.ACTION, scale)[1])
    if not changer.context.check_mode:
        _wait_until_empty(changer)
    return turn


def turn_off(changer: Changer, options: Mapping[str, Any]) -> Turn:
    client, workload, namespace = changer.client, changer.workload, changer.namespace
    live = client.get(workload.resource, workload.name, namespace)
    refuse_paused(workload, live, "return from maintenance")
    switched = switched_fronts(client, namespace, workload, live, options)
    require_rights(client, namespace, [Right("patch", ref.resource, ref.name) for ref, _item in switched])
    for ref, item in switched:
        record = maintenance.standing(item, workload)
        if record is not None:
            require_unchanged(ref, item, record, maintenance.state(item), options["overwrite"])
    turn = Turn(replicas=_kept(live, workload), front=" and ".join(str(ref) for ref, _item in switched))
    _before, after = changer.write(lambda item: maintenance.end_step(item, workload))
    _note(turn, workload, after)
    if after or switched:
        turn.replicas = maintenance.replicas_of(after or live)
        context = changer.context
        if not context.check_mode:  # only what serves again may be led to
            wait_for_rollout(client, workload, namespace, None, context.deadline, context.progress)
    for ref, _item in switched:
        _note(turn, ref, changer.write(lambda item: maintenance.end_step(item, workload), ref)[1])
    for kind in PAGE_KINDS:
        for item in client.list(kind, namespace, label_selector=LABEL):
            if maintenance.standing(item, workload):
                page = WorkloadRef(kind, item["metadata"]["name"])
                changer.remove(page, item)
                turn.written.append(str(page))
    return turn


def _kept(live: Mapping[str, Any], workload: WorkloadRef) -> int:
    record = maintenance.standing(live, workload)
    return int(record.previous["replicas"]) if record else maintenance.replicas_of(live)


def _note(turn: Turn, ref: WorkloadRef, after: Mapping[str, Any] | None) -> None:
    if after is not None:
        turn.written.append(str(ref))


def _refuse_early(changer: Changer, live: Mapping[str, Any], entry: Entry, overwrite: bool) -> None:
    """Asked before the page is made, so that a refusal leaves nothing behind."""
    refuse_paused(changer.workload, live, "return from maintenance")
    if maintenance.replicas_of(live):
        refuse_owned(changer.workload, live, changer.force)
    record = maintenance.standing(entry.live, changer.workload)
    if record is None:
        refuse_owned(entry.ref, entry.live, changer.force)
    else:
        require_unchanged(entry.ref, entry.live, record, maintenance.state(entry.live), overwrite)


def _ensure_page(
    changer: Changer, live: Mapping[str, Any], manifests: tuple[dict[str, Any], dict[str, Any]], turn: Turn
) -> None:
    """Bring the page up, and wait until it is ready: what is switched to must answer."""
    about = {"created": True, "workload": str(changer.workload)}
    for kind, wanted in zip((CONFIG_MAPS, DEPLOYMENTS), manifests, strict=True):
        ref = WorkloadRef(kind, wanted["metadata"]["name"])
        found = changer.client.find(kind, ref.name, changer.namespace)
        if found is None:
            changer.create(maintenance.ACTION, kind, wanted, live, about)
            turn.written.append(str(ref))
        else:
            _note(turn, ref, changer.write(lambda item: _page_step(item, wanted, changer.workload), ref)[1])  # noqa: B023
    if not changer.context.check_mode:
        page = WorkloadRef(DEPLOYMENTS, manifests[1]["metadata"]["name"])
        deadline, progress = changer.context.deadline, changer.context.progress
        mark = manifest_mark(manifests[1])
        wait_for_rollout(changer.client, page, changer.namespace, mark, deadline, progress)


def _page_step(item: Mapping[str, Any], wanted: Mapping[str, Any], workload: WorkloadRef) -> Step | None:
    """The change of an existing page into the wanted one. Raises Precondition when it is none of ours."""
    maintenance.require_own_page(item, workload)
    if "data" in wanted:
        same = item.get("data") == wanted["data"]
        return None if same else Step([{"op": "add", "path": "/data", "value": wanted["data"]}], {})
    if manifest_mark(item) == manifest_mark(wanted):
        return None
    return Step([{"op": "replace", "path": "/spec/template", "value": wanted["spec"]["template"]}], {})


def _wait_until_empty(changer: Changer) -> None:
    workload, deadline = changer.workload, changer.context.deadline
    while True:
        live = _watched(changer)
        left = (live.get("status") or {}).get("replicas") or 0
        if not left and (live.get("status") or {}).get("observedGeneration", 0) >= live["metadata"]["generation"]:
            return
        if deadline.expired():
            raise TimedOut(
                f"{workload} is scaled to zero, but {left} of its pods were still there after {deadline.seconds:g} s.",
                "Run it again: it makes no second change and only looks.",
            )
        deadline.sleep(POLL_SECONDS)


def _watched(changer: Changer) -> dict[str, Any]:
    workload = changer.workload
    try:
        return changer.client.get(workload.resource, workload.name, changer.namespace)
    except RunbookError as error:
        raise Partial(
            f"{workload} was scaled, but it could not be watched: {error.message}",
            "Run it again: it goes on where this run ended.",
        ) from error
