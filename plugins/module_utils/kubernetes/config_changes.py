# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change of a workload's configuration in its two writes: the ConfigMap, then the restart. Each is made once."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import config, config_restart, restart
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Changer, Step, refuse_owned
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.names import checked_name
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import CONFIG_MAPS
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.rollout import wait_for_rollout
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import plain


@dataclass(frozen=True)
class Done:
    """What was, or would be, done: ``edit`` is None where the key stood as wished, ``diff`` are the lines changed."""

    config_map: WorkloadRef
    edit: config.Edit | None
    restarts: bool
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    diff: list[str]


class ConfigChange:
    """One wish for one workload. ``config_map`` may be None where only one that the workload reads has the key."""

    def __init__(self, changer: Changer, wish: config.Wish, config_map: str | None) -> None:
        self._changer = changer
        self._wish = wish
        self._name = checked_name(config_map, "config map") if config_map is not None else None

    def make(self) -> Done:
        """Both writes, each only where it is due. What forbids the second forbids the first."""
        changer, context = self._changer, self._changer.context
        workload = self._read_workload()
        target = WorkloadRef(CONFIG_MAPS, self._chosen(workload))
        edits: list[config.Edit | None] = []

        def change(live: dict[str, Any]) -> Step | None:
            edits.append(config.planned(live, self._wish))
            if edits[-1] is None:
                return None
            config.refuse_immutable(live)
            self._refuse_restart(self._read_workload())
            return config.config_step(live, edits[-1])

        before, after = changer.change(config.ACTION, change, on=target)
        # Decided anew after an answer that was lost: what was written is known from what was there before.
        edit = config.planned(before, self._wish) if after is not None else None
        held = after if after is not None else before
        if edit is not None and not context.check_mode:
            context.progress(f"  {edit.named} of {target} is changed")

        def restarting(live: dict[str, Any]) -> Step | None:
            token = config_restart.due_restart(live, held)
            if not token or target.name not in config_restart.references(live):
                return None
            self._refuse_restart(live)
            return config_restart.marked_restart(live, target.name, token, datetime.datetime.now(datetime.UTC))

        _workload, restarted = changer.change(restart.ACTION, restarting)
        diff = _diff(before, held, self._wish.key) if edit is not None else []
        return Done(target, edit, restarted is not None, before, held, diff)

    def see_through(self) -> dict[str, Any]:
        """Wait for the rollout of the restart; the state at its end."""
        changer, context = self._changer, self._changer.context
        status = wait_for_rollout(
            changer.client, changer.workload, changer.namespace, None, context.deadline, context.progress
        )
        return status.as_dict()

    def _read_workload(self) -> dict[str, Any]:
        changer = self._changer
        return changer.client.get(changer.workload.resource, changer.workload.name, changer.namespace)

    def _refuse_restart(self, live: Mapping[str, Any]) -> None:
        refuse_owned(self._changer.workload, live, self._changer.force)
        restart.refuse_outage(self._changer.workload, live, allowed=self._changer.allow_outage)

    def _chosen(self, workload: Mapping[str, Any]) -> str:
        """The ConfigMap that is meant. Raises where the workload does not read it, or it is not clear which."""
        changer, read = self._changer, config_restart.references(workload)
        listed = ", ".join(sorted(read)) or "none at all"
        if self._name is not None:
            if self._name not in read and not changer.force:
                changer.client.get(CONFIG_MAPS, self._name, changer.namespace)
                raise Precondition(
                    f"{changer.workload} does not read configmap/{self._name}: changing it would not help.",
                    f"It reads {listed}. To change it all the same: force=true (config_force).",
                    config_maps=sorted(read),
                )
            return self._name
        holding = [name for name in sorted(read) if self._wish.key in self._keys_of(name)]
        if len(holding) == 1:
            return holding[0]
        if holding:
            raise BadInput(
                f"{changer.workload} reads several ConfigMaps with the key {self._wish.key}: {', '.join(holding)}.",
                "Name the one that is meant (config_map).",
            )
        raise NotFound(
            f"No ConfigMap that {changer.workload} reads has the key {self._wish.key}.",
            f"It reads {listed}. Name another key (config_key), or the ConfigMap to add it to (config_map).",
        )

    def _keys_of(self, name: str) -> set[str]:
        live = self._changer.client.find(CONFIG_MAPS, name, self._changer.namespace) or {}
        return {*(live.get("data") or {}), *(live.get("binaryData") or {})}


def _diff(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> list[str]:
    """The lines of the text under the key that change, with those around them."""
    old, new = ((item.get("data") or {}).get(key, "") for item in (before, after))
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"{key} (now)", f"{key} (then)", "", "", 2, "")
    return [plain(line, 500) for line in lines]
