# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person reads of each undoing. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import config
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.undo_plan import Undo


def says(undo: Undo) -> str:
    """The undoing in a few words."""
    if undo.removes:
        return f"Remove {undo.ref}."
    if undo.restarts:
        return f"Restart {undo.ref} once, so that it reads the configuration that is back."
    what = f"{undo.record.action} of {undo.ref}, made {undo.record.at}"
    if undo.step is None or not undo.step.patch:
        return f"Take the {what} off the record; there is nothing to restore."
    if undo.record.action == config.ACTION:
        place = " ".join([str(undo.record.previous.get("key")), *map(str, undo.record.previous.get("keys") or [])])
        return f"Undo the {what}: {place} back to what it was."
    return f"Undo the {what}: {', '.join(_detail(operation) for operation in undo.step.patch)}."


def _detail(operation: Mapping[str, Any]) -> str:
    path, value = str(operation["path"]), operation.get("value")
    if path == "/spec/template" and isinstance(value, Mapping):
        return "back to " + ", ".join(str(container["image"]) for container in value["spec"]["containers"])
    name = path.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return f"{name} back to {text if len(text) <= 60 else text[:57] + '...'}"
