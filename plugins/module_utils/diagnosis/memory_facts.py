# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which container memory runs out for: of a pod with several, only that one's limit is too small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.reading import Evidence, number

_NEARLY_FULL = 0.85
_KILLED = "OOMKilled"


def read(evidence: Evidence, pods: Mapping[str, Any]) -> dict[str, Any]:
    """Memory facts of ``seen``; ``pods`` are its pod facts."""
    name = _container(evidence, pods)
    return {"memory_container": name, "memory_limit_bytes": _limit(evidence, name)}


def short_container(pod: Mapping[str, Any]) -> str | None:
    """The container of a pod that was killed for memory, or that crashed; None when the pod does not tell."""
    name = pod.get("container") if pod.get("reason") == _KILLED else pod.get("last_container") or pod.get("container")
    return str(name) if name else None


def _container(evidence: Evidence, pods: Mapping[str, Any]) -> str | None:
    """The one that was killed, or ran out by its own log, in most pods; else the fullest; else the only one."""
    short = pods["out_of_memory"] or (pods["crashing"] if pods["crash_class"] == "out_of_memory" else None)
    if short:
        found = (short_container(item) for item in evidence.items("pods") if item.get("name") in short)
        counted = Counter(name for name in found if name)
        return max(counted, key=lambda name: (counted[name], name), default=_only(evidence))
    used = [(number(one.get("memory_ratio")) or 0, str(one.get("container") or "")) for one in evidence.items("usage")]
    fullest, name = max(used, default=(0, ""))
    return name if name and fullest >= _NEARLY_FULL else _only(evidence)


def _only(evidence: Evidence) -> str | None:
    names = [one.get("name") for one in evidence.items("workload", "containers")]
    return str(names[0]) if len(names) == 1 else None


def _limit(evidence: Evidence, name: str | None) -> float | None:
    """Its limit by the workload, or by the pods for a container that something else put into them."""
    described = (one for one in evidence.items("workload", "containers") if one.get("name") == name)
    measured = (one for one in evidence.items("usage") if one.get("container") == name)
    limits = (number(one.get("memory_limit_bytes")) for one in (*described, *measured))
    return next((limit for limit in limits if limit is not None), None)
