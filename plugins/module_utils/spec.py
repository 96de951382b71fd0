# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a module accepts, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

RUN_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "deadline": {"type": "float"},
    "incident": {"type": "str"},
}
"""Options that every module takes. ``incident`` is documented in the fragment ``hotswap.runbooks.run``."""


@dataclass(frozen=True)
class ModuleSpec:
    """A module's options and their constraints, in the terms of Ansible's argument specification.

    ``deadline`` is the default of the option of that name, in seconds.
    """

    options: Mapping[str, Any]
    deadline: float
    mutually_exclusive: Sequence[Sequence[str]] = ()
    required_together: Sequence[Sequence[str]] = ()
    required_one_of: Sequence[Sequence[str]] = ()
    required_if: Sequence[Sequence[Any]] = ()
    required_by: Mapping[str, Any] = field(default_factory=dict)

    def argument_spec(self) -> dict[str, Any]:
        run_options: dict[str, Any] = {name: dict(option) for name, option in RUN_OPTIONS.items()}
        run_options["deadline"]["default"] = self.deadline
        return {**run_options, **self.options}

    def constraints(self) -> dict[str, Any]:
        return {
            "mutually_exclusive": list(self.mutually_exclusive),
            "required_together": list(self.required_together),
            "required_one_of": list(self.required_one_of),
            "required_if": list(self.required_if),
            "required_by": dict(self.required_by),
        }
