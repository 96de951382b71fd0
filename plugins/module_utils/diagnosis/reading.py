# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence as it may really come: sources missing, null where a number should be, wrong types."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.rules import SOURCES


class Evidence:
    """Entries by source, each ``{status, took_ms, data, error}``; whatever is malformed reads as missing."""

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self._entries = {source: entry for source in SOURCES if isinstance(entry := entries.get(source), Mapping)}

    def view(self) -> dict[str, Any]:
        """What rules look into: one mapping per source that was tried, ``data`` only where it was read."""
        return {source: {**entry, "data": self.data(source) or None} for source, entry in self._entries.items()}

    def status(self, source: str) -> str | None:
        entry = self._entries.get(source)
        return str(entry["status"]) if entry and entry.get("status") else None

    def data(self, source: str) -> Mapping[str, Any]:
        """What a source said; empty when it was not read."""
        entry = self._entries.get(source, {})
        data = entry.get("data")
        return data if entry.get("status") == "ok" and isinstance(data, Mapping) else {}

    def items(self, source: str, key: str = "items") -> list[Mapping[str, Any]]:
        """The mappings of a list in a source's data."""
        found = self.data(source).get(key)
        return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []

    def mapping(self, source: str, key: str) -> Mapping[str, Any]:
        """A mapping in a source's data; empty when there is none."""
        found = self.data(source).get(key)
        return found if isinstance(found, Mapping) else {}

    def error(self, source: str) -> Mapping[str, Any]:
        error = self._entries.get(source, {}).get("error")
        return error if isinstance(error, Mapping) else {}

    def facts(self, source: str) -> Mapping[str, Any]:
        facts = self.error(source).get("facts")
        return facts if isinstance(facts, Mapping) else {}

    def error_class(self, source: str) -> str:
        """Why a source could not be read: an error class, ``timeout``, or nothing when it was read or skipped."""
        status = self.status(source)
        if status == "timeout":
            return "timeout"
        return str(self.error(source).get("error_class") or "failed") if status == "failed" else ""

    def no_answer(self, source: str) -> bool:
        """Whether a source was asked and nothing came back."""
        return self.error_class(source) in {"timeout", "unreachable"}

    def unread(self) -> list[str]:
        """The sources that were asked and not read."""
        return [source for source in SOURCES if self.status(source) in {"failed", "timeout"}]

    def skipped(self) -> list[str]:
        """The sources that were not asked, for nothing says where they are."""
        return [source for source in SOURCES if self.status(source) == "skipped"]

    def numbers(self, *places: tuple[str, str]) -> list[tuple[float, str]]:
        """The known numbers among ``(source, key)``, each with its source."""
        found = ((number(self.data(source).get(key)), source) for source, key in places)
        return [(value, source) for value, source in found if value is not None]


def number(value: Any) -> float | None:
    """A finite number, or None for everything else: NaN is not 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value
