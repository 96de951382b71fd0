# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One key of a ConfigMap, plain or inside a JSON document. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils import json_document, json_text
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.names import nearest_hint
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record

ACTION = "config"
# An object's annotations may hold 256 KiB in all, and several changes are kept there.
_KEPT_BYTES = 16 << 10


@dataclass(frozen=True)
class Wish:
    """What a person wants of one key: ``path`` is empty for the key's whole text, ``value`` is None for its removal."""

    key: str
    path: str
    value: str | None
    kind: str = "same"
    create: bool = False


@dataclass(frozen=True)
class Edit:
    """A wish as a change of the text under a key. ``raw`` and ``old`` are what stands at ``keys``; None is absent.

    Without ``keys`` they are the whole text.
    """

    key: str
    keys: tuple[str, ...]
    raw: str | None
    old: str | None

    @property
    def named(self) -> str:
        """``Database:MaxPoolSize in appsettings.json``"""
        return f"{':'.join(self.keys)} in {self.key}" if self.keys else self.key


def planned(live: Mapping[str, Any], wish: Wish) -> Edit | None:
    """The change of a live ConfigMap that the wish takes; None where it holds already.

    Raises BadInput for a document that is not JSON, or a value that is of another type, and NotFound with the nearest
    where the key is not there and need not be made.
    """
    name, data = f"configmap/{live['metadata']['name']}", live.get("data") or {}
    if wish.key in (live.get("binaryData") or {}):
        raise BadInput(
            f"{wish.key} of {name} is binary.", "Replace it from a file: kubectl create configmap --from-file."
        )
    old = data.get(wish.key)
    if not wish.path:
        return _planned_text(name, data, wish, old)
    if old is None:
        raise NotFound(f"{name} has no key {wish.key}.", nearest_hint(wish.key, data, "key"))
    document = json_document.parse(old, f"{wish.key} of {name}")
    keys = json_document.keys_of(wish.path, document)
    known, value = json_document.value_at(document, keys)
    if wish.value is None:
        return Edit(wish.key, keys, None, json_text.raw_at(old, keys)) if known else None
    if not known and not wish.create:
        raise json_document.not_found(document, keys, f"{wish.key} of {name}")
    raw = json_document.raw_value(wish.value, wish.kind, value, known=known)
    if known and _equal(json.loads(raw), value):
        return None
    if known:
        return Edit(wish.key, keys, raw, json_text.raw_at(old, keys))
    # What is added is taken away as a whole: with the first section that was missing.
    first = next(n for n in range(1, len(keys) + 1) if not json_document.value_at(document, keys[:n])[0])
    _refuse_twin(document, keys[:first], f"{wish.key} of {name}")
    for missing in reversed(keys[first:]):
        raw = f"{{{json.dumps(missing, ensure_ascii=False)}: {raw}}}"
    return Edit(wish.key, keys[:first], raw, None)


def _refuse_twin(document: Any, keys: tuple[str, ...], name: str) -> None:
    """.NET reads keys without regard to case: a second one would hide the first, or keep the service from starting."""
    _known, section = json_document.value_at(document, keys[:-1])
    if isinstance(section, dict) and keys[-1].lower() in (key.lower() for key in section):
        raise json_document.not_found(document, keys, name)


def _planned_text(name: str, data: Mapping[str, str], wish: Wish, old: str | None) -> Edit | None:
    if old == wish.value:
        return None
    if old is None and not wish.create:
        raise NotFound(
            f"{name} has no key {wish.key}.",
            f"{nearest_hint(wish.key, data, 'key')} To add it, ask for that (create=true).",
        )
    if wish.value is not None and (wish.key.endswith(".json") or _is_document(old)):
        json_document.parse(wish.value, f"The new {wish.key}")
    if len((old or "").encode()) > _KEPT_BYTES:
        raise Precondition(
            f"{wish.key} of {name} is larger than {_KEPT_BYTES >> 10} KiB: too large to be kept for an undo.",
            "Change one value in it by its path (config_path).",
        )
    return Edit(wish.key, (), wish.value, old)


def edited(live: Mapping[str, Any], edit: Edit) -> dict[str, str]:
    """The ConfigMap's data after the change; the document is read once more and must be what was wanted."""
    data = dict(live.get("data") or {})
    if not edit.keys:
        text = edit.raw
    elif edit.raw is None:
        text = json_text.without(data[edit.key], edit.keys)
    else:
        text = json_text.with_value(data[edit.key], edit.keys, edit.raw)
    if text is None:
        data.pop(edit.key, None)
        return data
    if edit.keys:
        known, value = json_document.value_at(json_document.parse(text, f"The new {edit.key}"), edit.keys)
        if known is (edit.raw is None) or (edit.raw is not None and not _equal(value, json.loads(edit.raw))):
            raise BadInput(f"{edit.named} cannot be changed without changing more.", "Edit the document by hand.")
    data[edit.key] = text
    return data


def config_step(live: Mapping[str, Any], edit: Edit) -> Step:
    """The change of the ConfigMap, with what undoes it."""
    data = edited(live, edit)
    previous = {"key": edit.key, "keys": list(edit.keys), "raw": edit.old}
    return Step([{"op": "add", "path": "/data", "value": data}], previous, state({**live, "data": data}))


def undo_step(live: Mapping[str, Any], record: Record) -> Step | None:
    """The change that brings the recorded value back; None where it stands."""
    was = record.previous
    key, keys, text = was["key"], tuple(was["keys"]), (live.get("data") or {}).get(was["key"])
    if not keys:
        return None if text == was["raw"] else config_step(live, Edit(key, (), was["raw"], text))
    if text is None:
        raise NotFound(f"configmap/{live['metadata']['name']} has no key {key} any more.")
    known, value = json_document.value_at(json_document.parse(text, key), keys)
    if known is (was["raw"] is not None) and (not known or _equal(value, json.loads(was["raw"]))):
        return None
    return config_step(live, Edit(key, keys, was["raw"], json_text.raw_at(text, keys) if known else None))


def state(live: Mapping[str, Any]) -> dict[str, Any]:
    """What this action touches: the ConfigMap's content, each document by what it says and not how it is written."""
    return {
        "data": {key: _content(text) for key, text in (live.get("data") or {}).items()},
        "binaryData": dict(live.get("binaryData") or {}),
    }


def refuse_immutable(live: Mapping[str, Any]) -> None:
    """Raises Precondition for a ConfigMap that the API server lets nobody change."""
    if live.get("immutable"):
        name = live["metadata"]["name"]
        raise Precondition(
            f"configmap/{name} is immutable: the API server lets nobody change it.",
            "Create one under a new name with the corrected content, and let the workload refer to that.",
        )


def _is_document(text: str | None) -> bool:
    return isinstance(_content(text or ""), (dict, list))


def _content(text: str) -> Any:
    try:
        value = json.loads(text.removeprefix(json_text.BYTE_ORDER_MARK))
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, (dict, list)) else text


def _equal(one: Any, other: Any) -> bool:
    """Python holds that True == 1; JSON does not."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def inverse(config_map: str, edit: Edit) -> dict[str, Any]:
    """The variables of the playbook that undo the change."""
    variables: dict[str, Any] = {"config_map": config_map, "config_key": edit.key}
    if edit.keys:
        variables["config_path"] = ":".join(edit.keys)
    if edit.old is None:
        return {**variables, "config_state": "absent"}
    if edit.raw is None:
        variables["config_create"] = True
    if not edit.keys:
        return {**variables, "config_value": edit.old}
    value = json.loads(edit.old)
    if isinstance(value, str):
        return {**variables, "config_value": value, "config_type": "string"}
    return {**variables, "config_value": edit.old, "config_type": "json"}


def shown(raw: str | None) -> str:
    """A value in a sentence, cut where it is long."""
    text = "nothing" if raw is None else " ".join(raw.split())
    return text if len(text) <= 80 else f"{text[:79]}…"


def doubts(edit: Edit, wish: Wish) -> list[str]:
    """What a person should think about once more, although it was asked for."""
    if edit.keys and wish.kind == "same" and edit.old and edit.raw and edit.old.startswith('"'):
        text = json.loads(edit.raw)
        if isinstance(text, str) and json_document.looks_typed(text):
            return [f"{edit.named} was a string and stays one; to write it without quotes: config_type=json."]
    return []
