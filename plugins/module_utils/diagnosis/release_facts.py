# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the rollout history says of the present release: what it changed, its age, and whether it may be at fault."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.reading import Evidence, number
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import ACTION, read_record

_ROLLED_BACK_S = 15 * 60
_RECENT_S = 24 * 3600  # what breaks more than a day after a change is seldom the change


def read(evidence: Evidence, pods: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Release facts of ``seen``; ``pods`` are its pod facts."""
    history = evidence.data("history")
    age = number(evidence.mapping("history", "current").get("age_s"))
    changed = history.get("image_changed") if isinstance(history.get("image_changed"), bool) else None
    recent = None if age is None else age <= _RECENT_S
    suspect = _suspect(pods, recent)
    return {
        "image_changed": changed,
        "change_age_s": age,
        "change_recent": recent,
        "release_suspect": suspect,
        "image_suspect": _image_suspect(evidence, pods, changed is True and suspect is True),
        "has_earlier": bool(history["previous"]) if "previous" in history else None,
        # Errors of the release that was left stay in Prometheus' window for a while.
        "just_rolled_back": _just_rolled_back(evidence, now, age),
    }


def _suspect(pods: Mapping[str, Any], recent: bool | None) -> bool | None:
    """Whether the current revision may be what broke: it is recent, or its pods never took over from older ones.

    The pods of an old one that did have run well: something else has changed since.
    """
    if recent or (pods["ready_newest"] == 0 and pods["ready_older"]):
        return True
    return recent


def _image_suspect(evidence: Evidence, pods: Mapping[str, Any], came_with_it: bool) -> bool | None:
    """Whether the image that is missing came with a release that may be at fault, and would go with it."""
    if pods["image_missing"] is None:
        return None
    registry_down = "RegistryUnavailable" in evidence.mapping("pods", "reasons")
    return came_with_it and bool(pods["image_missing_newest"]) and pods["ready_newest"] == 0 and not registry_down


def _just_rolled_back(evidence: Evidence, now: datetime, age: float | None) -> bool:
    """Whether the present revision is there because of our own rollback of a short while ago.

    A release deployed after the rollback is not what the record on the object tells of; and the revision that came
    back may be days old, so the record's own time counts before the revision's age.
    """
    noted = evidence.mapping("workload", "annotations_incident")
    record = read_record({"metadata": {"annotations": noted}})
    action = str(noted.get(ACTION) or "")
    if action != "rollback":
        return False
    came_back = record.previous.get("to_name") if record else None
    current = evidence.mapping("history", "current").get("name")
    if came_back and current and came_back != current:
        return False
    since = _seconds_since(record.at if record else None, now)
    age = since if since is not None else age
    return age is None or age < _ROLLED_BACK_S


def _seconds_since(moment: Any, now: datetime) -> float | None:
    try:
        return (now - datetime.fromisoformat(str(moment))).total_seconds()
    except (TypeError, ValueError):
        return None
