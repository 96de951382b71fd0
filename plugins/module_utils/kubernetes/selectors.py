# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Label selectors as the API server reads them, for labels that no object carries yet. Pure.

Source: k8s.io/apimachinery pkg/labels/selector.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput

_KEY = r"[\w./-]+"
_REQUIREMENT = re.compile(
    rf"\s*(?:(?P<absent>!)\s*(?P<no>{_KEY})|(?P<key>{_KEY})\s*(?:(?P<set>in|notin)\s*\((?P<values>[^)]*)\)"
    rf"|(?P<operator>==|=|!=)\s*(?P<value>[\w.-]*))?)\s*(?:,|$)"
)


def selects(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether an object with these labels is selected. Raises BadInput for what is no selector, or an empty one."""
    position, found = 0, []
    while position < len(selector):
        part = _REQUIREMENT.match(selector, position)
        if part is None or part.end() == position:
            raise BadInput(f"{selector!r} is not a label selector.", "Write it as app=hotswap-api,tier in (web,api).")
        found.append(_holds(part, labels))
        position = part.end()
    if not found:
        raise BadInput("The selector is empty, which would match everything.", "Name what to select.")
    return all(found)


def _holds(part: re.Match[str], labels: Mapping[str, str]) -> bool:
    if part["absent"]:
        return part["no"] not in labels
    value = labels.get(part["key"])
    if part["set"]:
        listed = value is not None and value in [one.strip() for one in part["values"].split(",")]
        return listed if part["set"] == "in" else not listed
    if part["operator"] == "!=":
        return value != part["value"]
    return value == part["value"] if part["operator"] else value is not None
