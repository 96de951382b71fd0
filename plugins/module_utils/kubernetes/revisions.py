# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The history of a workload: which templates it has run, from its replica sets or controller revisions. Pure.

Source: k8s.io/kubectl polymorphichelpers/history.go, kubernetes pkg/controller/deployment/util.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

REVISION = "deployment.kubernetes.io/revision"
EARLIER_NUMBERS = "deployment.kubernetes.io/revision-history"
CHANGE_CAUSE = "kubernetes.io/change-cause"
POD_HASH_LABEL = "pod-template-hash"
SET_HASH_LABEL = "controller-revision-hash"
RESTART_MARKS = ("kubectl.kubernetes.io/restartedAt", "runbooks.hotswap/restarted-at", "runbooks.hotswap/config")


@dataclass(frozen=True)
class Revision:
    """One template of a workload's history.

    ``name`` is the object that keeps it, ``hash`` the value its pods carry as ``pod-template-hash`` or
    ``controller-revision-hash``. ``created`` is when the template was first used. ``earlier_numbers`` are the numbers
    it had before it was rolled back to: bringing an old template back gives it a new number.
    """

    number: int
    name: str
    images: tuple[str, ...]
    created: str
    template: Mapping[str, Any] = field(repr=False)
    hash: str
    change_cause: str | None = None
    earlier_numbers: tuple[int, ...] = ()
    replicas: int | None = None


def deployment_revisions(deployment: Mapping[str, Any], replica_sets: Iterable[Mapping[str, Any]]) -> list[Revision]:
    """The revisions of a Deployment, the newest first. Replica sets of other owners are left out."""
    found = []
    for replica_set in controlled_by(deployment, replica_sets):
        metadata = replica_set["metadata"]
        annotations = metadata.get("annotations") or {}
        number = _as_number(annotations.get(REVISION))
        if number is None:
            continue  # made by the controller a moment ago, not numbered yet
        template = _without_hash(replica_set["spec"]["template"])
        found.append(
            Revision(
                number=number,
                name=metadata["name"],
                images=images_of(template),
                created=metadata.get("creationTimestamp") or "",
                template=template,
                hash=(metadata.get("labels") or {}).get(POD_HASH_LABEL, ""),
                change_cause=annotations.get(CHANGE_CAUSE),
                earlier_numbers=_numbers(annotations.get(EARLIER_NUMBERS)),
                replicas=(replica_set.get("status") or {}).get("replicas", 0),
            )
        )
    return sorted(found, key=lambda revision: revision.number, reverse=True)


def stateful_set_revisions(
    stateful_set: Mapping[str, Any], controller_revisions: Iterable[Mapping[str, Any]]
) -> list[Revision]:
    """The revisions of a StatefulSet, the newest first."""
    found = []
    for kept in controlled_by(stateful_set, controller_revisions):
        template = _without_hash(((kept.get("data") or {}).get("spec") or {}).get("template") or {})
        metadata = kept["metadata"]
        found.append(
            Revision(
                number=int(kept.get("revision") or 0),
                name=metadata["name"],
                images=images_of(template),
                created=metadata.get("creationTimestamp") or "",
                template=template,
                hash=metadata["name"],
                change_cause=(metadata.get("annotations") or {}).get(CHANGE_CAUSE),
            )
        )
    return sorted(found, key=lambda revision: revision.number, reverse=True)


def controlled_by(owner: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of the items whose controller is ``owner``: labels alone can match two workloads."""
    uid = owner["metadata"]["uid"]
    return [
        item
        for item in items
        if any(ref.get("uid") == uid and ref.get("controller") for ref in item["metadata"].get("ownerReferences") or [])
    ]


def current_revision(workload: Mapping[str, Any], revisions: Sequence[Revision]) -> Revision | None:
    """The revision of the workload's present template; None while the controller has not made it yet."""
    annotations = workload["metadata"].get("annotations") or {}
    number = _as_number(annotations.get(REVISION))
    update = (workload.get("status") or {}).get("updateRevision")
    for revision in revisions:
        if (number is not None and revision.number == number) or (update and revision.name == update):
            return revision
    return None


def rollback_target(current: Revision, revisions: Sequence[Revision], left: str | None = None) -> Revision | None:
    """The newest earlier revision with another release than the current one; None where the history does not tell.

    ``left`` is the name of the revision that the last recorded rollback left; it does not come again. Without a
    record, a template that came back may have been rolled back to, or deployed once more:

    - It was itself left before for a release that had run earlier. Somebody rolled back from it then; so do we.
    - Else the last move was the rollback, and what it left does not come again.
    - It came and went more often than that: only a person can tell.
    """
    others = [one for one in revisions if one.number < current.number and not same_release(one, current)]
    if left is not None:
        return next((one for one in others if one.name != left), None)
    if not current.earlier_numbers:
        return others[0] if others else None
    if len(current.earlier_numbers) > 1:
        return None
    (before,) = current.earlier_numbers
    follower = next((one for one in others if before + 1 in (one.number, *one.earlier_numbers)), None)
    if follower is not None and min((follower.number, *follower.earlier_numbers)) < before:
        return follower
    return next((one for one in others if one.number < before), None)


def same_release(one: Revision, other: Revision) -> bool:
    """Whether two revisions run the same thing: their templates differ at most in when they were restarted."""
    return one.name == other.name or _essence(one.template) == _essence(other.template)


def runs_release(workload: Mapping[str, Any], revision: Revision) -> bool:
    """Whether the workload's present template is the revision's, but for when it was restarted."""
    return _essence(_without_hash(workload["spec"]["template"])) == _essence(revision.template)


def _essence(template: Mapping[str, Any]) -> dict[str, Any]:
    metadata = template.get("metadata") or {}
    annotations = {key: text for key, text in (metadata.get("annotations") or {}).items() if key not in RESTART_MARKS}
    return {**template, "metadata": {**metadata, "annotations": annotations}}


def images_of(template: Mapping[str, Any]) -> tuple[str, ...]:
    """The images of the template's containers, without its init containers, in their order."""
    return tuple(str(container.get("image", "")) for container in (template.get("spec") or {}).get("containers") or [])


def _without_hash(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template as a person wrote it: the controller's label and the patch directive are not part of it."""
    plain = copy.deepcopy(dict(template))
    plain.pop("$patch", None)
    metadata = plain.get("metadata") or {}
    if metadata.get("creationTimestamp", "") is None:
        del metadata["creationTimestamp"]
    if POD_HASH_LABEL in (metadata.get("labels") or {}):
        del metadata["labels"][POD_HASH_LABEL]
    return plain


def _as_number(text: Any) -> int | None:
    try:
        return int(text)
    except (TypeError, ValueError):
        return None


def _numbers(text: str | None) -> tuple[int, ...]:
    return tuple(number for part in (text or "").split(",") if (number := _as_number(part)) is not None)
