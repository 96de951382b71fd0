# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a module of this collection inside the Ansible worker.

The modules are API clients on the control node. Packing, writing and starting each as a program of its own costs
about half a second; calling its ``run()`` here costs a few hundredths. On any connection but a plain local one, and
for ``async`` tasks, the module runs the ordinary way.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.hotswap.runbooks.plugins.module_utils.bytecode import use_bytecode_cache

use_bytecode_cache()

# ruff: isort: split
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import execute
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.options import connection_secrets
from ansible_collections.hotswap.runbooks.plugins.module_utils.plain import as_plain
from ansible_collections.hotswap.runbooks.plugins.module_utils.secrets import forms, presentable

display = Display()


class ActionModule(ActionBase):
    """The action of every module of the collection, by ``plugin_routing`` in ``meta/runtime.yml``."""

    _supports_async = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        if not self._runs_here():
            ordinary: dict[str, Any] = self._execute_module(
                task_vars=task_vars, wrap_async=bool(self._task.async_val) and not self._connection.has_native_async
            )
            if "invocation" in ordinary:
                ordinary["invocation"] = presentable(ordinary["invocation"])
            return {**result, **ordinary}
        result.update(self._run_here())
        return result

    def _runs_here(self) -> bool:
        transport = self._connection.transport.rpartition(".")[2]
        return transport == "local" and not self._task.become and not self._task.async_val

    def _run_here(self) -> dict[str, Any]:
        found = self._shared_loader_obj.module_loader.find_plugin_with_context(
            self._task.action, collection_list=self._task.collections
        )
        if not found.resolved:
            raise AnsibleActionFail(f"The module {self._task.action} was not found.")
        name: str = found.resolved_fqcn
        namespace, collection, module_name = name.split(".", 2)
        module = importlib.import_module(f"ansible_collections.{namespace}.{collection}.plugins.modules.{module_name}")

        self._export_environment()
        validator = ArgumentSpecValidator(module.SPEC.argument_spec(), **module.SPEC.constraints())
        validation = validator.validate(as_plain(self._task.args))
        known = validation._no_log_values | connection_secrets(validation.validated_parameters)
        secrets = {form for secret in known for form in forms(secret)}
        if validation.error_messages:
            error = validation.errors[0]
            text = error.msg
            if isinstance(error, UnsupportedError):
                text = f"Unsupported parameters for ({name}) module: {text}"
            answer = {"failed": True, "msg": text}
        else:
            parent = os.getppid()
            answer = execute(
                module.run,
                validation.validated_parameters,
                diff=bool(self._task.diff),
                verbosity=display.verbosity,
                check_mode=bool(self._task.check_mode),
                progress=lambda line: display.display(line, stderr=True),
                interrupted=lambda: os.getppid() != parent,
            )
        for notice in validation._warnings:
            answer.setdefault("warnings", []).append(notice["warning"] if isinstance(notice, dict) else str(notice))
        answer["invocation"] = {"module_args": presentable(validation.validated_parameters)}
        stripped: dict[str, Any] = remove_values(answer, secrets)
        return stripped

    def _export_environment(self) -> None:
        """Give the task's ``environment`` to this worker, which ends with the task."""
        exported: dict[str, Any] = {}
        self._compute_environment_string(exported)
        os.environ.update({str(key): str(value) for key, value in exported.items()})
