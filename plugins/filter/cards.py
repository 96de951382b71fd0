# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters that write what a person reads before and after a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils import cards


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "undo_card": cards.undo_card,
            "recovery_card": cards.recovery_card,
            "playbook_command": cards.playbook_command,
        }
