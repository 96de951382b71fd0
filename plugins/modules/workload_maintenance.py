#!/usr/bin/python
# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take a workload out of service behind a page that says so, and bring it back exactly."""

from __future__ import annotations

DOCUMENTATION = r"""
module: workload_maintenance
short_description: Take a workload out of service behind a page that says so, and bring it back exactly
version_added: 0.1.0
author: The hotswap.runbooks authors
description:
  - On - brings a page up that answers 503 with C(Retry-After), switches the workload's Service (or an Ingress) to it,
    and then scales the workload to zero. The count of replicas is kept on the object.
  - Off - scales up to the kept count, waits until that is ready, switches the Service back, and removes the page.
  - A run that was interrupted is gone on with by the next one. A second run changes nothing.
  - A HorizontalPodAutoscaler leaves a workload at zero alone, and takes over again when maintenance ends.
options:
  deadline:
    description: Seconds after which it gives up, whatever hangs. What was changed until then stays, and is told.
    type: float
    default: 300
  state:
    description:
      - V(on) or V(off). V(true) and V(false) are taken too, because YAML reads a bare on or off so.
    type: str
    required: true
  reason:
    description: Why; needed for V(on), and kept on the object.
    type: str
  service:
    description:
      - The Service that is switched. Its selector must match the workload's pods.
      - Without it, the one Service whose selector does.
    type: str
  ingress:
    description:
      - An Ingress whose backends O(service) are switched in place of the Service itself. Needs O(page_service).
    type: str
  page_service:
    description:
      - A Service whose pods answer during maintenance; one of them must be ready.
      - Without it, the collection's own page is brought up for the time, a ConfigMap and a Deployment.
    type: str
  page_image:
    description:
      - The image of the collection's own page. Any nginx that runs as user 101.
    type: str
    default: nginxinc/nginx-unprivileged:1.29-alpine
  retry_after:
    description: Seconds that the page asks its visitors to wait.
    type: int
    default: 300
  overwrite:
    description: Lead the Service or Ingress back although somebody has changed since where it leads.
    type: bool
    default: false
extends_documentation_fragment:
  - hotswap.runbooks.change
  - hotswap.runbooks.kubernetes
  - hotswap.runbooks.run
attributes:
  check_mode:
    support: full
    details: Each write is sent as the API server's own dry run.
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Take the service away, with a page in its place
  hotswap.runbooks.workload_maintenance:
    namespace: default
    workload: deployment/hotswap-api
    state: "on"
    reason: The database is restored from its backup.

- name: Bring it back
  hotswap.runbooks.workload_maintenance:
    namespace: default
    workload: deployment/hotswap-api
    state: "off"

- name: Switch the Ingress to a page of one's own
  hotswap.runbooks.workload_maintenance:
    namespace: default
    workload: deployment/hotswap-api
    state: "on"
    reason: The database is restored from its backup.
    ingress: hotswap
    page_service: sorry
"""

RETURN = r"""
summary:
  description: What was done, in one sentence.
  returned: success
  type: str
  sample: >-
    Turned maintenance mode on: service/hotswap-api leads to deployment/hotswap-api-maintenance, and
    deployment/hotswap-api went from 3 replicas to 0.
maintenance:
  description: V(on) or V(off), as it stands now.
  returned: success
  type: str
  sample: "on"
replicas:
  description: The count that is kept for the end of maintenance, or that came back.
  returned: success
  type: int
  sample: 3
written:
  description: The objects that were changed, made or removed, in this order.
  returned: success
  type: list
  elements: str
  sample: [service/hotswap-api, deployment/hotswap-api]
undo:
  description: The command that turns it the other way again.
  returned: changed
  type: str
  sample: ansible localhost -m hotswap.runbooks.workload_maintenance -a 'namespace=x workload=deployment/x state=off'
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

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import run_module
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import maintenance
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import (
    CHANGE_CONSTRAINTS,
    CHANGE_OPTIONS,
    Changer,
    prepare,
    warnings_about,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.front import INGRESSES
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.maintenance_mode import (
    PAGE_KINDS,
    Turn,
    turn_off,
    turn_on,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.maintenance_page import IMAGE
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.preflight import Right, rollout_rights
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    HPAS,
    REPLICA_SETS,
    SERVICES,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome
from ansible_collections.hotswap.runbooks.plugins.module_utils.spec import ModuleSpec

SPEC = ModuleSpec(
    options={
        **CHANGE_OPTIONS,
        "state": {"type": "str", "required": True},
        "reason": {"type": "str"},
        "service": {"type": "str"},
        "ingress": {"type": "str"},
        "page_service": {"type": "str"},
        "page_image": {"type": "str", "default": IMAGE},
        "retry_after": {"type": "int", "default": 300},
        "overwrite": {"type": "bool", "default": False},
    },
    deadline=300,
    required_by={"ingress": ["page_service"]},
    **CHANGE_CONSTRAINTS,
)


def rights_for(on: bool, options: Mapping[str, Any]) -> Callable[[WorkloadRef], Sequence[Right]]:
    def rights(workload: WorkloadRef) -> Sequence[Right]:
        changing = [*rollout_rights(workload), Right("list", SERVICES), Right("list", HPAS)]
        if options["ingress"]:
            changing += [Right("get", INGRESSES, options["ingress"]), Right("patch", INGRESSES, options["ingress"])]
        else:
            changing += [Right("get", SERVICES), Right("patch", SERVICES)]
        if not on:
            kept = REPLICA_SETS if workload.resource == DEPLOYMENTS else CONTROLLER_REVISIONS
            changing.append(Right("list", kept))
        if not options["page_service"]:
            verbs = ("get", "create", "patch") if on else ("list", "delete")
            changing += [Right(verb, kind) for kind in PAGE_KINDS for verb in verbs]
        return changing

    return rights


def run(options: Mapping[str, Any], context: Context) -> Outcome:
    on = maintenance.wanted(options["state"])
    reason = maintenance.checked_reason(options["reason"]) if on else ""
    if options["retry_after"] < 1:
        raise BadInput(f"Retry-After cannot be {options['retry_after']} seconds.", "Say at least 1.")
    changer = prepare(options, context, rights_for(on, options))
    live = changer.client.get(changer.workload.resource, changer.workload.name, changer.namespace)
    context.made.undo = _undo(on, options, changer)
    turn = turn_on(changer, options, reason) if on else turn_off(changer, options)
    data = {
        "maintenance": "on" if on else "off",
        "replicas": turn.replicas,
        "front": turn.front,
        "page": turn.page,
        "written": turn.written,
    }
    if not turn.written:
        said = f"Nothing was changed: {changer.workload} is {'' if on else 'not '}in maintenance mode."
        return Outcome(changed=False, summary=said, data=data)
    said = _said(on, changer, turn)
    return Outcome(
        changed=True,
        summary=f"Would turn {said}" if context.check_mode else f"Turned {said}",
        data=data,
        undo=context.made.undo,
        warnings=[*warnings_about(changer.workload, live), *_autoscaler(changer, turn, on)],
    )


def _said(on: bool, changer: Changer, turn: Turn) -> str:
    count = f"{turn.replicas} replica{'' if turn.replicas == 1 else 's'}"
    if on:
        return f"maintenance mode on: {turn.front} leads to {turn.page}, and {changer.workload} went from {count} to 0."
    if turn.front:
        return f"maintenance mode off: {changer.workload} has {count} again, and {turn.front} leads to it."
    return f"maintenance mode off: {changer.workload} has {count}, and what was left of it is gone."


def _undo(on: bool, options: Mapping[str, Any], changer: Changer) -> str:
    # Where it led is kept on the objects; on the way back on, it has to be said again.
    kept = {name: options[name] for name in ("service", "ingress", "page_service") if not on and options[name]}
    incident = {"incident": changer.context.incident} if options["incident"] else {}
    return maintenance.command(options, changer.namespace, changer.workload, not on, {**kept, **incident})


def _autoscaler(changer: Changer, turn: Turn, on: bool) -> list[str]:
    said = []
    for item in changer.client.list(HPAS, changer.namespace):
        target, spec = item["spec"]["scaleTargetRef"], item["spec"]
        if (target["kind"], target["name"]) != (changer.workload.kind, changer.workload.name):
            continue
        name, least, most = item["metadata"]["name"], spec.get("minReplicas", 1), spec["maxReplicas"]
        if on:
            said.append(
                f"The autoscaler {name} leaves a workload at zero alone; when maintenance ends it goes on from "
                f"{turn.replicas} (its range is {least} to {most})."
            )
        else:
            said.append(f"The autoscaler {name} decides again from here (its range is {least} to {most}).")
    return said


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
