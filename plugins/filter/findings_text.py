# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter ``findings_text``: a report as lines for a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis import lines
from ansible_collections.hotswap.runbooks.plugins.module_utils.plain import as_plain


def findings_text(report: Any, verbose: bool = False) -> list[str]:
    """Plain lines of what triage found."""
    if not isinstance(report, Mapping) or "findings" not in report:
        raise AnsibleFilterError("findings_text needs a report of the filter diagnose.")
    return lines.findings_text(as_plain(report), verbose=bool(verbose))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"findings_text": findings_text}
