#!/usr/bin/python
# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Change what one container of a workload may use."""

from __future__ import annotations

DOCUMENTATION = r"""
module: workload_resources
short_description: Change the CPU and memory of a container
version_added: 0.2.0
author: The hotswap.runbooks authors
description:
  - Sets CPU and memory requests and limits of one container of a Deployment or StatefulSet and waits for the rollout.
    Only what is given is changed.
  - Before the change it looks whether the namespace's quotas and limit ranges and the cluster's nodes have room, and
    asks the API server for its own verdict on a pod of the new kind. One message tells all that is in the way.
  - What was there before is kept on the object.
  - While it waits it shows why pods are not ready. When a new pod is killed for want of memory again, it stops at once.
options:
  deadline:
    description: Seconds after which it gives up, whatever hangs. What was changed until then stays, and is told.
    type: float
    default: 300
  container:
    description: The container's name. May be left out where there is only one.
    type: str
  cpu_request:
    description: The CPU that a pod is sure to get, such as V(250m) or V(2).
    type: str
  cpu_limit:
    description: The CPU that it may use at most.
    type: str
  memory_request:
    description: The memory that a pod is sure to get, such as V(512Mi) or V(2Gi).
    type: str
  memory_limit:
    description: The memory above which it is killed.
    type: str
  beyond_nodes:
    description: Ask for more than the largest node has, because a cluster autoscaler will bring a larger one.
    type: bool
    default: false
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
- name: Give the service more memory
  hotswap.runbooks.workload_resources:
    namespace: default
    workload: deployment/hotswap-api
    memory_limit: 2Gi
    incident: inc-20261123T031500Z

- name: Say which of several containers is meant, and what it is sure to get
  hotswap.runbooks.workload_resources:
    namespace: default
    workload: statefulset/postgresql
    container: postgresql
    cpu_request: 500m
    memory_request: 2Gi
    memory_limit: 2Gi
"""

RETURN = r"""
summary:
  description: What was done, in one sentence.
  returned: success
  type: str
  sample: Changed container hotswap-api of deployment/hotswap-api - memory limit from 1Gi to 2Gi.
container:
  description: The container's name.
  returned: success
  type: str
  sample: hotswap-api
before:
  description: Its resources as they were.
  returned: success
  type: dict
  sample: {limits: {memory: 1Gi}, requests: {memory: 256Mi}}
after:
  description: Its resources as they are, or would be.
  returned: success
  type: dict
  sample: {limits: {memory: 2Gi}, requests: {memory: 256Mi}}
qos_class:
  description: The pods' quality of service class before and after; it decides who is evicted first.
  returned: success
  type: dict
  sample: {before: Burstable, after: Guaranteed}
rollout:
  description: The state of the rollout at the end.
  returned: when not in check mode
  type: dict
  sample: {done: true, failed: false, reason: "", message: "3 of 3 are available"}
undo:
  description: The command that puts the old values back.
  returned: changed
  type: str
  sample: kubectl -n default set resources deployment/hotswap-api -c=hotswap-api --limits=memory=1Gi
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
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import run_module
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import resources_change as change
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import (
    CHANGE_CONSTRAINTS,
    CHANGE_OPTIONS,
    Step,
    prepare,
    warnings_about,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.memory import refuse_more_kills
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.preflight import Right, rollout_rights
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    REPLICA_SETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.restart import refuse_outage
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.rollout import wait_for_rollout
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.room import require_room
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome
from ansible_collections.hotswap.runbooks.plugins.module_utils.spec import ModuleSpec

SPEC = ModuleSpec(
    options={
        **CHANGE_OPTIONS,
        "container": {"type": "str"},
        **{option: {"type": "str"} for option in change.OPTIONS},
        "beyond_nodes": {"type": "bool", "default": False},
    },
    deadline=300,
    **CHANGE_CONSTRAINTS,
)


def rights(workload: WorkloadRef) -> Sequence[Right]:
    kept = REPLICA_SETS if workload.resource == DEPLOYMENTS else CONTROLLER_REVISIONS
    return (*rollout_rights(workload), Right("list", kept))


def run(options: Mapping[str, Any], context: Context) -> Outcome:
    wanted = change.checked(options)
    changer = prepare(options, context, rights)
    client, workload = changer.client, changer.workload
    unseen: list[str] = []

    def decide(live: dict[str, Any]) -> Step | None:
        index = change.container_index(live, options["container"])
        step = change.resources_step(live, index, wanted)
        if step is not None:
            refuse_outage(workload, live, "change", allowed=changer.allow_outage)
            after = change.patched(live, index, step.patch[0]["value"])
            unseen[:] = require_room(client, live, after, index, beyond_nodes=options["beyond_nodes"])
        return step

    before, after = changer.change(change.ACTION, decide)
    index = change.container_index(before, options["container"])
    old, new = change.resources_of(before, index), change.resources_of(after or before, index)
    name = before["spec"]["template"]["spec"]["containers"][index]["name"]
    sides = {"before": before, "after": after or before}
    classes = {side: change.qos_class(item["spec"]["template"]["spec"]) for side, item in sides.items()}
    data: dict[str, Any] = {"container": name, "before": old, "after": new, "qos_class": classes}
    said = f"container {name} of {workload}: {change.described(old, new)}"
    if classes["before"] != classes["after"]:
        said += f"; its pods' QoS class changes from {classes['before']} to {classes['after']}"
    undo = change.undo_command(workload, changer.namespace, before, index, wanted)
    context.made.said, context.made.undo = f"Changed {said}", undo
    if not context.check_mode:
        limit = (new.get("limits") or {}).get("memory")

        def look(_live: Mapping[str, Any], pods: Sequence[Mapping[str, Any]]) -> None:
            refuse_more_kills(workload, name, limit, pods)

        status = wait_for_rollout(
            client, workload, changer.namespace, None, context.deadline, context.progress, look=look
        )
        data["rollout"] = status.as_dict()
    if after is None:
        nothing = f"Nothing was changed: container {name} of {workload} has these resources already."
        return Outcome(changed=False, summary=nothing, data=data)
    return Outcome(
        changed=True,
        summary=f"Would change {said}" if context.check_mode else f"Changed {said}",
        data=data,
        before=_shown(before, index),
        after=_shown(after, index),
        undo=undo,
        warnings=[*warnings_about(workload, before), *unseen],
    )


def _shown(item: Mapping[str, Any], index: int) -> dict[str, Any]:
    """What a person compares: the container's resources and the record."""
    return {"annotations": item["metadata"].get("annotations") or {}, "resources": change.resources_of(item, index)}


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
