#!/usr/bin/python
# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restart the pods of a workload, one after the other, or one of them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: workload_restart
short_description: Restart the pods of a workload, or one of them
version_added: 0.2.0
author: The hotswap.runbooks authors
description:
  - Replaces all pods of a Deployment or StatefulSet in a rolling restart, as C(kubectl rollout restart) does, and
    waits for the rollout; or evicts one pod by name and waits until its replacement is ready.
  - An incident restarts once. A second run only waits and looks, unless O(restart_again) is set.
  - A restart that may take the last ready replica away is refused.
  - A pod goes through the eviction API, so that disruption budgets hold; it is never deleted behind their back.
options:
  deadline:
    description: Seconds after which it gives up, whatever hangs. What was changed until then stays, and is told.
    type: float
    default: 300
  pod:
    description:
      - The one pod to restart. It must belong to the workload.
    type: str
  restart_again:
    description:
      - Restart although this incident has restarted it already. A restart that is still under way is only waited for.
    type: bool
    default: false
  eviction_wait:
    description:
      - Seconds to wait for a disruption budget that forbids the eviction of O(pod).
    type: float
    default: 60
extends_documentation_fragment:
  - hotswap.runbooks.change
  - hotswap.runbooks.kubernetes
  - hotswap.runbooks.run
attributes:
  check_mode:
    support: full
    details: The write, and the eviction, are sent as the API server's own dry run.
  diff_mode:
    support: full
  idempotent:
    support: full
    details: Within one incident, unless O(restart_again) is set.
"""

EXAMPLES = r"""
- name: Restart all pods, one after the other
  hotswap.runbooks.workload_restart:
    namespace: default
    workload: deployment/hotswap-api
    incident: inc-20261123T031500Z

- name: Restart the one pod that hangs
  hotswap.runbooks.workload_restart:
    namespace: default
    workload: deployment/hotswap-api
    pod: hotswap-api-7c9d4b8f6-x2x7p

- name: Restart once more in the same incident
  hotswap.runbooks.workload_restart:
    namespace: default
    workload: deployment/hotswap-api
    incident: inc-20261123T031500Z
    restart_again: true
"""

RETURN = r"""
summary:
  description: What was done, in one sentence.
  returned: success
  type: str
  sample: Restarted deployment/hotswap-api, 3 of 3 are available.
pod:
  description: The pod that was restarted, and those that came in its place.
  returned: with O(pod)
  type: dict
  sample: {name: hotswap-api-7c9d4b8f6-x2x7p, uid: 0f6c1c8e, replacements: [hotswap-api-7c9d4b8f6-k8wq2]}
rollout:
  description: The state of the rollout at the end.
  returned: when not in check mode
  type: dict
  sample: {done: true, failed: false, reason: "Complete", message: "3 of 3 are available"}
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

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import run_module
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import restart
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import (
    CHANGE_CONSTRAINTS,
    CHANGE_OPTIONS,
    Changer,
    Step,
    prepare,
    warnings_about,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.names import checked_name
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.obstacles import refuse_without_volume
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.pod_restarts import PodRestart
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.preflight import Right, rollout_rights
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    PODS,
    REPLICA_SETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.rollout import wait_for_rollout
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import (
    WorkloadRef,
    rollout_status,
    selector_of,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome
from ansible_collections.hotswap.runbooks.plugins.module_utils.spec import ModuleSpec

SPEC = ModuleSpec(
    options={
        **CHANGE_OPTIONS,
        "pod": {"type": "str"},
        "restart_again": {"type": "bool", "default": False},
        "eviction_wait": {"type": "float", "default": 60},
    },
    deadline=300,
    **CHANGE_CONSTRAINTS,
)


def rights(workload: WorkloadRef) -> Sequence[Right]:
    kept = REPLICA_SETS if workload.resource == DEPLOYMENTS else CONTROLLER_REVISIONS
    return (*rollout_rights(workload), Right("list", kept))


def run(options: Mapping[str, Any], context: Context) -> Outcome:
    if options["pod"] is None:
        return _restart_all(prepare(options, context, rights), options, context)
    pod = checked_name(options["pod"], "pod")
    evicting = Right("create", PODS, pod, "eviction")
    changer = prepare(options, context, lambda workload: (*rights(workload), evicting))
    return PodRestart(changer, pod, options["restart_again"], options["eviction_wait"]).run()


def _restart_all(changer: Changer, options: Mapping[str, Any], context: Context) -> Outcome:
    client, workload, namespace = changer.client, changer.workload, changer.namespace
    earlier: list[Record | None] = []

    def decide(live: dict[str, Any]) -> Step | None:
        record = restart.earlier_restart(live, context.incident)
        earlier.append(record)
        if record and not (options["restart_again"] and rollout_status(live).done):
            return None
        restart.refuse_at_zero(workload, live)
        restart.refuse_outage(workload, live, allowed=changer.allow_outage)
        refuse_without_volume(workload, client.list(PODS, namespace, label_selector=selector_of(live)))
        return restart.restart_step(live, datetime.datetime.now(datetime.UTC))

    before, after = changer.change(restart.ACTION, decide)
    context.made.said = f"Restarted {workload}"
    data: dict[str, Any] = {}
    how = ""
    if not context.check_mode:
        status = wait_for_rollout(client, workload, namespace, None, context.deadline, context.progress)
        data["rollout"] = status.as_dict()
        how = status.message
    if after is None:
        record = earlier[-1]
        at = record.at if record else "a moment ago"
        summary = (
            f"Nothing was changed: incident {context.incident} restarted {workload} at {at}"
            + (f", and {how}" if how else "")
            + ". To restart it once more: restart_again=true."
        )
        return Outcome(changed=False, summary=summary, data=data)
    count = before["spec"].get("replicas", 1)
    return Outcome(
        changed=True,
        summary=f"Restarted {workload}, {how}."
        if how
        else f"Would restart {workload}: replace its {count} {'pod' if count == 1 else 'pods'} in a rolling restart.",
        data=data,
        before=_shown(before),
        after=_shown(after),
        warnings=warnings_about(workload, before),
    )


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a person compares: the template and the record, without the object's bookkeeping."""
    return {"annotations": item["metadata"].get("annotations") or {}, "template": item["spec"]["template"]}


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
