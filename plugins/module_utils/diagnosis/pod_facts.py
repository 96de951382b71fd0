# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the pods and the logs of the failing ones say, in numbers that rules can compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.reading import Evidence, number

IMAGE_REASONS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"}
    | {"RegistryUnavailable", "SignatureValidationFailed"}
)
# Not CreateContainerError: there the node or its runtime fails, and no ConfigMap or Secret is missing.
CONFIG_REASONS = frozenset({"CreateContainerConfigError"})
CRASH_REASONS = frozenset({"CrashLoopBackOff", "Error", "RunContainerError", "ContainerCannotRun", "StartError"})
PENDING_REASONS = frozenset({"Unschedulable", "Pending", "SchedulingGated"})
_RECENT_S = 10 * 60


def read(evidence: Evidence, now: datetime) -> dict[str, Any]:
    """Pod facts of ``seen``; all None when pods were not read."""
    data = evidence.data("pods")
    if not data:
        return dict.fromkeys(
            (*_groups([], None, now), "total", "ready", "unready", "ready_newest", "ready_older"), None
        ) | {
            "crash_class": None,
            "crash_classes": None,
            "pods_failing": None,
        }
    items = [item for item in evidence.items("pods") if _counts(item)]
    newest = _newest(evidence)
    groups = _groups(items, newest, now)
    failing = sorted({str(name) for names in groups.values() for name in names})
    classes = _classes(evidence, groups["crashing"])
    return {
        **groups,
        "total": len(items),
        "ready": len([item for item in items if item.get("ready") is True]),
        "unready": _names(item for item in items if item.get("ready") is False),
        "ready_newest": _ready(items, newest, newest_only=True),
        "ready_older": _ready(items, newest, newest_only=False),
        "pods_failing": failing,
        "crash_classes": dict(classes),
        "crash_class": _leading(classes),
    }


def _groups(items: list[Mapping[str, Any]], newest: str | None, now: datetime) -> dict[str, list[str]]:
    """Names of pods by what is wrong with them; a pod killed for memory is not counted as crashing too."""
    oom = [item for item in items if _killed_for_memory(item, now)]
    crashing = [item for item in items if _crashes(item, now) and item not in oom]
    imageless = [item for item in items if _reasons(item) & IMAGE_REASONS]
    return {
        "out_of_memory": _names(oom),
        "crashing": _names(crashing),
        "crashing_newest": _names(item for item in crashing if newest is None or item.get("revision_hash") == newest),
        "crashing_older": _names(item for item in crashing if newest and item.get("revision_hash") != newest),
        "image_missing": _names(imageless),
        "image_missing_newest": _names(
            item for item in imageless if newest is None or item.get("revision_hash") == newest
        ),
        "config_missing": _names(item for item in items if _reasons(item) & CONFIG_REASONS),
        "pending": _names(
            item for item in items if item.get("phase") == "Pending" and _reasons(item) & PENDING_REASONS
        ),
    }


def _counts(item: Mapping[str, Any]) -> bool:
    """Pods that are going or have ended, evicted ones among them, are no longer part of the service."""
    return item.get("terminating") is not True and item.get("phase") not in ("Failed", "Succeeded")


def _names(items: Any) -> list[str]:
    return sorted(str(item.get("name")) for item in items)


def _reasons(item: Mapping[str, Any]) -> set[str]:
    return {str(item.get("reason")).removeprefix("Init:")}


def _killed_for_memory(item: Mapping[str, Any], now: datetime) -> bool:
    """Killed for memory, and it counts still: a kill that a pod got over long ago is history."""
    if item.get("reason") == "OOMKilled":
        return True
    again = bool(_reasons(item) & CRASH_REASONS) or _recent(item.get("last_finished_at"), now)
    return item.get("last_reason") == "OOMKilled" and again


def _recent(when: Any, now: datetime) -> bool:
    try:
        moment = datetime.fromisoformat(str(when))
    except ValueError:
        return False
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (now - moment).total_seconds() < _RECENT_S


def _crashes(item: Mapping[str, Any], now: datetime) -> bool:
    """In a crash loop, or between two crashes of one."""
    if _reasons(item) & CRASH_REASONS:
        return True
    ended_badly = number(item.get("last_exit_code")) not in (None, 0)
    return item.get("ready") is False and ended_badly and _recent(item.get("last_finished_at"), now)


def _newest(evidence: Evidence) -> str | None:
    for revision in evidence.items("pods", "by_revision"):
        if revision.get("newest") is True and revision.get("revision_hash"):
            return str(revision["revision_hash"])
    return None


def _ready(items: list[Mapping[str, Any]], newest: str | None, *, newest_only: bool) -> int | None:
    if newest is None:
        return None
    ready = [item for item in items if item.get("ready") is True]
    return len([item for item in ready if (item.get("revision_hash") == newest) is newest_only])


def _classes(evidence: Evidence, pods: list[str]) -> Counter[str]:
    """Error lines by class in the logs of the given pods. A template's lines count for each of its pods alike."""
    classes: Counter[str] = Counter()
    for template in evidence.items("logs", "templates"):
        if template.get("level") != "warning" and set(pods) & set(template.get("pods") or []):
            classes[str(template.get("class"))] += int(number(template.get("count")) or 1)
    return classes


def _leading(classes: Counter[str]) -> str | None:
    """The class that explains a crash: a named one wins, for a crash ends in an application error whatever began it."""
    if not classes:
        return None
    named = Counter({name: count for name, count in classes.items() if name != "application"})
    if named and 3 * max(named.values()) >= sum(classes.values()):
        return max(named, key=lambda name: (named[name], name))
    return max(classes, key=lambda name: (classes[name], name))
