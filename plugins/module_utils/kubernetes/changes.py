# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one way in which a workload is changed: target, rights, lock, owner, one write with the record of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.client import KubernetesClient
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.lock import Lock, acquire
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.names import checked_namespace
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.options import KUBERNETES_OPTIONS
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.preflight import LOCK_RIGHTS, Right, preflight
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import fingerprint, new_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import Resource
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import (
    WorkloadRef,
    owner_tool,
    parse_workload,
)

CHANGE_OPTIONS: dict[str, dict[str, Any]] = {
    **KUBERNETES_OPTIONS,
    "namespace": {"type": "str", "required": True},
    "workload": {"type": "str"},
    "selector": {"type": "str"},
    "cluster": {"type": "str"},
    "force": {"type": "bool", "default": False},
    "takeover": {"type": "bool", "default": False},
    "allow_outage": {"type": "bool", "default": False},
    "planned": {"type": "list", "elements": "str"},
}
CHANGE_CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [("workload", "selector")],
    "required_one_of": [("workload", "selector")],
}
# More than this between our clock and the API server's makes the times that people compare misleading.
SKEW_SECONDS = 30.0
Rights = Callable[[WorkloadRef], Sequence[Right]]


@dataclass(frozen=True)
class Step:
    """What a decision makes of the live object: a JSON patch, what was there before, and what it will leave.

    ``annotations`` replace or add to the object's own; None removes one. ``rests_on`` is what the decision rests on,
    where that is not all of ``previous``: a step that rests on the same was planned as the same.
    """

    patch: Sequence[Mapping[str, Any]]
    previous: Mapping[str, Any]
    after: Any = None
    annotations: Mapping[str, str | None] = field(default_factory=dict)
    rests_on: Any = None

    def token(self, target: WorkloadRef) -> str:
        """The same for the same change of the same object in the same state, and for no other."""
        return fingerprint([str(target), self.previous if self.rests_on is None else self.rests_on, self.after])


@dataclass
class Changer:
    """One workload that this run may change. Its lock is taken with the first write: who changes nothing takes none.

    ``planned`` are the tokens of the changes that a person has seen, where somebody has: no other is made.
    """

    client: KubernetesClient
    context: Context
    workload: WorkloadRef
    namespace: str
    force: bool
    takeover: bool
    allow_outage: bool = False
    planned: Sequence[str] | None = None
    _lock: Lock | None = None

    def change(
        self, action: str, decide: Callable[[dict[str, Any]], Step | None], on: WorkloadRef | None = None
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Make the change that ``decide`` says, once; the object before, and after, or None where the goal holds.

        ``on`` is another object that belongs to the workload, such as its Service: it is changed under the same lock.
        """

        def recorded(live: dict[str, Any]) -> Step | None:
            step = decide(live)
            if step is None:
                return None
            record = new_record(live, self.context.incident, action, step.previous, step.after)
            return replace(step, annotations={**step.annotations, **record.as_annotations()})

        return self.write(recorded, on)

    def write(
        self, decide: Callable[[dict[str, Any]], Step | None], on: WorkloadRef | None = None
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """As ``change``, without a record: for a step whose annotations say themselves what becomes of the record."""
        target = on or self.workload
        decided: list[str] = []

        def patch(live: dict[str, Any]) -> list[dict[str, Any]] | None:
            step = decide(live)
            if step is None:
                return None
            decided.append(step.token(target))
            self._require_planned(target, decided[-1])
            refuse_owned(target, live, self.force)
            self.before_write(live)
            annotations = dict(live["metadata"].get("annotations") or {})
            for name, value in step.annotations.items():
                if value is None:
                    annotations.pop(name, None)
                else:
                    annotations[name] = value
            return [*map(dict, step.patch), {"op": "add", "path": "/metadata/annotations", "value": annotations}]

        before, after = self.client.update(
            target.resource, target.name, self.namespace, patch, kind="json", dry_run=self.context.check_mode
        )
        if after is not None:
            self._note(target, decided[-1])
        return before, after

    def create(
        self, action: str, kind: Resource, body: Mapping[str, Any], live: Mapping[str, Any], previous: Mapping[str, Any]
    ) -> None:
        """Make an object that belongs to the workload ``live``, with the record of it."""
        target = WorkloadRef(kind, body["metadata"]["name"])
        token = fingerprint([str(target), "created", body])
        self._require_planned(target, token)
        self.before_write(live)
        record = new_record({}, self.context.incident, action, previous)
        metadata = {**body["metadata"], "annotations": record.as_annotations()}
        self.client.create(kind, {**body, "metadata": metadata}, self.namespace, self.context.check_mode)
        self._note(target, token)

    def remove(self, target: WorkloadRef, item: Mapping[str, Any]) -> None:
        """Delete an object that a change has made, and no successor of that name."""
        uid = item["metadata"]["uid"]
        token = fingerprint([str(target), "removed", uid])
        self._require_planned(target, token)
        self.before_write(item)
        self.client.delete(target.resource, target.name, self.namespace, self.context.check_mode, uid=uid)
        self._note(target, token)

    def _note(self, target: WorkloadRef, token: str) -> None:
        if self.context.check_mode:
            self.context.made.planned.append(token)
        else:
            self.context.made.objects.append(str(target))

    def _require_planned(self, target: WorkloadRef, token: str) -> None:
        if self.planned is not None and token not in self.planned:
            raise _unplanned(target)

    def before_write(self, live: Mapping[str, Any]) -> None:
        """To be called before each write to ``live`` or in its place. Raises when this run may not write any more."""
        self.context.before_write()
        self._hold_lock(live)

    def _hold_lock(self, live: Mapping[str, Any]) -> None:
        dry_run = self.context.check_mode
        if self._lock is None:
            self._tell_skew()
            self._lock = acquire(
                self.client,
                self.workload,
                self.namespace,
                self.context.incident,
                takeover=self.takeover,
                dry_run=dry_run,
            )
        elif not dry_run:
            self._lock.check(self.client, live)

    def _tell_skew(self) -> None:
        behind = self.client.transport.ahead.total_seconds()
        if abs(behind) > SKEW_SECONDS:
            way = "behind" if behind > 0 else "ahead of"
            self.context.progress(f"  this machine's clock is {abs(behind) / 60:.1f} min {way} the API server's")


def prepare(options: Mapping[str, Any], context: Context, rights: Rights) -> Changer:
    """Look at everything that must be true. Raises what is missing, all of it at once; nothing is written."""
    # What was written is judged before anybody is asked over the network.
    if options["selector"] is None:
        parse_workload(options["workload"])
    checked_namespace(options["namespace"])
    client = context.kubernetes(options, context.deadline)
    workload = preflight(client, options, lambda found: (*rights(found), *LOCK_RIGHTS))
    return Changer(
        client,
        context,
        workload,
        options["namespace"],
        options["force"],
        options["takeover"],
        bool(options["allow_outage"]),
        options["planned"],
    )


def _unplanned(target: WorkloadRef) -> Precondition:
    return Precondition(
        f"{target} is not as it was when this was planned: what would be done now is not what was seen.",
        "Run it again to see what it would do now.",
    )


def refuse_owned(workload: WorkloadRef, live: Mapping[str, Any], force: bool) -> None:
    """Raises Precondition for what a tool owns and will change back, unless it is forced."""
    tool = owner_tool(live)
    if tool and not force:
        raise Precondition(
            f"{workload} belongs to {tool}, which will change it back.",
            f"Make the change in {tool}, or stop it there and force it here (in a playbook ROLE_force=true).",
            owner_tool=tool,
        )


def warnings_about(workload: WorkloadRef, live: Mapping[str, Any]) -> list[str]:
    """What a person must know of a change that was made all the same."""
    tool = owner_tool(live)
    return [f"{workload} belongs to {tool}, which will change it back unless it is stopped."] if tool else []
