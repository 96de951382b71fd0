"""Puts the collection into the wheel; an editable install finds it through the links beside the playbooks instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COLLECTION = "ansible_collections/hotswap/runbooks"


class CollectionHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        # Messages point at the example inventory and the documentation: they come along.
        parts = ["galaxy.yml", "LICENSE", "README.md", "docs", "inventories", "meta", "plugins", "roles"]
        parts += [str(playbook.relative_to(root)) for playbook in sorted(root.glob("playbooks/*.yml"))]
        for part in parts:
            build_data["force_include"][str(root / part)] = f"{COLLECTION}/{part}"
