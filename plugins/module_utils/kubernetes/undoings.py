# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How each kind of recorded change is undone: the one place that knows all of them. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import (
    autoscaling,
    config,
    maintenance,
    resources_change,
    restart,
    restart_pod,
    rollback,
    scale,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import HPAS
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import Revision
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

Live = Mapping[str, Any]


@dataclass(frozen=True)
class Undoing:
    """``step`` restores what a record of this kind says was there before; ``state`` is what it touches."""

    step: Callable[[Live, Record], Step | None]
    state: Callable[[Live], Mapping[str, Any]]


_BY_ACTION: dict[str, Undoing] = {
    restart.ACTION: Undoing(restart.undo_step, restart.state),
    restart_pod.ACTION: Undoing(restart_pod.undo_step, restart_pod.state),
    scale.ACTION: Undoing(scale.undo_step, scale.state),
    resources_change.ACTION: Undoing(resources_change.undo_step, resources_change.state),
    config.ACTION: Undoing(config.undo_step, config.state),
    maintenance.ACTION: Undoing(maintenance.undo_step, maintenance.state),
}
_AUTOSCALER = Undoing(autoscaling.undo_step, autoscaling.state)


def undoing_of(ref: WorkloadRef, record: Record, revisions: Sequence[Revision]) -> Undoing:
    """How the recorded change of ``ref`` is undone. Raises Precondition for one that this version does not know.

    ``revisions`` are the workload's own; a rollback is undone from them.
    """
    if record.action == rollback.ACTION:
        return Undoing(lambda live, one: rollback.undo_step(live, one, revisions), rollback.state)
    found = _AUTOSCALER if ref.resource == HPAS else _BY_ACTION.get(record.action)
    if found is None:
        raise Precondition(
            f"{ref} has a change ({record.action}) of incident {record.incident} that this version cannot undo.",
            "Undo it with the version that made it, or by hand.",
        )
    return found


def was_created(record: Record) -> bool:
    """Whether the recorded change made the object: then undoing it removes it."""
    return bool(record.previous.get("created"))
