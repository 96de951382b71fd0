# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A report as lines for a person who has just been woken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

_QUOTES = 4
_NOTES = frozenset({"serving", "errors_logged"})
_WIDTH = 200


def findings_text(report: Mapping[str, Any], *, verbose: bool = False) -> list[str]:
    """The report in plain lines: verdict, causes with their evidence, what to do next, what else was and was not seen.

    With ``verbose`` also the notes, and the symptoms that a cause explains.
    """
    lines = [_head(report)]
    if report.get("severity"):
        lines.append(f"Why {report['severity'].upper()}: {report['severity_reason']}")
    elif report.get("status") == "unknown":
        lines.append(f"Why unknown: {report['severity_reason']}")
    causes = report.get("causes") or []
    for position, cause in enumerate(causes, start=1):
        lines += ["", *_cause(cause, position, causes)]
    if not causes and report.get("status") == "healthy":
        lines.append("Nothing is wrong.")
    elif not causes:
        lines += ["", "Cause: none of the known causes fits what was read. The findings below are all there is."]
    lines += _others(report, verbose=verbose)
    return lines


def _head(report: Mapping[str, Any]) -> str:
    severity = (report.get("severity") or "").upper()
    service = report.get("service")
    known = report.get("status") != "unknown"
    state = f"{service} is {report.get('status')}" if known else f"the state of {service} is unknown"
    return " · ".join(part for part in (severity, state, report.get("pattern") or "") if part)


def _cause(cause: Mapping[str, Any], position: int, causes: list[Mapping[str, Any]]) -> list[str]:
    lines = [f"{_label(cause, position, causes)}: {cause['says']}"]
    lines += [one_line(f"{quote['source']}: {quote['quote']}", _WIDTH) for quote in cause["evidence"][:_QUOTES]]
    lines[1:] = [f"  {line}" for line in lines[1:]]
    if cause.get("command"):
        return [*lines, f"Do next: {cause['command']}"]
    if cause.get("manual"):
        title = f" ({cause['title']})" if cause.get("title") else ""
        return [*lines, f"Do next, by hand{title}:", *(f"  {step}" for step in cause["manual"])]
    return lines


def _label(cause: Mapping[str, Any], position: int, causes: list[Mapping[str, Any]]) -> str:
    if len(causes) == 1:
        return "Cause"
    if cause["rank"] > 1:
        return "Less likely"
    equal = sum(other["rank"] == 1 for other in causes)
    return f"Cause {position} of {equal}, as likely as the other" if equal > 1 else "Cause"


def _others(report: Mapping[str, Any], *, verbose: bool) -> list[str]:
    found = report.get("findings") or []
    symptoms = [item for item in found if item["kind"] == "symptom" and (verbose or not item["explained_by"])]
    unread = [item for item in found if item["id"].startswith("unread_") and (verbose or not item["explained_by"])]
    notes = [
        item
        for item in found
        if item["kind"] == "note" and not item["id"].startswith("unread_") and (verbose or item["id"] not in _NOTES)
    ]
    lines: list[str] = []
    for title, items in (("Also seen:", symptoms), ("Good to know:", notes), ("Not seen:", unread)):
        if items:
            lines += ["", title, *(f"  {one_line(item['says'], _WIDTH)}" for item in items)]
    if report.get("not_configured"):
        lines += ["", f"Not configured: {', '.join(report['not_configured'])}"]
    return lines
