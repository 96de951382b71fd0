# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What JSON patches of our own making do to an object, and what would take them back. Pure functions.

Source: RFC 6902, as far as it is used here: members, and elements of lists by their index.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

_ABSENT = object()


def patched(item: Mapping[str, Any], patch: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A copy of the object with the patch applied. Raises KeyError or IndexError for a place that is not there."""
    after = copy.deepcopy(dict(item))
    for operation in patch:
        *parents, last = _tokens(operation["path"])
        holder: Any = after
        for token in parents:
            holder = holder[int(token)] if isinstance(holder, list) else holder[token]
        key: Any = int(last) if isinstance(holder, list) else last
        if operation["op"] == "remove":
            del holder[key]
        else:
            holder[key] = copy.deepcopy(operation["value"])
    return after


def inverse(item: Mapping[str, Any], patch: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The patch that brings ``item`` back from what ``patch`` makes of it."""
    back: list[dict[str, Any]] = []
    for operation in patch:
        before = _at(item, operation["path"])
        if before is _ABSENT:
            back.insert(0, {"op": "remove", "path": operation["path"]})
        else:
            back.insert(0, {"op": "add", "path": operation["path"], "value": before})
    return back


def _at(item: Any, path: str) -> Any:
    for token in _tokens(path):
        try:
            item = item[int(token)] if isinstance(item, list) else item[token]
        except (KeyError, IndexError):
            return _ABSENT
    return item


def _tokens(path: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in path.split("/")[1:]]
