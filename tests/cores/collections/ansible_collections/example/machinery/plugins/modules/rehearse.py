#!/usr/bin/python
# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module that does what a test asks for, so that the machinery around every module can be proved."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rehearse
short_description: Do what a test asks for
description: Nothing outside the process is touched.
author: The hotswap.runbooks authors
options:
  outcome:
    description: What to do.
    type: str
  level:
    description: A number with a default from the environment.
    type: int
  password:
    description: A secret.
    type: str
  nested:
    description: A dictionary with a secret.
    type: dict
"""

import os
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import NotFound
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import run_module
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome
from ansible_collections.hotswap.runbooks.plugins.module_utils.spec import ModuleSpec

SPEC = ModuleSpec(
    options={
        "outcome": {"type": "str", "required": True, "choices": ["change", "refuse", "crash", "wait"]},
        "level": {"type": "int", "fallback": (env_fallback, ["REHEARSE_LEVEL"])},
        "password": {"type": "str", "no_log": True},
        "nested": {"type": "dict", "options": {"token": {"type": "str", "no_log": True}, "name": {"type": "str"}}},
        "source": {"type": "str"},
        "target": {"type": "str"},
    },
    deadline=5,
    required_together=[("source", "target")],
    required_if=[("outcome", "refuse", ["level"])],
)


def run(options: Mapping[str, Any], context: Context) -> Outcome:
    if options["outcome"] == "refuse":
        raise NotFound(f"There is no level {options['level']}.", "Levels are 1 and 2.", level=options["level"])
    if options["outcome"] == "crash":
        raise ValueError(f"could not use {options['password']!r} and {(options['nested'] or {}).get('token')!r}")
    context.progress("half way")
    return Outcome(
        changed=True,
        summary=f"Set the level to {options['level']} with {options['password']}",
        data={
            "level": options["level"],
            "check": context.check_mode,
            "incident": context.incident,
            "deadline": context.deadline.seconds,
            "process": os.getpid(),
            "parent": os.getppid(),
        },
        before={"level": 0},
        after={"level": options["level"]},
        undo="rehearse --level 0",
    )


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
