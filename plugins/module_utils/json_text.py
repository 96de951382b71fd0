# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One value in the text of a JSON document, changed in place: order, indentation and all else stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput

BYTE_ORDER_MARK = "\ufeff"  # .NET's editors begin a file with it, and its reader takes it
_BLANK = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class _Entry:
    """A member of an object or an item of an array: where it, its value and its end stand in the text."""

    key: str
    begin: int
    value: int
    end: int


def with_value(text: str, keys: Sequence[str], raw: str) -> str:
    """The text with ``raw`` at the end of the path; sections that are missing on the way are added at the end."""
    at = _start(text)
    for position, key in enumerate(keys):
        if text[at] not in "{[":
            raise BadInput(
                f"{':'.join(keys[:position])} is a single value and can hold no key {key}.", "Check the path."
            )
        entries = list(_entries(text, at))
        found = next((entry for entry in entries if entry.key == key), None)
        if found is None:
            for missing in reversed(keys[position + 1 :]):
                raw = f"{{{json.dumps(missing, ensure_ascii=False)}: {raw}}}"
            return _added(text, at, entries, key, raw)
        at = found.value
    return text[:at] + raw + text[json.JSONDecoder().raw_decode(text, at)[1] :]


def without(text: str, keys: Sequence[str]) -> str:
    """The text without the key at the end of the path, and without the comma that it needed."""
    at = _start(text)
    entries: list[_Entry] = []
    index = 0
    for key in keys:
        entries = list(_entries(text, at))
        index = next(number for number, entry in enumerate(entries) if entry.key == key)
        at = entries[index].value
    if index:
        return text[: entries[index - 1].end] + text[entries[index].end :]
    if len(entries) > 1:
        return text[: entries[0].begin] + text[entries[1].begin :]
    return text[: entries[0].begin] + text[entries[0].end :]


def raw_at(text: str, keys: Sequence[str]) -> str:
    """The value at the end of the path as it is written."""
    at = _start(text)
    for key in keys:
        at = next(entry.value for entry in _entries(text, at) if entry.key == key)
    return text[at : json.JSONDecoder().raw_decode(text, at)[1]]


def _added(text: str, at: int, entries: Sequence[_Entry], key: str, raw: str) -> str:
    if text[at] == "[":
        raise BadInput(
            f"A list has no key {key}; it holds {len(entries)} items.", "Name one of them by its number from 0."
        )
    name = json.dumps(key, ensure_ascii=False)
    if not entries:
        return f"{text[: at + 1]}{name}: {raw}{text[at + 1 :]}"
    last = entries[-1]
    between = text[at + 1 : entries[0].begin] if len(entries) == 1 else text[entries[-2].end : last.begin].lstrip(" \t")
    between = between.removeprefix(",") if len(entries) > 1 else between
    if "\n" not in between:
        between = " "
    return f"{text[: last.end]},{between}{name}: {raw}{text[last.end :]}"


def _entries(text: str, at: int) -> Iterator[_Entry]:
    closing, number = ("}" if text[at] == "{" else "]"), 0
    at = _skip(text, at + 1)
    while text[at] != closing:
        begin, key = at, str(number)
        if closing == "}":
            key, at = json.JSONDecoder().raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        _value, end = json.JSONDecoder().raw_decode(text, at)
        yield _Entry(key, begin, at, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
        number += 1


def _start(text: str) -> int:
    return _skip(text, len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0)


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at
