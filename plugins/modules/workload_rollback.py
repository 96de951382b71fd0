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
  namespace:
    description: The namespace of the workload. It never falls back to another one.
    type: str
    required: true
  workload:
    description: Kind and name, such as V(deployment/hotswap-api) or V(statefulset/postgresql).
    type: str
  selector:
    description:
      - A label selector of the pods, in place of O(workload). It must match the pods of exactly one workload.
    type: str
  cluster:
    description:
      - The cluster that is meant, as the UID of its namespace C(kube-system) or the name of its API server.
      - On any other cluster nothing is changed.
    type: str
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
  force:
    description:
      - Also change a workload that a tool such as Helm, Argo CD or Flux owns and will change back.
      - Also go back to a revision whose pods are known to have failed.
    type: bool
    default: false
extends_documentation_fragment:
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
error_class:
  description:
    - The kind of a failure, one of V(unreachable), V(throttled), V(denied), V(not_found), V(conflict),
      V(precondition), V(partial), V(timeout), V(bad_input).
  returned: failure
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition, RunbookError
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import run_module
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import rollback
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.history import known_failure, read_revisions
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.kubectl import kubectl
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.names import checked_namespace
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.options import KUBERNETES_OPTIONS
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import Revision
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.rollout import wait_for_rollout
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.targets import (
    require_cluster,
    workload_behind,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import (
    WorkloadRef,
    owner_tool,
    parse_workload,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome
from ansible_collections.hotswap.runbooks.plugins.module_utils.spec import ModuleSpec

SPEC = ModuleSpec(
    options={
        **KUBERNETES_OPTIONS,
        "namespace": {"type": "str", "required": True},
        "workload": {"type": "str"},
        "selector": {"type": "str"},
        "cluster": {"type": "str"},
        "to_revision": {"type": "int"},
        "leaving": {"type": "str"},
        "force": {"type": "bool", "default": False},
    },
    deadline=300,
    mutually_exclusive=[("workload", "selector")],
    required_one_of=[("workload", "selector")],
)


def run(options: Mapping[str, Any], context: Context) -> Outcome:
    # What was written is judged before anybody is asked over the network.
    workload = parse_workload(options["workload"]) if options["selector"] is None else None
    namespace = checked_namespace(options["namespace"])
    client = context.kubernetes(options, context.deadline)
    if options["cluster"]:
        require_cluster(client, options["cluster"])
    if workload is None:
        workload = workload_behind(client, namespace, options["selector"])
    chosen: list[rollback.Target] = []

    def decide(live: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        # Asked again after a conflict, the release to leave is still the one that was found first.
        leaving = chosen[0].current.name if chosen else options["leaving"]
        revisions = read_revisions(client, workload, live)
        target = rollback.choose_target(live, revisions, wanted=options["to_revision"], leaving=leaving)
        chosen.append(target)
        if target.already:
            return None
        _refuse_unless_possible(workload, live, options["force"])
        failure = None if options["force"] else known_failure(client, live, target.revision)
        if failure:
            raise Precondition(
                f"Revision {target.revision.number} ({', '.join(target.revision.images)}) of {workload} cannot run: "
                f"{failure}.",
                "Name another revision with to_revision (rollback_to_revision in the playbook).",
            )
        context.before_write()
        return rollback.rollback_patch(live, target, context.incident)

    before, after = client.update(
        workload.resource, workload.name, namespace, decide, kind="json", dry_run=context.check_mode
    )
    target = chosen[-1]
    said = f"{workload} back from {_named(target.current)} to {_named(target.revision)}"
    undo = f"{kubectl(options)} -n {namespace} rollout undo {workload} --to-revision={target.current.number}"
    data: dict[str, Any] = {"from_revision": _described(target.current), "to_revision": _described(target.revision)}
    if not context.check_mode:
        try:
            status = wait_for_rollout(
                client, workload, namespace, target.revision.hash, context.deadline, context.progress
            )
        except RunbookError as error:
            if after is None:
                raise
            # Who reads only this line must learn that the change stands.
            text = f"Rolled {said}, but that is not proved: {error.message}"
            raise type(error)(text, error.hint, **{**error.facts, "changed": True, "undo": undo}) from error
        data["rollout"] = status.as_dict()
    if after is None:
        return Outcome(changed=False, summary=_already(workload, target), data=data)
    tool = owner_tool(before)
    return Outcome(
        changed=True,
        summary=f"Would roll {said}" if context.check_mode else f"Rolled {said}",
        data=data,
        before=_shown(before),
        after=_shown(after),
        undo=undo,
        warnings=[f"{workload} belongs to {tool}, which will change it back unless it is stopped."] if tool else [],
    )


def _refuse_unless_possible(workload: WorkloadRef, live: Mapping[str, Any], force: bool) -> None:
    if live["spec"].get("paused"):
        raise Precondition(
            f"{workload} is paused: a rollback would be stored and not rolled out.",
            f"Resume it first: kubectl -n {live['metadata']['namespace']} rollout resume {workload}",
        )
    tool = owner_tool(live)
    if tool and not force:
        raise Precondition(
            f"{workload} belongs to {tool}, which will change it back.",
            f"Roll back in {tool}, or stop its reconciliation and force the change here (force, rollback_force).",
            owner_tool=tool,
        )


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
