#!/usr/bin/python
# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Change one key of a workload's configuration, and restart the workload."""

from __future__ import annotations

DOCUMENTATION = r"""
module: config_key
short_description: Change one key of a ConfigMap and restart its workload
version_added: 0.2.0
author: The hotswap.runbooks authors
description:
  - Changes one key of a ConfigMap, or one value inside a JSON document that is kept under a key, such as
    C(appsettings.json). Order, indentation and everything else in the document stay as they are.
  - The document is validated before and after the change.
  - Then the workload is restarted, one pod after the other, exactly once for each change. A run that was interrupted
    between the two is finished by the next one.
  - The ConfigMap keeps what was there before. An immutable ConfigMap, and one that the workload does not read, are
    refused.
options:
  deadline:
    description: Seconds after which it gives up, whatever hangs. What was changed until then stays, and is told.
    type: float
    default: 300
  config_map:
    description:
      - The ConfigMap. May be left out where the workload reads exactly one that has O(key).
    type: str
  key:
    description: The key in the ConfigMap, often the name of a file.
    type: str
    required: true
  path:
    description:
      - The key inside the JSON document under O(key), as .NET writes it, V(Database:MaxPoolSize), or with dots,
        V(Database.MaxPoolSize). An item of a list is named by its number from 0.
      - Without it, the whole text under O(key) is meant.
    type: str
  value:
    description: What is to stand there.
    type: raw
  value_json:
    description:
      - The same as JSON, for a playbook. Older releases of ansible-core make a boolean of the text V(True), and a list
        of V([1]), on their way into O(value).
    type: raw
  type:
    description:
      - What O(value) is in the JSON document. By default, what stands there now.
      - V(json) takes any JSON value, such as V(null) or V([1, 2]).
    type: str
    choices: [same, string, number, boolean, json]
    default: same
  create:
    description: Add the key where it is missing, with the sections on the way.
    type: bool
    default: false
  state:
    description: V(absent) takes the key away.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - hotswap.runbooks.change
  - hotswap.runbooks.kubernetes
  - hotswap.runbooks.run
attributes:
  check_mode:
    support: full
    details: The writes are sent as the API server's own dry run.
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - With O(force) the change is also made where the workload does not read the ConfigMap.
"""

EXAMPLES = r"""
- name: Allow more database connections
  hotswap.runbooks.config_key:
    namespace: default
    workload: deployment/hotswap-api
    key: appsettings.json
    path: Database:MaxPoolSize
    value: 200
    incident: inc-20261123T031500Z

- name: Add a key that is not there yet
  hotswap.runbooks.config_key:
    namespace: default
    workload: deployment/hotswap-api
    config_map: hotswap-api-config
    key: appsettings.json
    path: Features:Canary
    value: false
    create: true

- name: Change a plain key
  hotswap.runbooks.config_key:
    namespace: default
    workload: deployment/hotswap-api
    config_map: hotswap-api-flags
    key: LOG_LEVEL
    value: debug
"""

RETURN = r"""
summary:
  description: What was done, in one sentence.
  returned: success
  type: str
  sample: Changed Database:MaxPoolSize in appsettings.json of configmap/hotswap-api-config from "lots" to 20.
config_map:
  description: The ConfigMap's name.
  returned: success
  type: str
  sample: hotswap-api-config
document_diff:
  description: The lines of the text under the key that change.
  returned: success
  type: list
  elements: str
  sample: ['-    "MaxPoolSize": "lots"', '+    "MaxPoolSize": 20']
inverse:
  description: The variables of C(config.yml) that undo the change of the key.
  returned: when the key is changed
  type: dict
  sample: {config_map: hotswap-api-config, config_key: appsettings.json, config_path: "HttpClientTimeout",
    config_value: "10000", config_type: json}
restarted:
  description: Whether this run restarted the workload, or would.
  returned: success
  type: bool
rollout:
  description: The state of the rollout at the end.
  returned: when not in check mode
  type: dict
  sample: {done: true, failed: false, reason: "", message: "3 of 3 are available"}
undo:
  description: The command that brings the old text back and restarts the workload.
  returned: when the key is changed
  type: str
  sample: >-
    kubectl -n default patch configmap/flags --type=merge -p '{"data": {"LOG_LEVEL": "info"}}' &&
    kubectl -n default rollout restart deployment/hotswap-api
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
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import run_module
from ansible_collections.hotswap.runbooks.plugins.module_utils.json_document import TYPES
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import config
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import (
    CHANGE_CONSTRAINTS,
    CHANGE_OPTIONS,
    prepare,
    warnings_about,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.config_changes import ConfigChange
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.preflight import Right, rollout_rights
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    REPLICA_SETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome
from ansible_collections.hotswap.runbooks.plugins.module_utils.spec import ModuleSpec

SPEC = ModuleSpec(
    options={
        **CHANGE_OPTIONS,
        "config_map": {"type": "str"},
        "key": {"type": "str", "required": True},
        "path": {"type": "str"},
        "value": {"type": "raw"},
        "value_json": {"type": "raw"},
        "type": {"type": "str", "choices": list(TYPES), "default": "same"},
        "create": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
    deadline=300,
    mutually_exclusive=[*CHANGE_CONSTRAINTS["mutually_exclusive"], ("value", "value_json")],
    required_one_of=CHANGE_CONSTRAINTS["required_one_of"],
)


def run(options: Mapping[str, Any], context: Context) -> Outcome:
    wish = wished(options)
    changer = prepare(options, context, lambda workload: rights(workload, options["config_map"]))
    change = ConfigChange(changer, wish, options["config_map"])
    done = change.make()
    data = {"config_map": done.config_map.name, "document_diff": done.diff, "restarted": done.restarts}
    if done.edit is not None:
        context.made.undo = undo_command(
            changer.namespace, changer.workload, done.config_map, done.edit.key, done.before
        )
    if not context.check_mode:
        data["rollout"] = change.see_through()
    if done.edit is None and not done.restarts:
        said = f"Nothing was changed: {wish.path or wish.key} of {done.config_map} is so already."
        return Outcome(changed=False, summary=said, data=data)
    would = context.check_mode
    if done.edit is None:
        said = f"restart {changer.workload} for the change of {done.config_map} that an earlier run made"
        said = f"Would {said}" if would else f"Finished: {said.replace('restart', 'restarted', 1)}"
        return Outcome(changed=True, summary=said, data=data)
    edit = done.edit
    said = f"{edit.named} of {done.config_map} from {config.shown(edit.old)} to {config.shown(edit.raw)}"
    said += f", and {'restart' if would else 'restarted'} {changer.workload}" if done.restarts else ""
    return Outcome(
        changed=True,
        summary=f"Would change {said}" if would else f"Changed {said}",
        data={**data, "inverse": config.inverse(done.config_map.name, edit)},
        before=_shown(done.before),
        after=_shown(done.after),
        undo=context.made.undo,
        warnings=[*warnings_about(done.config_map, done.before), *config.doubts(edit, wish)],
    )


def wished(options: Mapping[str, Any]) -> config.Wish:
    """What the options ask for. Raises BadInput where they cannot be meant."""
    if not options["key"].strip():
        raise BadInput("No key was given.", "Name the key of the ConfigMap (config_key), such as appsettings.json.")
    absent = options["state"] == "absent"
    value = _given_value(options)
    if (value is None) is not absent:
        raise BadInput(
            "A key that is taken away has no value." if absent else f"No value was given for {options['key']}.",
            "Leave the value out." if absent else "Give it (config_value in a playbook).",
        )
    text = value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return config.Wish(options["key"], options["path"] or "", text, options["type"], options["create"])


def _given_value(options: Mapping[str, Any]) -> Any:
    """The value, or None where none was given."""
    given = options["value_json"]
    if not isinstance(given, str):
        return options["value"] if given is None else given
    try:
        return json.loads(given)
    except ValueError:
        raise BadInput(f"{config.shown(given)} is not JSON (value_json).", "Give plain text as the value.") from None


def rights(workload: WorkloadRef, config_map: str | None) -> Sequence[Right]:
    kept = REPLICA_SETS if workload.resource == DEPLOYMENTS else CONTROLLER_REVISIONS
    name = config_map or ""
    return (
        *rollout_rights(workload),
        Right("list", kept),
        Right("get", CONFIG_MAPS, name),
        Right("patch", CONFIG_MAPS, name),
    )


def undo_command(
    namespace: str, workload: WorkloadRef, config_map: WorkloadRef, key: str, before: Mapping[str, Any]
) -> str:
    patch = json.dumps({"data": {key: (before.get("data") or {}).get(key)}}, ensure_ascii=False)
    kubectl = ["kubectl", "-n", namespace]
    back = [*kubectl, "patch", str(config_map), "--type=merge", "-p", patch]
    return f"{shlex.join(back)} && {shlex.join([*kubectl, 'rollout', 'restart', str(workload)])}"


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a person compares: the content and the record, without the object's bookkeeping."""
    return {"annotations": item["metadata"].get("annotations") or {}, "data": item.get("data") or {}}


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
