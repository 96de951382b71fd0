# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record that each change leaves on the object it changes, in the same write.

The annotations name the last change; ``previous`` holds, as JSON, what was there before it, a fingerprint of what it
left, and the record that it covered, so that the changes of an incident can be undone in reverse order.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

INCIDENT = "runbooks.hotswap/incident"
ACTION = "runbooks.hotswap/action"
PREVIOUS = "runbooks.hotswap/previous"
# An object's annotations may hold 256 KiB in all, and nobody undoes more steps than these by hand.
DEPTH = 8


@dataclass(frozen=True)
class Record:
    """Who changed an object, how, when, and what was there before (``previous``, JSON-plain, by action).

    ``after`` is the fingerprint of what the change left; empty when undoing needs no look at it.
    """

    incident: str
    action: str
    previous: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""
    after: str = ""
    earlier: Record | None = None

    def as_annotations(self) -> dict[str, str]:
        kept = _cut(self, DEPTH).as_data()
        content = {key: kept[key] for key in ("previous", "at", "after", "earlier") if kept[key]}
        return {
            INCIDENT: self.incident,
            ACTION: self.action,
            PREVIOUS: json.dumps(content, sort_keys=True, separators=(",", ":")),
        }

    def as_data(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def all(self) -> Iterator[Record]:
        """This record and those it covers, the latest first."""
        record: Record | None = self
        while record is not None:
            yield record
            record = record.earlier


def new_record(
    live: Mapping[str, Any], incident: str, action: str, previous: Mapping[str, Any], after: Any = None
) -> Record:
    """The record of a change about to be made to ``live``; ``after`` is what it will leave, JSON-plain."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Record(incident, action, previous, now, fingerprint(after) if after is not None else "", read_record(live))


def read_record(item: Mapping[str, Any]) -> Record | None:
    """The record on an object; None when there is none, or when somebody edited it into something else."""
    annotations = item.get("metadata", {}).get("annotations") or {}
    if INCIDENT not in annotations or ACTION not in annotations:
        return None
    try:
        content = json.loads(annotations.get(PREVIOUS, "{}"))
        return _from_data({**content, "incident": annotations[INCIDENT], "action": annotations[ACTION]})
    except (ValueError, TypeError, KeyError):
        return None


def fingerprint(value: Any) -> str:
    """A short digest of JSON-plain data, the same for the same content in any order of keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]


def _from_data(data: Mapping[str, Any]) -> Record:
    previous, earlier = data.get("previous") or {}, data.get("earlier")
    if not isinstance(previous, dict):
        raise TypeError("previous is no object")
    return Record(
        incident=str(data["incident"]),
        action=str(data["action"]),
        previous=previous,
        at=str(data.get("at") or ""),
        after=str(data.get("after") or ""),
        earlier=_from_data(earlier) if earlier else None,
    )


def _cut(record: Record, depth: int) -> Record:
    if depth <= 1 or record.earlier is None:
        return dataclasses.replace(record, earlier=None)
    return dataclasses.replace(record, earlier=_cut(record.earlier, depth - 1))
