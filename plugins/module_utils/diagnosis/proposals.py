# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a remedy's playbook needs to be told, as far as the evidence tells it: how much memory, which key."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.memory_facts import short_container
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.reading import Evidence, number
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.quantity import format_bytes, whole_bytes
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import read_record

MEMORY_MAX = "8Gi"
_GROWTH = 1.5  # the seen maximum plus half
_MEBIBYTE = 2**20
_KILLED = "OOMKilled"
_SLOW_S = 600  # a start fills memory in seconds; what takes longer to be full grew while it served
_KEYS = (
    re.compile(
        r"(?:configuration value|setting|option|key)s?(?: at)? '([A-Za-z_][\w.\-]*(?::[\w.\-]+)*)'", re.IGNORECASE
    ),
    re.compile(r"'([A-Za-z_][\w.\-]*(?::[\w.\-]+)+)'"),
)
_FILE = re.compile(r"'(?:[^'\s]*/)?([\w.\-]+\.json)'")
_TYPES = (
    (re.compile(r"System\.(?:U?Int\d+|Double|Single|Decimal)"), "number"),
    (re.compile("System.Boolean"), "boolean"),
)


@dataclass(frozen=True)
class Proposal:
    """``variables`` of the remedy's playbook; ``needs`` are those only a person can give.

    ``notes`` are for the person who decides; ``stop`` says why the playbook is not to be run by itself.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    stop: str = ""

    def as_data(self) -> dict[str, Any]:
        return {
            "variables": dict(self.variables),
            "needs": list(self.needs),
            "notes": list(self.notes),
            "stop": self.stop,
        }


def propose(remedy: str, evidence: Evidence, container: str | None, memory_max: str = MEMORY_MAX) -> Proposal:
    """What to tell the playbook ``remedy``; nothing for one that needs nothing. Raises BadInput for a wrong maximum.

    ``container`` is the one that memory runs out for; None stands for the only one there is.
    """
    if remedy == "resources":
        return _memory(evidence, container, memory_max)
    if remedy == "config":
        return _configuration(evidence)
    return Proposal()


def _memory(evidence: Evidence, container: str | None, memory_max: str) -> Proposal:
    """The seen maximum plus half. Who was killed has used all of the limit, whatever is measured now."""
    containers = evidence.items("workload", "containers")
    several = len(containers) > 1
    if container is None and several:
        return Proposal(stop="Nothing tells which of the containers is short of memory.")
    described = next((one for one in containers if container in (None, one.get("name"))), {})
    limit, name = number(described.get("memory_limit_bytes")), described.get("name")
    if limit is None:
        which = f" of container {container}" if container else ""
        return Proposal(
            stop=f"No memory limit{which} is known that could be raised; look at the container and at its node."
        )
    chosen = {"resources_container": str(name)} if several else {}
    most = whole_bytes(memory_max)
    used = [number(one.get("memory_bytes")) for one in evidence.items("usage") if one.get("container") == name]
    seen = max([limit, *(value for value in used if value is not None)])
    wanted = math.ceil(seen * _GROWTH / _MEBIBYTE) * _MEBIBYTE
    killed = [pod for pod in _killed(evidence) if short_container(pod) in (None, name)]
    notes = _leaks(killed)
    noted = evidence.mapping("workload", "annotations_incident")
    record = read_record({"metadata": {"annotations": dict(noted)}})
    if record is not None and record.action == "resources" and record.previous.get("container") in (None, name):
        if not _of_the_newest(evidence, killed):
            # A run that was interrupted: the raise is being rolled out, and is not to be raised once more.
            rolling = f"The limit was raised to {format_bytes(int(limit))} already; its rollout is waited for."
            return Proposal({**chosen, "resources_memory_limit": format_bytes(int(limit))}, notes=(rolling,))
        notes = (
            f"Incident {record.incident} raised it at {record.at}, and it was used up again: suspect a leak.",
            *notes,
        )
    if limit >= most:
        return Proposal(
            notes=notes,
            stop=f"The memory limit is {format_bytes(int(limit))} already, and more than {memory_max} is a person's "
            "decision (resources_memory_max). Look for a leak.",
        )
    if wanted > most:
        wanted, notes = most, (f"It is kept at the maximum of {memory_max} (resources_memory_max).", *notes)
    return Proposal({**chosen, "resources_memory_limit": format_bytes(wanted)}, notes=notes)


def _leaks(killed: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """A note where memory filled slowly: the time from start to kill, on average over the restarts of a pod."""
    lives = [life for pod in killed if (life := _life(pod)) is not None]
    if not lives or max(lives) < _SLOW_S:
        return ()
    minutes = f"{max(lives) / 60:.0f} min"
    return (
        f"Usage grew steadily: a pod ran {minutes} until it was full. Suspect a leak, which more memory only delays.",
    )


def _killed(evidence: Evidence) -> list[Mapping[str, Any]]:
    return [pod for pod in evidence.items("pods") if _KILLED in (pod.get("reason"), pod.get("last_reason"))]


def _of_the_newest(evidence: Evidence, pods: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    newest = {one.get("revision_hash") for one in evidence.items("pods", "by_revision") if one.get("newest") is True}
    return [pod for pod in pods if pod.get("revision_hash") in newest]


def _life(pod: Mapping[str, Any]) -> float | None:
    try:
        begun = datetime.fromisoformat(str(pod.get("created")))
        ended = datetime.fromisoformat(str(pod.get("last_finished_at")))
    except ValueError:
        return None
    return (ended - begun).total_seconds() / max(1.0, number(pod.get("restarts")) or 0.0)


def _configuration(evidence: Evidence) -> Proposal:
    """The key that the log complains of; its right value only a person knows."""
    said = [
        str(template.get(part))
        for template in evidence.items("logs", "templates")
        if template.get("class") == "configuration"
        for part in ("reason", "example")
        if template.get(part)
    ]
    variables: dict[str, str] = {}
    path = _first(_KEYS, said)
    if path:
        variables["config_path"] = path
    file = _first((_FILE,), said)
    if file:
        variables["config_key"] = file
    kind = next((kind for form, kind in _TYPES if any(form.search(text) for text in said)), None)
    if kind and path:
        variables["config_type"] = kind
    return Proposal(
        variables, ("config_value",) if path else ("config_path", "config_value"), _earlier_configuration(evidence)
    )


def _first(forms: Iterable[re.Pattern[str]], texts: list[str]) -> str | None:
    return next((found[1] for form in forms for text in texts if (found := form.search(text))), None)


def _earlier_configuration(evidence: Evidence) -> tuple[str, ...]:
    target = evidence.mapping("history", "rollback_target")
    if target.get("config_changed") is not True:
        return ()
    return (
        f"Revision {target.get('revision')} before it read other ConfigMaps: rollback.yml brings these back as well.",
    )
