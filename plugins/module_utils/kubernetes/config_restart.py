# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which ConfigMaps the pods of a workload read, and the restart that a change of one takes. Pure functions."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import config
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import fingerprint, read_record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.restart import restart_step

MARK = "runbooks.hotswap/config"


def references(workload: Mapping[str, Any]) -> dict[str, list[str]]:
    """The ConfigMaps that a workload's pods read, each with where: ``{"api-config": ["volume config"]}``."""
    found: dict[str, list[str]] = {}
    for name, where in _references(workload["spec"]["template"]["spec"]):
        if name:
            found.setdefault(name, []).append(where)
    return found


def _references(pod: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    for volume in pod.get("volumes") or []:
        sources = [volume, *((volume.get("projected") or {}).get("sources") or [])]
        for source in sources:
            yield (source.get("configMap") or {}).get("name"), f"volume {volume['name']}"
    for container in [*(pod.get("containers") or []), *(pod.get("initContainers") or [])]:
        for source in container.get("envFrom") or []:
            yield (source.get("configMapRef") or {}).get("name"), f"environment of {container['name']}"
        for variable in container.get("env") or []:
            reference = (variable.get("valueFrom") or {}).get("configMapKeyRef") or {}
            yield reference.get("name"), f"variable {variable['name']} of {container['name']}"


def due_restart(workload: Mapping[str, Any], live: Mapping[str, Any]) -> str:
    """The token of the ConfigMap's last change that the workload was not restarted for; empty when it was.

    A ConfigMap that nobody changed here, or that somebody changed since, asks for no restart.
    """
    records = read_record(live)
    record = next((one for one in records.all() if one.action == config.ACTION), None) if records else None
    if record is None or record.after != fingerprint(config.state(live)):
        return ""
    name, token = live["metadata"]["name"], fingerprint([record.incident, record.at, record.after])
    if _marks(workload).get(name) == token:
        return ""
    # A rollback takes the mark away with the template; the workload's record still tells.
    restarts = read_record(workload)
    done = any(one.previous.get("config") == {name: token} for one in restarts.all()) if restarts else False
    return "" if done else token


def marked_restart(workload: Mapping[str, Any], config_map: str, token: str, now: datetime.datetime) -> Step:
    """The restart of the workload that also says which change of the ConfigMap it is for."""
    step = restart_step(workload, now)
    (patch,) = step.patch
    marks = json.dumps({**_marks(workload), config_map: token}, sort_keys=True, separators=(",", ":"))
    return Step(
        [{**patch, "value": {**patch["value"], MARK: marks}}],
        {**step.previous, "config": {config_map: token}},
        # The token holds the time of the change.
        rests_on={**step.previous, "config": config_map},
    )


def _marks(workload: Mapping[str, Any]) -> dict[str, str]:
    annotations = (workload["spec"]["template"].get("metadata") or {}).get("annotations") or {}
    try:
        marks = json.loads(annotations.get(MARK) or "{}")
    except ValueError:
        return {}
    return marks if isinstance(marks, dict) else {}
