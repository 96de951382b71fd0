# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter ``choose_remedy``: from a report to the playbook that helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis import choice
from ansible_collections.hotswap.runbooks.plugins.module_utils.plain import as_plain


def choose_remedy(report: Any, given: Any = ()) -> dict[str, Any]:
    """The remedy of a report, or why there is none."""
    if not isinstance(report, Mapping) or "causes" not in report:
        raise AnsibleFilterError("choose_remedy needs a report of the filter diagnose.")
    return choice.choose_remedy(as_plain(report), [str(name) for name in as_plain(given)])


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"choose_remedy": choose_remedy}
