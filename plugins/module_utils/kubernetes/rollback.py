# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which revision a rollback goes to, and the patch that brings it back. Pure functions."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record, read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import (
    CHANGE_CAUSE,
    RESTART_MARKS,
    Revision,
    current_revision,
    rollback_target,
    runs_release,
    same_release,
)

ACTION = "rollback"


@dataclass(frozen=True)
class Target:
    """Where a rollback goes. ``already`` says why there is nothing to do; empty when there is."""

    current: Revision
    revision: Revision
    already: str = ""


def choose_target(
    workload: Mapping[str, Any],
    revisions: Sequence[Revision],
    *,
    wanted: int | None = None,
    leaving: str | None = None,
) -> Target:
    """The revision to go back to, from the live object and its history (newest first).

    Without ``wanted`` it is the newest earlier revision that holds another release than the current one. A workload
    that stands where an earlier rollback put it stays there: asking again is not a wish to go further back.
    ``leaving`` is the name of the revision that was decided against: when it is no longer the current one, somebody
    has left it already.

    Raises NotFound when ``wanted`` does not exist and Precondition when there is nothing to go back to; both list
    what there is.
    """
    current, record = current_revision(workload, revisions), _last_rollback(workload)
    if leaving is not None and current is not None and current.name != leaving:
        return Target(current, current, already="the revision that was to be left is no longer the current one")
    gone_to = _revision_gone_to(record, revisions)
    if record is not None and gone_to is not None and runs_release(workload, gone_to):
        # Before the controller's number is believed: it lags behind the template.
        asked_for = {gone_to.number, *gone_to.earlier_numbers, record.previous.get("to_revision")}
        if wanted is None or wanted in asked_for:
            return Target(gone_to, gone_to, already=f"incident {record.incident} rolled it back already")
    if current is None:
        raise Precondition("The controller has not seen the workload's present template yet.", "Run this again soon.")
    if wanted is not None:
        # A template that was brought back has a new number; the one it had is still what a person wrote down.
        chosen = next((one for one in revisions if one.number == wanted), None) or next(
            (one for one in revisions if wanted in one.earlier_numbers), None
        )
        if chosen is None:
            raise NotFound(
                f"Revision {wanted} does not exist.",
                f"These do: {listing(revisions)}.",
                revisions=[revision.number for revision in revisions],
            )
        return Target(current, chosen, already="it runs this release" if same_release(chosen, current) else "")
    target = rollback_target(current, revisions, record.previous.get("from_name") if record else None)
    if target is None:
        raise Precondition(
            f"The history does not tell which release to go back to from revision {current.number}; it holds "
            f"{listing(revisions)}.",
            "Name one of these with to_revision (rollback_to_revision), or deploy a good release.",
            revisions=[revision.number for revision in revisions],
        )
    return Target(current, target)


def _last_rollback(workload: Mapping[str, Any]) -> Record | None:
    record = read_record(workload)
    return next((one for one in record.all() if one.action == ACTION), None) if record else None


def _revision_gone_to(record: Record | None, revisions: Sequence[Revision]) -> Revision | None:
    name = record.previous.get("to_name") if record else None
    return next((one for one in revisions if one.name == name), None)


def rollback_step(workload: Mapping[str, Any], target: Target) -> Step:
    """The change that puts the target's template back."""
    annotations: dict[str, str | None] = {}
    if CHANGE_CAUSE in (workload["metadata"].get("annotations") or {}):
        # It describes the release; the one being left must not name the one coming back.
        annotations[CHANGE_CAUSE] = target.revision.change_cause or f"rollback to revision {target.revision.number}"
    template = copy.deepcopy(dict(target.revision.template))
    previous = {
        "from_name": target.current.name,
        "from_revision": target.current.number,
        "from_images": list(target.current.images),
        "to_name": target.revision.name,
        "to_revision": target.revision.number,
    }
    patch = [{"op": "replace", "path": "/spec/template", "value": template}]
    return Step(patch, previous, after=state({"spec": {"template": template}}), annotations=annotations)


def state(live: Mapping[str, Any]) -> dict[str, Any]:
    """What a rollback touches: the release. The mark of a restart is none of it."""
    template = copy.deepcopy(dict(live["spec"]["template"]))
    metadata = dict(template.get("metadata") or {})
    annotations = metadata.pop("annotations", None) or {}
    metadata.pop("creationTimestamp", None)
    ours = ("runbooks.hotswap/", *RESTART_MARKS)
    kept = {name: value for name, value in annotations.items() if not name.startswith(ours)}
    return {**template, "metadata": {**metadata, **({"annotations": kept} if kept else {})}}


def undo_step(live: Mapping[str, Any], record: Record, revisions: Sequence[Revision]) -> Step | None:
    """The change that brings the left release back. Raises NotFound when its revision is gone from the history."""
    name, current = record.previous["from_name"], current_revision(live, revisions)
    left = next((revision for revision in revisions if revision.name == name), None)
    if left is None or current is None:
        raise NotFound(
            f"The release that incident {record.incident} left ({name}) is not in the history any more.",
            f"It holds {listing(revisions)}. Deploy the release anew.",
        )
    return None if same_release(left, current) else rollback_step(live, Target(current, left))


def listing(revisions: Sequence[Revision]) -> str:
    """``4 (hotswap-api:2-bad), 3 (hotswap-api:1)``"""
    return ", ".join(f"{revision.number} ({', '.join(revision.images)})" for revision in revisions)
