#!/usr/bin/python
# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring a workload back to its last other release."""

from __future__ import annotations

DOCUMENTATION = r"""
module: workload_rollback
short_description: Bring a workload back to its last other release
version_added: 0.1.0
author: The hotswap.runbooks authors
description:
  - Puts the pod template of an earlier revision back into a Deployment or StatefulSet and waits for the rollout.
  - The target is resolved once and kept on the object, so a second run stays where the first one went;
    C(kubectl rollout undo) run twice would bring the bad release back.
  - Annotations that belong to others are kept.
  - While it waits it shows why pods are not ready, and it stops early when they cannot become ready any more.
options:
  deadline:
    description: Seconds after which it gives up, whatever hangs. What was changed until then stays, and is told.
    type: float
    default: 300
  to_revision:
    description:
      - The revision to go back to, as C(kubectl rollout history) lists it.
      - Without it, the newest earlier revision that holds another release than the current one.
    type: int
  leaving:
    description:
      - The name of the revision that was decided against, as C(from_revision.name) of an earlier run in check mode.
      - When it is no longer the current one, nothing is changed.
    type: str
extends_documentation_fragment:
  - hotswap.runbooks.change
  - hotswap.runbooks.kubernetes
  - hotswap.runbooks.run
attributes:
  check_mode:
    support: full
    details: The write is sent as the API server's own dry run.
  diff_mode:
    support: full
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Leave the bad release
  hotswap.runbooks.workload_rollback:
    namespace: default
    workload: deployment/hotswap-api
    incident: inc-20261123T031500Z

- name: Show what would change, without a write
  hotswap.runbooks.workload_rollback:
    namespace: default
    workload: deployment/hotswap-api
  check_mode: true
  diff: true

- name: Go back to a revision of one's own choice
  hotswap.runbooks.workload_rollback:
    namespace: default
    workload: deployment/hotswap-api
    to_revision: 3
"""

RETURN = r"""
summary:
  description: What was done, in one sentence.
  returned: success
  type: str
  sample: Rolled deployment/hotswap-api back from revision 4 (hotswap-api:2-bad) to revision 3 (hotswap-api:1).
from_revision:
  description: The revision that was left, or that is current when nothing was changed.
  returned: success
  type: dict
  sample: {number: 4, name: hotswap-api-7c9, images: ["hotswap-api:2-bad"]}
to_revision:
  description: The revision that was brought back.
  returned: success
  type: dict
  sample: {number: 3, name: hotswap-api-5d4, images: ["hotswap-api:1"]}
rollout:
  description: The state of the rollout at the end.
  returned: when not in check mode
  type: dict
  sample: {done: true, failed: false, reason: "", message: "3 of 3 pods updated and available"}
undo:
  description: The command that brings the left revision back.
  returned: changed
  type: str
  sample: kubectl -n default rollout undo deployment/hotswap-api --to-revision=4
planned:
  description: What the option O(planned) of a later run takes, so that it makes this very change and no other.
  returned: in check mode
  type: list
  elements: str
  sample: [3f2a90c1d27b6e55]
error_class:
  description:
    - The kind of a failure, one of V(unreachable), V(throttled), V(denied), V(not_found), V(conflict),
      V(precondition), V(partial), V(timeout), V(bad_input).
  returned: failure
  type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import run_module
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import rollback
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import (
    CHANGE_CONSTRAINTS,
    CHANGE_OPTIONS,
    Step,
    prepare,
    warnings_about,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.client import KubernetesClient
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.history import known_failure, read_revisions
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.pods import is_ready
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.preflight import Right, rollout_rights
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    EVENTS,
    PODS,
    REPLICA_SETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.restart import refuse_outage
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import Revision
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.rollout import wait_for_rollout
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef, selector_of
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome
from ansible_collections.hotswap.runbooks.plugins.module_utils.spec import ModuleSpec

SPEC = ModuleSpec(
    options={**CHANGE_OPTIONS, "to_revision": {"type": "int"}, "leaving": {"type": "str"}},
    deadline=300,
    **CHANGE_CONSTRAINTS,
)


def rights(workload: WorkloadRef) -> Sequence[Right]:
    kept = REPLICA_SETS if workload.resource == DEPLOYMENTS else CONTROLLER_REVISIONS
    return (*rollout_rights(workload), Right("list", kept), Right("list", EVENTS))


def run(options: Mapping[str, Any], context: Context) -> Outcome:
    changer = prepare(options, context, rights)
    client, workload = changer.client, changer.workload
    chosen: list[rollback.Target] = []

    def decide(live: dict[str, Any]) -> Step | None:
        # Asked again after a conflict, the release to leave is still the one that was found first.
        leaving = chosen[0].current.name if chosen else options["leaving"]
        revisions = read_revisions(client, workload, live)
        target = rollback.choose_target(live, revisions, wanted=options["to_revision"], leaving=leaving)
        chosen.append(target)
        if target.already:
            return None
        allowed = changer.allow_outage or _some_stay(client, live, target.revision)
        refuse_outage(workload, live, rollback.ACTION, allowed=allowed)
        failure = None if options["force"] else known_failure(client, live, target.revision)
        if failure:
            named = _named(target.revision)
            raise Precondition(
                f"{named[:1].upper()}{named[1:]} of {workload} cannot run: {failure}.",
                "Name another revision with to_revision (rollback_to_revision in the playbook).",
            )
        return rollback.rollback_step(live, target)

    before, after = changer.change(rollback.ACTION, decide)
    target = chosen[-1]
    said = f"{workload} back from {_named(target.current)} to {_named(target.revision)}"
    undo = f"kubectl -n {changer.namespace} rollout undo {workload} --to-revision={target.current.number}"
    data: dict[str, Any] = {"from_revision": _described(target.current), "to_revision": _described(target.revision)}
    if not context.check_mode:
        context.made.said, context.made.undo = f"Rolled {said}", undo
        status = wait_for_rollout(
            client, workload, changer.namespace, target.revision.hash, context.deadline, context.progress
        )
        data["rollout"] = status.as_dict()
    if after is None:
        return Outcome(changed=False, summary=_already(workload, target), data=data)
    return Outcome(
        changed=True,
        summary=f"Would roll {said}" if context.check_mode else f"Rolled {said}",
        data=data,
        before=_shown(before),
        after=_shown(after),
        undo=undo,
        warnings=warnings_about(workload, before),
    )


def _some_stay(client: KubernetesClient, live: Mapping[str, Any], target: Revision) -> bool:
    """Whether ready pods run the target already: no rolling update replaces these."""
    if (live["spec"].get("strategy") or {}).get("type") == "Recreate":
        return False
    pods = client.list(PODS, live["metadata"]["namespace"], label_selector=selector_of(live))
    return any(is_ready(pod) and target.hash in (pod["metadata"].get("labels") or {}).values() for pod in pods)


def _named(revision: Revision) -> str:
    return f"revision {revision.number} ({', '.join(revision.images)})"


def _described(revision: Revision) -> dict[str, Any]:
    return {"number": revision.number, "name": revision.name, "images": list(revision.images)}


def _already(workload: WorkloadRef, target: rollback.Target) -> str:
    return f"Nothing was changed: {workload} runs {_named(target.current)}, and {target.already}."


def _shown(item: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a person compares: the template and the record, without the object's bookkeeping."""
    if item is None:
        return {}
    return {"annotations": item["metadata"].get("annotations") or {}, "template": item["spec"]["template"]}


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
