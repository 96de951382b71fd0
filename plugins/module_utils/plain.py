# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible's values without their tags and wrappers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_plain(value: Any) -> Any:
    """A deep copy in the built-in types; what is neither a container nor a string is kept as it is.

    Subclasses of ``str`` carry Ansible's trust and origin marks, which other libraries do not expect.
    """
    if isinstance(value, Mapping):
        return {as_plain(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_plain(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    return value
