# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sentences with facts in them.

``{name}`` is replaced by a value and nothing else happens: no attributes, no items, no format codes, and braces
inside a value stay as they are. Values come from logs and servers, so they are shown as plain text on one line.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

FIELD = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_SHOWN = 3


def fields_of(text: str) -> list[str]:
    """The names that a text asks for."""
    return FIELD.findall(text)


def fill(text: str, values: Mapping[str, Any]) -> str:
    """``text`` with each ``{name}`` as words; what is missing or unknown reads ``?``."""
    return FIELD.sub(lambda field: words(values.get(field[1])), text)


def fill_command(text: str, values: Mapping[str, Any]) -> str:
    """``text`` with each ``{name}`` quoted for a shell; what is missing reads ``<name>`` for a person to fill in."""

    def quoted(field: re.Match[str]) -> str:
        value = values.get(field[1])
        return f"<{field[1].replace('_', '-')}>" if value in (None, "", []) else shlex.quote(one_line(str(value)))

    return FIELD.sub(quoted, text)


def words(value: Any, limit: int = 200) -> str:
    """A value as a person reads it, on one line, at most ``limit`` characters."""
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{round(value, 3):g}"
    if isinstance(value, Mapping):
        return one_line(", ".join(f"{words(key)}: {words(item)}" for key, item in list(value.items())[:8]), limit)
    if isinstance(value, list):
        shown = ", ".join(words(item) for item in value[:_SHOWN])
        more = len(value) - _SHOWN
        return one_line(f"{shown} and {more} more" if more > 0 else shown, limit)
    return one_line(str(value), limit)
