"""Evidence of a healthy service and of each fault, one file each in `evidence/`, and the diagnosis of it."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.report import diagnose
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.rulebook import load_rulebook

FOLDER = Path(__file__).parent / "evidence"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
FAULTS = [name for name in NAMES if name != "none"]
SERVICE = {
    "service_name": "hotswap-api",
    "service_namespace": "shop",
    "service_workload": "deployment/hotswap-api",
    "service_container": "hotswap-api",
    "service_selector": "app=hotswap-api",
    "service_health_url": "http://127.0.0.1:18080/health",
    "service_database": {
        "login_host": "127.0.0.1",
        "login_port": 15432,
        "login_user": "hotswap",
        "login_password": "not-to-be-shown",
        "login_db": "hotswap",
    },
    "playbook_dir": "playbooks",
    "inventory": ["inventory.yml"],
}


def evidence(name: str) -> dict[str, Any]:
    return copy.deepcopy(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def latest(found: dict[str, Any]) -> datetime:
    """A moment just after the evidence was read: that of the newest event, crash or revision in it."""
    data = {source: entry.get("data") or {} for source, entry in found.items() if isinstance(entry, dict)}
    times = [item.get("last") for item in data.get("events", {}).get("items", [])]
    times += [item.get("last_finished_at") for item in data.get("pods", {}).get("items", [])]
    known = [datetime.fromisoformat(str(time)) for time in times if time]
    return max(known, default=datetime(2026, 11, 23, 10, 57, tzinfo=UTC))


def report(found: dict[str, Any], service: dict[str, Any] | None = None, extra: Any = None) -> dict[str, Any]:
    return diagnose(found, load_rulebook(extra), SERVICE if service is None else service, now=latest(evidence("none")))


def ids(found: dict[str, Any]) -> list[str]:
    return [cause["id"] for cause in found["causes"]]


def unread(error_class: str = "unreachable", status: str = "failed", **facts: Any) -> dict[str, Any]:
    """A source that was asked in vain."""
    error = {"error_class": error_class, "message": f"It is {error_class}.", "hint": "", "facts": facts}
    return {"status": status, "took_ms": 5, "data": None, "error": error}


def read(**data: Any) -> dict[str, Any]:
    """A source that answered."""
    return {"status": "ok", "took_ms": 5, "data": data, "error": None}
