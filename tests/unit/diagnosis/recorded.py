"""Evidence of a healthy service and of each fault, recorded in the practice environment, and the diagnosis of it.

One file each in `evidence/`; what follows a hyphen in its name tells a variant. To record one anew, let triage write
its report there: `-e triage_report=tests/unit/diagnosis/evidence/oom.json`.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.report import diagnose
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.rulebook import load_rulebook

NOW = datetime(2026, 11, 23, 10, 57, tzinfo=UTC)
_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
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
    """The evidence in a file, as if it had been read at NOW. A whole report will do as a file, too."""
    content = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    found = content.get("evidence", content)
    current = found["history"]["data"]["current"]
    read_at = datetime.fromisoformat(current["created"]) + timedelta(seconds=current["age_s"])
    shifted = _TIME.sub(lambda time: _written(datetime.fromisoformat(time[0]) + (NOW - read_at)), json.dumps(found))
    return dict(json.loads(shifted))


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def report(found: dict[str, Any], service: dict[str, Any] | None = None, extra: Any = None) -> dict[str, Any]:
    return diagnose(found, load_rulebook(extra), SERVICE if service is None else service, now=NOW)


def ids(found: dict[str, Any]) -> list[str]:
    return [cause["id"] for cause in found["causes"]]


def unread(error_class: str = "unreachable", status: str = "failed", **facts: Any) -> dict[str, Any]:
    """A source that was asked in vain."""
    error = {"error_class": error_class, "message": f"It is {error_class}.", "hint": "", "facts": facts}
    return {"status": status, "took_ms": 5, "data": None, "error": error}


def read(**data: Any) -> dict[str, Any]:
    """A source that answered."""
    return {"status": "ok", "took_ms": 5, "data": data, "error": None}
