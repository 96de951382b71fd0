# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter ``diagnose``: evidence in, report out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.report import diagnose as diagnosis_of
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.rulebook import load_rulebook
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import RunbookError
from ansible_collections.hotswap.runbooks.plugins.module_utils.plain import as_plain


def diagnose(
    evidence: Any,
    service: Any,
    extra_rules: Any = None,
    *,
    took_ms: int | None = None,
    with_evidence: bool = True,
) -> dict[str, Any]:
    """The report on a service from what triage read."""
    if not isinstance(evidence, Mapping):
        raise AnsibleFilterError(f"diagnose needs the evidence that triage returned, not a {type(evidence).__name__}.")
    if not isinstance(service, Mapping):
        raise AnsibleFilterError(f"diagnose needs the service's description, not a {type(service).__name__}.")
    try:
        rulebook = load_rulebook(as_plain(extra_rules))
        report = diagnosis_of(as_plain(evidence), rulebook, as_plain(service), took_ms=as_plain(took_ms))
    except RunbookError as error:
        raise AnsibleFilterError(f"{error.message} {error.hint}".rstrip()) from None
    if not with_evidence:
        del report["evidence"]
    return report


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"diagnose": diagnose}
