# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From validated options to an Ansible result, the same way wherever a module runs."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context, Made, new_incident
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, RunbookError
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.kubectl import aimed
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.options import (
    connection_secrets,
    with_connection,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome
from ansible_collections.hotswap.runbooks.plugins.module_utils.secrets import forms, presentable
from ansible_collections.hotswap.runbooks.plugins.module_utils.spec import ModuleSpec

Run = Callable[[Mapping[str, Any], Context], Outcome]


def execute(run: Run, options: Mapping[str, Any], *, diff: bool, verbosity: int, **context: Any) -> dict[str, Any]:
    """Call ``run`` and turn what it returns or raises into an Ansible result. Raises nothing itself.

    ``context`` holds further fields of Context. The result may quote secrets: the caller strips them.
    """
    made = Made()
    try:
        options = with_connection(options)
        if not 0 < options["deadline"] < math.inf:
            raise BadInput(
                f"A deadline of {options['deadline']:g} s cannot be kept.", "Give it in seconds, above zero."
            )
        incident = options["incident"] or new_incident()
        deadline = Deadline(options["deadline"])
        outcome = run(options, Context(deadline=deadline, incident=incident, made=made, **context))
    except RunbookError as error:
        return _as_failure(error, made, options)
    except Exception as error:  # noqa: BLE001 - an escaped exception would be printed with its arguments by Ansible
        text = f"Unexpected {type(error).__name__}: {error}. This is a defect of the collection; nothing more was done."
        msg = f"{_stands(made)}, but that is not proved: {text}" if made.objects else text
        result = {"changed": bool(made.objects), "failed": True, "msg": msg, "error_class": "unexpected"}
        if verbosity >= 3:
            result["exception"] = traceback.format_exc()
        return result
    result = _as_result(outcome, diff, options)
    if "planned" in options and context.get("check_mode"):
        result["planned"] = list(dict.fromkeys(made.planned))
    return result


def _as_failure(error: RunbookError, made: Made, options: Mapping[str, Any]) -> dict[str, Any]:
    """The failure; where something was changed before it, who reads only its first words must learn that."""
    if made.objects:
        error.message = f"{_stands(made)}, but that is not proved: {error.message}"
        error.facts["changed"] = True
        if made.undo:
            error.hint = f"{error.hint} To undo it: {made.undo}".lstrip()
            error.facts["undo"] = aimed(made.undo, options)
    told = error.as_result()
    aim = {key: aimed(told[key], options) for key in ("msg", "hint")}
    return {"changed": bool(error.facts.get("changed", False)), "failed": True, **told, **aim}


def _stands(made: Made) -> str:
    return made.said or f"{', '.join(dict.fromkeys(made.objects))} was changed"


def _as_result(outcome: Outcome, diff: bool, options: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {**outcome.data, "changed": outcome.changed, "summary": outcome.summary}
    if outcome.undo:
        result["undo"] = aimed(outcome.undo, options)
    if outcome.warnings:
        result["warnings"] = list(outcome.warnings)
    if outcome.events:
        result["incident_event"] = [dict(event) for event in outcome.events]
    if diff and (outcome.before is not None or outcome.after is not None):
        result["diff"] = {"before": outcome.before or {}, "after": outcome.after or {}}
    return result


def run_module(spec: ModuleSpec, run: Run) -> None:
    """Run as an ordinary Ansible module: the way taken on another host, with ``become`` or with ``async``."""
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(argument_spec=spec.argument_spec(), supports_check_mode=True, **spec.constraints())
    result = execute(run, module.params, diff=module._diff, verbosity=module._verbosity, check_mode=module.check_mode)
    # Told here already, because nothing takes it out of the results of a job that runs on by itself (async).
    result["invocation"] = {"module_args": presentable(module.params)}
    secrets = module.no_log_values | connection_secrets(module.params)
    module.no_log_values |= {form for secret in secrets for form in forms(secret)}
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)
