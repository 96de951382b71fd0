#!/usr/bin/python
# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Set the number of replicas of a workload."""

from __future__ import annotations

DOCUMENTATION = r"""
module: workload_scale
short_description: Set the number of replicas of a workload
version_added: 0.2.0
author: The hotswap.runbooks authors
description:
  - Sets the replicas of a Deployment or StatefulSet and waits until they are available.
  - It does not fight a HorizontalPodAutoscaler that scales the workload. It refuses, or raises its minimum.
  - Scaling down keeps a ready replica. Zero is refused, for that is maintenance mode.
  - A quota without room for the new pods is told before anything is changed, with how many would fit.
  - While it waits it shows why pods are not ready, and it stops early when a rule forbids them.
options:
  deadline:
    description: Seconds after which it gives up, whatever hangs. What was changed until then stays, and is told.
    type: float
    default: 300
  replicas:
    description: How many there shall be.
    type: int
    required: true
  raise_minimum:
    description:
      - Where a HorizontalPodAutoscaler scales the workload, raise its minimum to O(replicas), never above its maximum.
    type: bool
    default: false
  limit:
    description: More replicas than this are refused.
    type: int
    default: 20
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
- name: Scale up
  hotswap.runbooks.workload_scale:
    namespace: default
    workload: deployment/hotswap-api
    replicas: 5
    incident: inc-20261123T031500Z

- name: Scale up what an autoscaler scales
  hotswap.runbooks.workload_scale:
    namespace: default
    workload: deployment/hotswap-api
    replicas: 5
    raise_minimum: true
"""

RETURN = r"""
summary:
  description: What was done, in one sentence.
  returned: success
  type: str
  sample: Scaled deployment/hotswap-api from 3 to 5 replicas, 5 of 5 are available.
replicas:
  description: The replicas, or the autoscaler's minimum, before and after.
  returned: success
  type: dict
  sample: {before: 3, after: 5}
autoscaler:
  description: The name of the HorizontalPodAutoscaler whose minimum was raised; empty when there is none.
  returned: success
  type: str
  sample: hotswap-api
rollout:
  description: The state of the workload at the end.
  returned: when not in check mode
  type: dict
  sample: {done: true, failed: false, reason: "Complete", message: "5 of 5 are available"}
undo:
  description: The command that sets the former number.
  returned: changed
  type: str
  sample: kubectl -n default scale deployment/hotswap-api --replicas=3
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
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    Denied,
    NotFound,
    Partial,
    RunbookError,
    TimedOut,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import run_module
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import autoscaling, scale
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import (
    CHANGE_CONSTRAINTS,
    CHANGE_OPTIONS,
    Changer,
    Step,
    prepare,
    warnings_about,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.more_pods import refuse_beyond_quota
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.preflight import Right, rollout_rights
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    HPAS,
    PODS,
    QUOTAS,
    REPLICA_SETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import controlled_by
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.rollout import POLL_SECONDS, wait_for_rollout
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import (
    RolloutStatus,
    WorkloadRef,
    selector_of,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome
from ansible_collections.hotswap.runbooks.plugins.module_utils.spec import ModuleSpec

SPEC = ModuleSpec(
    options={
        **CHANGE_OPTIONS,
        "replicas": {"type": "int", "required": True},
        "raise_minimum": {"type": "bool", "default": False},
        "limit": {"type": "int", "default": scale.LIMIT},
    },
    deadline=300,
    **CHANGE_CONSTRAINTS,
)


def rights(workload: WorkloadRef) -> Sequence[Right]:
    kept = REPLICA_SETS if workload.resource == DEPLOYMENTS else CONTROLLER_REVISIONS
    return (*rollout_rights(workload), Right("list", kept), Right("list", HPAS))


def run(options: Mapping[str, Any], context: Context) -> Outcome:
    replicas = scale.checked_replicas(options["replicas"], options["limit"])
    raising = (Right("get", HPAS), Right("patch", HPAS)) if options["raise_minimum"] else ()
    changer = prepare(options, context, lambda workload: (*rights(workload), *raising))
    found = autoscaling.autoscaler_of(changer.workload, changer.client.list(HPAS, changer.namespace))
    if found is None:
        return _scale(changer, replicas)
    if not options["raise_minimum"]:
        autoscaling.refuse_fight(changer.workload, found, replicas)
    return _raise_minimum(changer, str(found["metadata"]["name"]), replicas)


def _scale(changer: Changer, replicas: int) -> Outcome:
    client, workload = changer.client, changer.workload

    def decide(live: dict[str, Any]) -> Step | None:
        step = scale.scale_step(live, replicas)
        if step is not None:
            pods = client.list(PODS, changer.namespace, label_selector=selector_of(live))
            scale.refuse_outage(workload, live, replicas, controlled_by(live, pods), allowed=changer.allow_outage)
            refuse_beyond_quota(workload, live, replicas, _quotas(changer))
        return step

    before, after = changer.change(scale.ACTION, decide)
    had = scale.state(before)["replicas"]
    scaled = f"{workload} from {had} to {replicas} replicas"
    undo = f"kubectl -n {changer.namespace} scale {workload} --replicas={had}"
    made = changer.context.made
    made.said, made.undo = f"Scaled {scaled}", undo
    return _outcome(
        changer,
        before,
        after,
        scaled=(scaled, f"{workload} has {replicas} replicas"),
        verbs=("Would scale", "Scaled"),
        data={"replicas": {"before": had, "after": replicas}, "autoscaler": ""},
        undo=undo,
        status=_wait(changer),
    )


def _raise_minimum(changer: Changer, name: str, replicas: int) -> Outcome:
    live = changer.client.get(changer.workload.resource, changer.workload.name, changer.namespace)
    autoscaling.refuse_at_rest(changer.workload, live, name)
    refuse_beyond_quota(changer.workload, live, replicas, _quotas(changer))
    autoscaler = WorkloadRef(HPAS, name)
    before, after = changer.change(scale.ACTION, lambda found: autoscaling.raise_step(found, replicas), on=autoscaler)
    had = autoscaling.state(before)["minimum"]
    said = f"the minimum of HorizontalPodAutoscaler {name} of {changer.workload}"
    raised = f"{said} from {had} to {replicas}"
    patch = f'{{"spec":{{"minReplicas":{had}}}}}'
    undo = f"kubectl -n {changer.namespace} patch horizontalpodautoscaler {name} --type=merge -p '{patch}'"
    made = changer.context.made
    made.said, made.undo = f"Raised {raised}", undo
    if not changer.context.check_mode:
        _wait_for_autoscaler(changer, name, replicas)
    return _outcome(
        changer,
        before,
        after,
        scaled=(raised, f"{said} is {replicas}"),
        verbs=("Would raise", "Raised"),
        data={"replicas": {"before": had, "after": replicas}, "autoscaler": name},
        undo=undo,
        status=_wait(changer),
    )


def _quotas(changer: Changer) -> list[dict[str, Any]]:
    """The namespace's quotas; none where they may not be read, for then the wait tells what they forbid."""
    try:
        return changer.client.list(QUOTAS, changer.namespace)
    except Denied:
        return []


def _wait(changer: Changer) -> RolloutStatus | None:
    client, workload, namespace, context = changer.client, changer.workload, changer.namespace, changer.context
    if context.check_mode:
        return None
    return wait_for_rollout(client, workload, namespace, None, context.deadline, context.progress)


def _wait_for_autoscaler(changer: Changer, name: str, replicas: int) -> None:
    """Wait until the autoscaler has acted on its new minimum, which it does every 15 seconds by default."""
    client, workload, deadline = changer.client, changer.workload, changer.context.deadline
    told = False
    while True:
        try:
            has = scale.state(client.get(workload.resource, workload.name, changer.namespace))["replicas"]
        except (Denied, NotFound, TimedOut):
            raise
        except RunbookError as error:
            raise Partial(
                f"The minimum of HorizontalPodAutoscaler {name} was raised, but what came of it could not be seen: "
                f"{error.message}",
                "Run it again: it makes no second change and only looks.",
            ) from error
        if has >= replicas:
            return
        if not told:
            changer.context.progress(f"  waiting for HorizontalPodAutoscaler {name} to act")
            told = True
        if deadline.expired():
            raise TimedOut(
                f"HorizontalPodAutoscaler {name} asks for {has} replicas still, not for its minimum {replicas}.",
                f"Look at its conditions: kubectl -n {changer.namespace} describe horizontalpodautoscaler {name}",
            )
        deadline.sleep(POLL_SECONDS)


def _outcome(
    changer: Changer,
    before: dict[str, Any],
    after: dict[str, Any] | None,
    *,
    scaled: tuple[str, str],
    verbs: tuple[str, str],
    data: dict[str, Any],
    undo: str,
    status: RolloutStatus | None,
) -> Outcome:
    """``scaled``: what is changed, and how it is when nothing had to be; ``verbs``: planned and done."""
    how = ""
    if status is not None:
        data["rollout"] = status.as_dict()
        how = f", {status.message}"
    if after is None:
        return Outcome(changed=False, summary=f"Nothing was changed: {scaled[1]}{how}.", data=data)
    return Outcome(
        changed=True,
        summary=f"{verbs[0] if changer.context.check_mode else verbs[1]} {scaled[0]}{how}.",
        data=data,
        before=_shown(before),
        after=_shown(after),
        undo=undo,
        warnings=warnings_about(changer.workload, before),
    )


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a person compares: the numbers and the record, without the object's bookkeeping."""
    kept = ("replicas", "minReplicas", "maxReplicas")
    spec = {name: value for name, value in item["spec"].items() if name in kept}
    return {"annotations": item["metadata"].get("annotations") or {}, **spec}


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
