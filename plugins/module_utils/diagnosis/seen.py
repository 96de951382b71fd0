# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What several sources say together, as the facts that rules ask for under ``seen``.

JMESPath looks into one source at a time; what needs two of them, or a vocabulary such as Kubernetes' waiting
reasons, is worked out here once. Each fact is None when nothing that was read can tell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis import memory_facts, pod_facts, release_facts
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.reading import Evidence, number

TOLERATED_ERROR_RATE = 0.01  # "should return to < 1%", the runbook's own words for recovered

_HEALTHY_WORDS = frozenset({"healthy", "ok", "up", "pass", "passed", "true"})
_DATABASE_CHECKS = ("database", "postgres", "npgsql", "sql", "db")
_NO_DATABASE = frozenset({"down", "silent", "starting"})
# A refused or slow connection that names one of these is not one to the database.
_OTHER_SERVICES = ("http", "redis", "kafka", "rabbitmq", "amqp", "grpc", "smtp")


def observe(evidence: Evidence, now: datetime) -> dict[str, Any]:
    """The facts of ``seen``; their list and meaning stand in docs/triage.md."""
    pods = pod_facts.read(evidence, now)
    seen: dict[str, Any] = {
        **pods,
        **_traffic(evidence),
        **_logs(evidence),
        **release_facts.read(evidence, pods, now),
        **memory_facts.read(evidence, pods),
        "health": _health(evidence),
        "failing_checks": _failing_checks(evidence),
        "database": _database(evidence),
        "database_slots": _database_slots(evidence),
        "vault": _vault(evidence),
    }
    seen["database_check"] = _check(evidence, *_DATABASE_CHECKS)
    seen["vault_check"] = _check(evidence, "vault")
    seen["impaired"] = _impaired(seen)
    seen["database_broken"] = _broken(
        seen["database"],
        seen["database_check"],
        {"full"},
        _NO_DATABASE,
        _database_missed(evidence, seen["database"]),
    )
    seen["vault_broken"] = _broken(
        seen["vault"], seen["vault_check"], {"sealed"}, {"down", "silent", "uninitialized"}, _missed(evidence, "vault")
    )
    seen["crash_by_dependency"] = (
        seen["crash_class"] in ("database", "timeout", "dependency") and seen["database_broken"] is True
    ) or (seen["crash_class"] in ("authentication", "dependency") and seen["vault_broken"] is True)
    return seen


def _health(evidence: Evidence) -> str | None:
    """ok, failing (it answered, and not with 2xx) or silent (refused, or no answer in time)."""
    healthy = evidence.data("health").get("healthy")
    if isinstance(healthy, bool):
        return "ok" if healthy else "failing"
    return "silent" if evidence.no_answer("health") else None


def _checks(evidence: Evidence) -> dict[str, str]:
    checks = evidence.mapping("health", "checks")
    return {str(name).lower(): str(status).lower() for name, status in checks.items() if status is not None}


def _failing_checks(evidence: Evidence) -> list[str] | None:
    checks = _checks(evidence)
    return sorted(name for name, status in checks.items() if status not in _HEALTHY_WORDS) if checks else None


def _check(evidence: Evidence, *words: str) -> str | None:
    """ok or failing, as the service itself says of a dependency whose check has one of the words in its name."""
    found = [status for name, status in _checks(evidence).items() if any(word in name for word in words)]
    if not found:
        return None
    return "ok" if all(status in _HEALTHY_WORDS for status in found) else "failing"


def _database(evidence: Evidence) -> str | None:
    """ok, full (no slot left), down (refused or no such host), silent (no answer in time), starting or denied."""
    data = evidence.data("database")
    if data:
        return "full" if data.get("full") is True else "ok"
    state = evidence.facts("database").get("sqlstate")
    if state == "53300":
        return "full"
    if state in {"57P03", "57P01", "57P02"}:
        return "starting"
    return {"unreachable": "down", "timeout": "silent", "denied": "denied"}.get(evidence.error_class("database"))


def _database_slots(evidence: Evidence) -> float | None:
    """The share of the slots for ordinary users that is taken."""
    data = evidence.data("database")
    sessions, limit = number(data.get("sessions")), number(data.get("max_connections"))
    if sessions is None or limit is None:
        return None
    usable = limit - (number(data.get("reserved")) or 0)
    return sessions / usable if usable > 0 else None


def _vault(evidence: Evidence) -> str | None:
    """ok, sealed (no unsealed node answered), partly sealed, uninitialized, down, silent or denied."""
    nodes = evidence.items("vault", "nodes")
    sealed = [node for node in nodes if node.get("sealed") is True]
    serving = [node for node in nodes if node.get("sealed") is False]
    if sealed:
        if all(node.get("initialized") is False for node in sealed) and not serving:
            return "uninitialized"
        return "partly sealed" if serving else "sealed"
    if serving:
        return "ok"
    if nodes:
        return "down"
    return {"unreachable": "down", "timeout": "silent", "denied": "denied"}.get(evidence.error_class("vault"))


def _missed(evidence: Evidence, dependency: str) -> bool | None:
    """Whether the service's logs complain of a dependency: by class for the database, by name for Vault."""
    if not evidence.data("logs"):
        return None
    for template in evidence.items("logs", "templates"):
        if template.get("level") == "warning":
            continue
        if template.get("class") == dependency or dependency in str(template.get("template")).lower():
            return True
    return False


def _database_missed(evidence: Evidence, state: str | None) -> bool | None:
    """As ``_missed``; of a database without an answer a driver may say no more than that a connection was refused."""
    missed = _missed(evidence, "database")
    if missed is not False or state not in _NO_DATABASE:
        return missed
    return any(
        template.get("level") != "warning"
        and template.get("class") in ("dependency", "timeout")
        and not any(other in str(template.get("template")).lower() for other in _OTHER_SERVICES)
        for template in evidence.items("logs", "templates")
    )


def _broken(
    state: str | None, check: str | None, surely: Collection[str], perhaps: Collection[str], missed: bool | None
) -> bool | None:
    """Whether the service lacks a dependency. What is only out of our reach, the service itself has to miss too."""
    if check == "failing" or state in surely:
        return True
    if state in perhaps:
        return check is None and missed is not False
    return None if state is None and check is None else False


def _traffic(evidence: Evidence) -> dict[str, Any]:
    rates = evidence.numbers(("prometheus", "error_rate"), ("metrics", "error_rate"))
    delays = evidence.numbers(("prometheus", "p95_s"), ("metrics", "p95_s"))
    # Two readings of /metrics see this second, Prometheus its window: the worse of the two is what users meet.
    error_rate, error_source = max(rates, default=(None, None))
    p95, p95_source = max(delays, default=(None, None))
    return {
        "error_rate": error_rate,
        "error_rate_source": error_source,
        "error_rate_before": number(evidence.data("prometheus").get("error_rate_before")),
        "error_rate_now": number(evidence.data("metrics").get("error_rate")),
        "p95_s": p95,
        "p95_source": p95_source,
        "requests_per_s": number(evidence.data("prometheus").get("requests_per_s")),
    }


def _logs(evidence: Evidence) -> dict[str, Any]:
    counted = {str(name): number(count) or 0 for name, count in evidence.mapping("logs", "classes").items()}
    total = sum(counted.values())
    top = max(counted, key=lambda name: (counted[name], name)) if total else None
    return {"log_class": top, "log_class_share": counted[top] / total if top else None}


def _impaired(seen: Mapping[str, Any]) -> bool | None:
    """Whether users feel it: a failing health endpoint, no ready pod, or more errors than the runbook tolerates."""
    # Of a silent endpoint alone nobody knows whether the service or the way to it is at fault.
    unclear = seen["health"] is None or (seen["health"] == "silent" and seen["ready"] is None)
    signs = [
        None if unclear else seen["health"] != "ok",
        None if seen["ready"] is None else seen["ready"] == 0,
        None if seen["error_rate"] is None else seen["error_rate"] >= TOLERATED_ERROR_RATE,
    ]
    if any(signs):
        return True
    return None if unclear and seen["ready"] is None else False
