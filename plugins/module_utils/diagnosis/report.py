# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The diagnosis of one service: evidence and rules in, report out. Nothing is read or written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis import names as name_facts
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis import proposals, verdict
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis import remedies as remedy_steps
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.findings import Finding, find
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.reading import Evidence, number
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.rulebook import Rulebook
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.seen import observe
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

VERSION = 1


def diagnose(
    evidence: Mapping[str, Any],
    rulebook: Rulebook,
    service: Mapping[str, Any],
    *,
    now: datetime | None = None,
    took_ms: int | None = None,
) -> dict[str, Any]:
    """The report on a service, as docs/triage.md and docs/triage-report.schema.json describe it.

    ``service`` holds the inventory's ``service_*`` variables, with or without the prefix, and for the exact command
    line ``playbook_dir``, ``inventory`` (one or several) and ``host``. ``took_ms`` is how long the evidence took; by
    default that of the slowest source. Never raises for evidence, however incomplete.
    """
    entries = Evidence(evidence)
    moment = now or datetime.now(UTC)
    described = name_facts.plain_service(service)
    seen = observe(entries, moment)
    view = {**entries.view(), "seen": seen, "service": {"name": described["name"]}}

    found = find(rulebook.rules, view, moment)
    causes, explained = verdict.rank(found)
    blind_to = verdict.blind(entries)
    status = verdict.status(found, causes, seen, blind_to)
    severity, reason = verdict.severity(found, causes, status, blind_to or entries.unread())
    pattern = verdict.pattern(found, causes, seen, status)
    names = name_facts.names(described, entries, seen)
    memory_max = str(described.get("memory_max") or proposals.MEMORY_MAX)

    def proposal(remedy: str) -> proposals.Proposal:
        return proposals.propose(remedy, entries, names["memory_container"], memory_max)

    names["memory"] = proposal("resources").variables.get("resources_memory_limit")
    report: dict[str, Any] = {
        "version": VERSION,
        "service": described["name"],
        "status": status,
        "severity": severity,
        "severity_reason": reason,
        "pattern": pattern,
        "causes": _causes(causes, seen, rulebook, described, names, proposal),
        "findings": [*(_finding(item, explained) for item in found), *_unread(entries, causes)],
        "not_configured": entries.skipped(),
        "evidence": dict(evidence),
        "took_ms": took_ms if took_ms is not None else _slowest(evidence),
    }
    report["summary"] = summary(report)
    return report


def summary(report: Mapping[str, Any]) -> str:
    """The verdict in one line."""
    head = " · ".join(
        part for part in ((report["severity"] or "").upper(), _state(report), report["pattern"] or "") if part
    )
    first = [cause["says"] for cause in report["causes"] if cause["rank"] == 1]
    if len(first) > 1:
        return f"{head}: {len(first)} causes explain it equally well: {'; '.join(first)}"
    return f"{head}: {first[0]}" if first else head


def _state(report: Mapping[str, Any]) -> str:
    if report["status"] == "unknown":
        return f"the state of {report['service']} is unknown"
    return f"{report['service']} is {report['status']}"


def _causes(
    causes: Sequence[Finding],
    seen: Mapping[str, Any],
    rulebook: Rulebook,
    service: Mapping[str, Any],
    names: Mapping[str, Any],
    propose: Callable[[str], proposals.Proposal],
) -> list[dict[str, Any]]:
    shown = []
    for cause, rank in zip(causes, verdict.first_ranks(causes), strict=True):
        remedy = rulebook.remedies[cause.rule.remedy] if cause.rule.remedy else None
        manual = cause.rule.manual or (remedy.manual if remedy else ())
        proposed = propose(remedy.name) if remedy else proposals.Proposal()
        # What only a person knows stands in the command as a place to fill in.
        given = {**proposed.variables, **{need: need.rpartition("_")[2].upper() for need in proposed.needs}}
        shown.append(
            {
                "id": cause.rule.id,
                "rank": rank,
                "score": cause.score,
                "says": cause.says,
                "pattern": verdict.pattern_of(cause, seen),
                "evidence": list(cause.quotes),
                "remedy": remedy.name if remedy else None,
                "title": remedy.title if remedy else None,
                "command": remedy_steps.command(remedy, service, given) if remedy and not proposed.stop else None,
                "manual": remedy_steps.steps(manual, names),
                "proposal": proposed.as_data(),
            }
        )
    return shown


def _finding(found: Finding, explained: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "id": found.rule.id,
        "kind": found.rule.kind,
        "says": found.says,
        "severity": found.rule.severity,
        "evidence": list(found.quotes),
        "explained_by": explained.get(found.rule.id, []),
    }


def _unread(evidence: Evidence, causes: Sequence[Finding]) -> list[dict[str, Any]]:
    """A note for each source that was asked in vain: what nobody saw is not fine."""
    notes = []
    for source in evidence.unread():
        said = one_line(str(evidence.error(source).get("message") or "no answer before the deadline"), 300)
        quote = {"source": source, "path": f"{source}.error", "value": evidence.error_class(source), "quote": said}
        path = f"{source}.error.message"
        notes.append(
            {
                "id": f"unread_{source}",
                "kind": "note",
                "says": f"Could not read {source}: {said}",
                "severity": None,
                "evidence": [quote],
                "explained_by": [
                    cause.rule.id for cause in causes if any(found["path"] == path for found in cause.quotes)
                ],
            }
        )
    return notes


def _slowest(evidence: Mapping[str, Any]) -> int:
    times = (number(entry.get("took_ms")) for entry in evidence.values() if isinstance(entry, Mapping))
    return int(max((time for time in times if time is not None), default=0))
