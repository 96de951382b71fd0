# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a rule is: plain data that says what can be found and how it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = ("cause", "symptom", "note")
PATTERNS = ("sudden spike in errors", "gradual degradation", "complete outage", "intermittent failures")
SEVERITIES = ("sev-1", "sev-2", "sev-3", "sev-4")
STATUSES = ("healthy", "degraded", "down")
SOURCES = (
    "commits",
    "database",
    "events",
    "health",
    "history",
    "logs",
    "metrics",
    "pods",
    "prometheus",
    "usage",
    "vault",
    "workload",
)
ROOTS = (*SOURCES, "seen", "service")


@dataclass(frozen=True)
class Expression:
    """A JMESPath expression and its syntax tree."""

    text: str
    tree: Mapping[str, Any]


@dataclass(frozen=True)
class Quote:
    """Where a finding's evidence stands: an expression into the evidence and the words around its value."""

    path: Expression
    says: str


@dataclass(frozen=True)
class Support:
    """A condition that makes a cause likelier, by ``weight`` points."""

    when: Expression
    weight: int


@dataclass(frozen=True)
class Rule:
    """One thing that can be found. Field by field as in ``docs/triage.md``."""

    id: str
    kind: str
    when: Expression
    says: str
    unless: Expression | None = None
    facts: Mapping[str, Expression] = field(default_factory=dict)
    quotes: tuple[Quote, ...] = ()
    pattern: str | None = None
    severity: str | None = None
    status: str | None = None
    remedy: str | None = None
    manual: tuple[str | Mapping[str, str], ...] = ()
    weight: int = 50
    supports: tuple[Support, ...] = ()
    explains: tuple[str, ...] = ()
    enabled: bool = True
