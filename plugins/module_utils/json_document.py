# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A JSON document as a person names its keys and values. Pure functions."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, NotFound
from ansible_collections.hotswap.runbooks.plugins.module_utils.json_text import BYTE_ORDER_MARK

TYPES = ("same", "string", "number", "boolean", "json")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_OTHER_TYPE = "Correct the value, or ask for another type (config_type=string)."


def parse(text: str, name: str) -> Any:
    """The document. Raises BadInput with line and column for what is not JSON, and for a key that stands twice."""
    try:
        return json.loads(text.removeprefix(BYTE_ORDER_MARK), object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise BadInput(
            f"{name} is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
            "Correct it first; comments and commas before a closing bracket are not JSON either.",
        ) from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name} is not sound JSON: {error}.", "Correct it first.") from None


def keys_of(path: str, document: Any) -> tuple[str, ...]:
    """``Database:MaxPoolSize``, as .NET writes it, or ``Database.MaxPoolSize``; a key may itself hold dots."""
    if isinstance(document, dict) and path in document:
        return (path,)
    keys = tuple(path.split(":" if ":" in path else "."))
    if not all(key.strip() for key in keys):
        raise BadInput(f"{path!r} is no path to a key.", "Write it as Section:Key.")
    return keys


def value_at(document: Any, keys: Sequence[str]) -> tuple[bool, Any]:
    """Whether there is a value, and the value."""
    for key in keys:
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return False, None
    return True, document


def not_found(document: Any, keys: Sequence[str], name: str) -> NotFound:
    """What to raise for a key that is not there, with the nearest that are."""
    wanted, known = ":".join(keys), {path.lower(): path for path in _paths(document, ())}
    close = [known[path] for path in difflib.get_close_matches(wanted.lower(), known, n=3, cutoff=0.5)]
    last = keys[-1].lower()
    close += [path for path in known.values() if path.split(":")[-1].lower() == last and path not in close]
    hint = f"Nearest: {', '.join(close[:3])}." if close else "It holds no key like it."
    return NotFound(f"{name} has no key {wanted}.", f"{hint} To add it, ask for that (create=true).", nearest=close[:3])


def raw_value(text: str, kind: str, old: Any, *, known: bool) -> str:
    """A person's words as a JSON value. ``kind`` is one of TYPES; ``same`` keeps the type of the ``old`` one.

    Without an old value the words decide: a number and true or false are what they look like, all else is a string.
    """
    if kind == "same":
        kind = _type_of(old) if known else ""
    if kind == "string":
        return json.dumps(text, ensure_ascii=False)
    if kind == "boolean" or (not kind and text.strip().lower() in ("true", "false")):
        if text.strip().lower() not in ("true", "false"):
            raise BadInput(f"{text!r} is neither true nor false, as the value is now.", _OTHER_TYPE)
        return text.strip().lower()
    if kind == "number" or (not kind and _NUMBER.fullmatch(text.strip())):
        if not _NUMBER.fullmatch(text.strip()):
            raise BadInput(f"{text!r} is not a number.", _OTHER_TYPE)
        return text.strip()
    if kind == "json":
        parse(text, f"The value {text!r}")
        return text.strip()
    if kind == "section":
        raise BadInput(
            f"There stands a whole section ({', '.join(_names(old)[:5])}), not a single value.",
            "Name the key inside it, or give all of it as JSON (config_type=json).",
        )
    return json.dumps(text, ensure_ascii=False)


def looks_typed(text: str) -> bool:
    """Whether a string could as well be a number or true or false."""
    return text in ("true", "false") or bool(_NUMBER.fullmatch(text))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _value in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"the key {name!r} stands twice in one section")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, (dict, list)):
        return "section"
    return "" if value is None else "string"


def _names(value: Any) -> list[str]:
    return [str(name) for name in value] if isinstance(value, dict) else [f"{len(value)} items"]


def _paths(value: Any, above: tuple[str, ...]) -> Iterator[str]:
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = ((str(number), item) for number, item in enumerate(value))
    for key, item in items:
        yield ":".join((*above, str(key)))
        yield from _paths(item, (*above, str(key)))
