# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record that each change leaves on the object it changes, in the same write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INCIDENT = "runbooks.hotswap/incident"
ACTION = "runbooks.hotswap/action"
PREVIOUS = "runbooks.hotswap/previous"


@dataclass(frozen=True)
class Record:
    """Who changed an object last, how, and what was there before (JSON-plain, by action)."""

    incident: str
    action: str
    previous: Mapping[str, Any] = field(default_factory=dict)

    def as_annotations(self) -> dict[str, str]:
        return {
            INCIDENT: self.incident,
            ACTION: self.action,
            PREVIOUS: json.dumps(self.previous, sort_keys=True, separators=(",", ":")),
        }


def read_record(item: Mapping[str, Any]) -> Record | None:
    """The record on an object; None when there is none, or when somebody edited it into something else."""
    annotations = item.get("metadata", {}).get("annotations") or {}
    if INCIDENT not in annotations or ACTION not in annotations:
        return None
    try:
        previous = json.loads(annotations.get(PREVIOUS, "{}"))
    except ValueError:
        return None
    if not isinstance(previous, dict):
        return None
    return Record(annotations[INCIDENT], annotations[ACTION], previous)
