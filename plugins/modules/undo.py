#!/usr/bin/python
# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Undo the changes of an incident, from what stands on the objects."""

from __future__ import annotations

DOCUMENTATION = r"""
module: undo
short_description: Undo the changes of an incident, from what stands on the objects
version_added: 0.1.0
author: The hotswap.runbooks authors
description:
  - Each change of this collection leaves its record on the object that it changes. This reads the records of one
    incident in a namespace, and undoes its changes in reverse order, waiting for each rollout.
  - Where somebody has changed since what the incident had changed, nothing is undone, and who it was is told.
  - What was undone leaves a mark, so a second run changes nothing; a run that was interrupted is gone on with.
options:
  deadline:
    description: Seconds after which it gives up, whatever hangs. What was changed until then stays, and is told.
    type: float
    default: 600
  incident:
    description:
      - The id of the incident whose changes are undone. It must be given.
  namespace:
    description: The namespace of the objects. It never falls back to another one.
    type: str
    required: true
  cluster:
    description:
      - The cluster that is meant, as the UID of its namespace C(kube-system) or the name of its API server.
      - On any other cluster nothing is changed.
    type: str
  force:
    description:
      - Undo changes also where a tool such as Helm, Argo CD or Flux owns the object and will change it back.
    type: bool
    default: false
  overwrite:
    description:
      - Put back what was there before although somebody has changed it since.
    type: bool
    default: false
  allow_outage:
    description:
      - Undo changes although no replica may be ready for a while. Otherwise at least one stays.
    type: bool
    default: false
  planned:
    description:
      - What an earlier run in check mode returned as RV(ignore:planned). Anything else than that is refused.
    type: list
    elements: str
  takeover:
    description:
      - Take the lock of a workload although another incident holds it.
    type: bool
    default: false
extends_documentation_fragment:
  - hotswap.runbooks.kubernetes
  - hotswap.runbooks.run
attributes:
  check_mode:
    support: partial
    details: The first write to each object is sent as the API server's own dry run; those that build on it are not.
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Undo what an incident has changed
  hotswap.runbooks.undo:
    namespace: default
    incident: inc-20261123T031500Z
"""

RETURN = r"""
summary:
  description: What was done, in one sentence.
  returned: success
  type: str
  sample: Undid 2 changes of incident inc-20261123T031500Z.
steps:
  description: Each undoing, in the order in which they are made.
  returned: success
  type: list
  elements: str
  sample: ["Undo the scale of deployment/hotswap-api, made 2026-11-23T03:20:00Z: replicas back to 3."]
undo:
  description: The commands that make the undone changes again, the last undone first.
  returned: changed
  type: str
  sample: kubectl -n default patch deployment hotswap-api --type=json -p '[...]'
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

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import run_module
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import maintenance
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import CHANGE_OPTIONS
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.json_patch import inverse
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.targets import require_cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.undo_plan import (
    Undo,
    checked_incident,
    plan,
    read_objects,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.undo_run import UndoRun
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.undo_words import says
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome
from ansible_collections.hotswap.runbooks.plugins.module_utils.spec import ModuleSpec

SPEC = ModuleSpec(
    options={
        **{name: option for name, option in CHANGE_OPTIONS.items() if name not in ("workload", "selector")},
        "overwrite": {"type": "bool", "default": False},
    },
    deadline=600,
)


def run(options: Mapping[str, Any], context: Context) -> Outcome:
    incident = checked_incident(options["incident"])
    namespace = options["namespace"]
    client = context.kubernetes(options, context.deadline)
    if options["cluster"] is not None:
        require_cluster(client, options["cluster"])
    objects = read_objects(client, namespace)
    overwrite, allow_outage = options["overwrite"], options["allow_outage"]
    undos = plan(client, namespace, objects, incident, overwrite=overwrite, allow_outage=allow_outage)
    steps = [says(undo) for undo in undos]
    undoing = UndoRun(
        client, context, namespace, incident, options["force"], options["takeover"], overwrite, options["planned"]
    )
    undoing.require_rights(undos)
    context.made.said, context.made.undo = f"Incident {incident} was undone in part", _again(undos, options)
    undoing.make(undos, objects)
    if not undos:
        said = f"Nothing was changed: what incident {incident} had changed was undone already."
        return Outcome(changed=False, summary=said, data={"steps": steps})
    count = f"{len(undos)} change{'' if len(undos) == 1 else 's'} of incident {incident}"
    return Outcome(
        changed=True,
        summary=f"Would undo {count}:\n" + "\n".join(steps) if context.check_mode else f"Undid {count}.",
        data={"steps": steps},
        undo=context.made.undo,
    )


def _again(undos: Sequence[Undo], options: Mapping[str, Any]) -> str:
    """The commands of a person who wants the changes back after all."""
    namespace = options["namespace"]
    kubectl = ["kubectl", "-n", namespace]
    commands: list[str] = []
    for undo in reversed(undos):
        patch = list(undo.step.patch) if undo.step and not undo.restarts else []
        if undo.record.action == maintenance.ACTION:
            # Its page is gone, so it takes more than a patch; the workload's record stands for all of it.
            if "reason" in undo.record.previous:
                commands.append(maintenance.command(options, namespace, undo.ref, True))
            continue
        if not patch:
            continue
        revision = (undo.live["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision")
        if revision and any(str(operation["path"]).startswith("/spec/template") for operation in patch):
            commands.append(shlex.join([*kubectl, "rollout", "undo", str(undo.ref), f"--to-revision={revision}"]))
        else:
            back = json.dumps(inverse(undo.live, patch), separators=(",", ":"))
            patching = [*kubectl, "patch", undo.ref.kind.lower(), undo.ref.name, "--type=json", "-p", back]
            commands.append(shlex.join(patching))
    commands += [shlex.join([*kubectl, "rollout", "restart", str(undo.ref)]) for undo in undos if undo.restarts]
    return "\n".join(commands)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
