# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON lines of the common libraries: Serilog's compact form, ECS, pino, Python and Go."""

from __future__ import annotations

import json
from typing import Any

_LEVEL_KEYS = ("@l", "level", "Level", "lvl", "severity", "log.level", "loglevel", "LogLevel", "log_level", "levelname")
_TEXT_KEYS = ("@m", "@mt", "message", "msg", "RenderedMessage", "MessageTemplate", "Message", "event", "error")
_CAUSE_KEYS = ("@x", "exception", "Exception", "stack_trace", "error.stack_trace", "exc_info", "stack", "err")
_CRITICAL = frozenset({"fatal", "critical", "crit", "emerg", "emergency", "alert", "panic", "dpanic", "severe"})
_ERROR = frozenset({"error", "err", "eror", "fail", "failure"})
_WARNING = frozenset({"warning", "warn", "wrn"})
_PINO_FATAL, _PINO_ERROR, _PINO_WARN = 60, 50, 40


def read(line: bytes) -> tuple[str | None, str, str] | None:
    """``(level, message, exception)`` of a JSON line; None when it is not a JSON object.

    ``level`` is critical, error, warning, quiet, or None when the line has none.
    """
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    message = _first(entry, _TEXT_KEYS)
    cause = _first(entry, _CAUSE_KEYS)
    return _level(entry), message, cause if cause != message else ""


def _level(entry: dict[str, Any]) -> str | None:
    nested = entry.get("log")
    value = next((entry[key] for key in _LEVEL_KEYS if key in entry), None)
    if value is None and isinstance(nested, dict):
        value = nested.get("level")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _by_number(value)
    if not isinstance(value, str):
        return None
    word = value.lower()
    for level, words in (("critical", _CRITICAL), ("error", _ERROR), ("warning", _WARNING)):
        if word in words:
            return level
    return "quiet"


def _by_number(value: float) -> str:
    if value >= _PINO_FATAL:
        return "critical"
    if value >= _PINO_ERROR:
        return "error"
    return "warning" if value >= _PINO_WARN else "quiet"


def _first(entry: dict[str, Any], keys: tuple[str, ...]) -> str:
    for key in keys:
        value = entry.get(key)
        if isinstance(value, dict):
            value = ": ".join(
                str(value[part]) for part in ("type", "ClassName", "message", "Message", "stack") if value.get(part)
            )
        if isinstance(value, str) and value:
            return value
    return ""
