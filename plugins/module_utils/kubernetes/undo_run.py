# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the undoings of an incident, one after the other, each in one write that takes its record off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Changer, Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.client import KubernetesClient
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.preflight import (
    LOCK_RIGHTS,
    Right,
    require_rights,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record, read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    PODS,
    REPLICA_SETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.rollout import wait_for_rollout
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.undo_plan import (
    WORKLOADS,
    Objects,
    Undo,
    undo_step,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.undo_words import says
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.undone import read_undone, taken_off
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef


@dataclass
class UndoRun:
    """One run; it holds the lock of each workload whose objects it has written to."""

    client: KubernetesClient
    context: Context
    namespace: str
    incident: str
    force: bool
    takeover: bool
    overwrite: bool = False
    planned: Sequence[str] | None = None
    _changers: dict[WorkloadRef, Changer] = field(default_factory=dict)

    def require_rights(self, undos: Sequence[Undo]) -> None:
        """Raises Denied with every right that is missing, before anything is changed."""
        rights: list[Right] = []
        for undo in undos:
            rights.append(Right("delete" if undo.removes else "patch", undo.ref.resource, undo.ref.name))
            if undo.rolls_out:
                kept = REPLICA_SETS if undo.ref.resource == DEPLOYMENTS else CONTROLLER_REVISIONS
                rights += [Right("list", PODS), Right("list", kept)]
        if rights:
            require_rights(self.client, self.namespace, list(dict.fromkeys([*rights, *LOCK_RIGHTS])))

    def make(self, undos: Sequence[Undo], objects: Objects) -> None:
        """All of them. In check mode only the first on each object is sent: the others build on it.

        A workload is waited for when all of it is undone: what is half undone may crash until the rest follows.
        ``objects`` tell which ones an earlier run of this undoing has changed and may not have waited for.
        """
        if self.context.check_mode:
            for position, undo in enumerate(undos):
                if undo.ref not in [earlier.ref for earlier in undos[:position]]:
                    self._make(undo)
            return
        waiting = {ref for ref, item in objects.items() if ref.resource in WORKLOADS and self._began(item)}
        waiting |= {undo.ref for undo in undos if undo.rolls_out}
        for undo in undos:
            if undo.leads_back and undo.workload in waiting:
                self._settle(undo.workload)  # only what serves again may be led to
                waiting.discard(undo.workload)
            self._make(undo)
        for ref in sorted(waiting, key=str):
            self._settle(ref)

    def _began(self, item: Mapping[str, Any]) -> bool:
        return any(one.incident == self.incident for one in read_undone(item))

    def _settle(self, workload: WorkloadRef) -> None:
        context = self.context
        wait_for_rollout(self.client, workload, self.namespace, None, context.deadline, context.progress)

    def _make(self, undo: Undo) -> None:
        changer = self._changer(undo.workload)
        if undo.removes:
            changer.remove(undo.ref, undo.live)
            return

        def decide(live: dict[str, Any]) -> Step | None:
            if not _stands(live, undo.record):
                return None  # another run has undone it at this moment
            step = undo_step(self.client, undo.ref, live, undo.record, overwrite=self.overwrite, restarts=undo.restarts)
            marks = taken_off(live, lambda one: _same(one, undo.record))
            return Step(step.patch if step else [], {}, annotations={**(step.annotations if step else {}), **marks})

        if not self.context.check_mode:
            self.context.progress(f"  {says(undo)}")
        changer.write(decide, undo.ref)

    def _changer(self, workload: WorkloadRef) -> Changer:
        if workload not in self._changers:
            self._changers[workload] = Changer(
                self.client,
                self.context,
                workload,
                self.namespace,
                self.force,
                self.takeover,
                planned=self.planned,
            )
        return self._changers[workload]


def _stands(live: dict[str, Any], record: Record) -> bool:
    top = read_record(live)
    return any(_same(one, record) for one in top.all()) if top else False


def _same(one: Record, other: Record) -> bool:
    """Whether they are records of the same change; what each covers is not compared."""
    return (one.incident, one.action, one.at, one.after, one.previous) == (
        other.incident,
        other.action,
        other.at,
        other.after,
        other.previous,
    )
