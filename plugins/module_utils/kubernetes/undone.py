# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking a record off an object, and the mark that is left: what was undone, by whom it had been done, and when. Pure.

Without the mark a second run could not tell an incident that was undone from one that never was.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.client import FIELD_MANAGER
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import (
    ACTION,
    DEPTH,
    INCIDENT,
    PREVIOUS,
    Record,
    fingerprint,
    read_record,
)

UNDONE = "runbooks.hotswap/undone"


@dataclass(frozen=True)
class Undone:
    """A change that was undone: whose it was, what it was, and when it was undone. ``facts`` are JSON-plain."""

    incident: str
    action: str
    at: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def read_undone(live: Mapping[str, Any]) -> list[Undone]:
    """What was undone on this object, the latest first; nothing where somebody edited it into something else."""
    text = ((live.get("metadata") or {}).get("annotations") or {}).get(UNDONE)
    try:
        return [Undone(**entry) for entry in json.loads(text)] if text else []
    except (ValueError, TypeError):
        return []


def taken_off(
    live: Mapping[str, Any], gone: Callable[[Record], bool], facts: Mapping[str, Any] | None = None
) -> dict[str, str | None]:
    """The annotations of an object without the records that ``gone`` names, and with the mark of their undoing."""
    record = read_record(live)
    records = list(record.all()) if record else []
    leaving = [one for one in records if gone(one)]
    kept = [one for one in records if not gone(one)]
    return {**_stack(kept), UNDONE: _mark(live, leaving, facts or {})}


def require_unchanged(what: object, live: Mapping[str, Any], record: Record, state: Any, overwrite: bool) -> None:
    """Raises Precondition when ``state``, what the recorded change touched, is not as that change left it."""
    if overwrite or not record.after or record.after == fingerprint(state):
        return
    since = changed_by(live, record)
    who = f" by {' and '.join(since)}" if since else ""
    raise Precondition(
        f"{what} was changed{who} since the {record.action} of incident {record.incident} at {record.at}.",
        "Look at it with them; to put back what was there before all the same: overwrite=true (in a playbook "
        "ROLE_overwrite=true).",
        managers=since,
    )


def changed_by(live: Mapping[str, Any], since: Record) -> list[str]:
    """Who has written to the object's content since that change, with the time, the latest first."""
    others = [
        entry
        for entry in live["metadata"].get("managedFields") or []
        if not entry.get("subresource") and entry.get("manager") != FIELD_MANAGER
    ]
    entries = [entry for entry in others if str(entry.get("time", "")) >= since.at]
    entries.sort(key=lambda entry: str(entry.get("time", "")), reverse=True)
    record = read_record(live)
    later = [one for one in (record.all() if record else ()) if one.at >= since.at and one.incident != since.incident]
    ours = [f"incident {one.incident} ({one.action})" for one in later]
    return [*ours, *(f"{entry.get('manager') or 'somebody'} at {entry.get('time')}" for entry in entries)]


def _stack(records: Sequence[Record]) -> Mapping[str, str | None]:
    stacked: Record | None = None
    for one in reversed(records):
        stacked = dataclasses.replace(one, earlier=stacked)
    return stacked.as_annotations() if stacked else {INCIDENT: None, ACTION: None, PREVIOUS: None}


def _mark(live: Mapping[str, Any], records: Sequence[Record], facts: Mapping[str, Any]) -> str:
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    fresh = [Undone(record.incident, record.action, now, facts) for record in records]
    marks = [dataclasses.asdict(one) for one in (*fresh, *read_undone(live))[:DEPTH]]
    return json.dumps(marks, sort_keys=True, separators=(",", ":"))
