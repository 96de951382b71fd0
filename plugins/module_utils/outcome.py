# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a module hands back, in plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """The result of one module run.

    ``summary`` is one sentence for a person. ``before`` and ``after`` become Ansible's diff. ``undo`` is the
    exact inverse, as the command a person would type. ``events`` are for the incident's timeline.
    """

    changed: bool
    summary: str
    data: Mapping[str, Any] = field(default_factory=dict)
    before: Any = None
    after: Any = None
    undo: str = ""
    events: Sequence[Mapping[str, Any]] = ()
    warnings: Sequence[str] = ()
