# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From findings to a verdict: status, severity, pattern, and which causes stand, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.findings import Finding
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.reading import Evidence
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.rules import SEVERITIES

COMPLETE_OUTAGE = "complete outage"
EQUAL_WITHIN = 10  # points: causes closer than this to the first are shown as equally good explanations


def rank(findings: Sequence[Finding]) -> tuple[list[Finding], dict[str, list[str]]]:
    """The causes that stand, best first, and for each explained finding the ids of the causes that explain it.

    A cause that another cause with at least its score explains is a consequence, and no longer a cause.
    """
    causes = sorted((found for found in findings if found.rule.kind == "cause"), key=lambda found: -found.score)
    present = {found.rule.id for found in findings}
    explained: dict[str, list[str]] = {}
    standing: list[Finding] = []
    for cause in causes:
        if cause.rule.id in explained:
            continue
        standing.append(cause)
        for consequence in cause.rule.explains:
            if consequence in present and consequence != cause.rule.id:
                explained.setdefault(consequence, []).append(cause.rule.id)
    stand = {cause.rule.id for cause in standing}
    # A cause that scored the same may have been placed before the one that explains it.
    standing = [cause for cause in standing if not set(explained.get(cause.rule.id, ())) & (stand - {cause.rule.id})]
    return standing, explained


def first_ranks(causes: Sequence[Finding]) -> list[int]:
    """The rank of each cause, from 1; causes within ``EQUAL_WITHIN`` points of the first share rank 1."""
    ranks: list[int] = []
    for position, cause in enumerate(causes, start=1):
        ranks.append(1 if causes[0].score - cause.score < EQUAL_WITHIN else position)
    return ranks


def blind(evidence: Evidence) -> list[str]:
    """The sources that were asked in vain and without which nobody can say that a service is healthy.

    Each of these alone; of those that tell the error rate all that are configured, for one of them is enough. That
    there is no traffic, and so no error, only they could tell as well.
    """
    unread = evidence.unread()
    alone = [source for source in ("health", "workload", "pods") if source in unread]
    rates = [source for source in ("prometheus", "metrics") if evidence.status(source) not in (None, "skipped")]
    return [*alone, *(rates if all(_tells_nothing(evidence, source) for source in rates) else ())]


def _tells_nothing(evidence: Evidence, source: str) -> bool:
    # A Prometheus that is still starting answers, and knows nothing yet.
    return not evidence.data(source) or evidence.data(source).get("ready") is False


def status(
    findings: Sequence[Finding], causes: Sequence[Finding], seen: Mapping[str, Any], blind_to: Sequence[str] = ()
) -> str:
    """down, degraded, healthy or unknown.

    Trouble that was seen outweighs the rest; healthy needs a finding that says so, and that nobody was ``blind_to``
    the service, its pods or its traffic where they are configured; neither is unknown. A broken dependency degrades a
    service of which something is known, and says nothing about one that nobody could see.
    """
    said = {found.rule.status for found in findings}
    if "down" in said:
        return "down"
    service_seen = seen.get("health") in ("ok", "failing") or seen.get("total") is not None
    if "degraded" in said or (causes and service_seen):
        return "degraded"
    return "healthy" if "healthy" in said and not blind_to else "unknown"


def severity(
    findings: Sequence[Finding], causes: Sequence[Finding], status_now: str, missing: Sequence[str] = ()
) -> tuple[str | None, str]:
    """The worst severity found, and why. Impact comes before cause where both have it.

    ``missing`` are the sources whose loss makes the state unknown.
    """
    if status_now == "healthy":
        return None, "Nothing that was read shows an impact on users."
    impact = [found for found in findings if found.rule.kind != "cause"]
    for level in SEVERITIES:
        for found in (*impact, *causes):
            if found.rule.severity == level:
                return level, f"{found.says.rstrip('.')}."
    if status_now == "unknown":
        if missing:
            return None, f"The impact is not known: {' and '.join(missing)} could not be read."
        return None, (
            "The impact is not known: nothing that is configured shows whether users are served; "
            "set service_health_url or service_prometheus_url."
        )
    return "sev-3", "The service is degraded, and no finding says how far users feel it."


def pattern(
    findings: Sequence[Finding], causes: Sequence[Finding], seen: Mapping[str, Any], status_now: str
) -> str | None:
    """One of the runbook's four patterns: that of the first cause, else of the first symptom.

    An outage is complete whatever began it.
    """
    if status_now == "healthy":
        return None
    if status_now == "down":
        return COMPLETE_OUTAGE
    symptoms = (found for found in findings if found.rule.kind == "symptom")
    return next((said for found in (*causes, *symptoms) if (said := pattern_of(found, seen))), None)


def pattern_of(found: Finding, seen: Mapping[str, Any]) -> str | None:
    """The pattern that a finding adds: a dependency that fails is no complete outage while no user feels it."""
    if found.rule.pattern == COMPLETE_OUTAGE and not seen.get("impaired"):
        return None
    return found.rule.pattern
