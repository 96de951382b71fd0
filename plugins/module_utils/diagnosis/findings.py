# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules against evidence: what was found, each with the places it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis import wording
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.rules import Expression, Quote, Rule

_QUOTES_PER_PATH = 3


@dataclass(frozen=True)
class Finding:
    """A rule that holds. ``quotes`` are ``{source, path, value, quote}``; ``score`` is 0 for all but causes."""

    rule: Rule
    says: str
    quotes: tuple[dict[str, Any], ...]
    score: int


def find(rules: Iterable[Rule], view: Mapping[str, Any], now: datetime) -> list[Finding]:
    """The rules that hold for a view of the evidence, in the order they were written."""
    from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis import language

    def value(expression: Expression) -> Any:
        return language.evaluate(expression.tree, view, now)

    def holds(expression: Expression | None) -> bool:
        return expression is not None and language.holds(value(expression))

    found = []
    for rule in rules:
        if not holds(rule.when) or holds(rule.unless):
            continue
        facts = {name: value(expression) for name, expression in rule.facts.items()}
        quotes = [quote for wanted in rule.quotes for quote in _quoted(wanted, value(wanted.path), facts)]
        score = rule.weight + sum(support.weight for support in rule.supports if holds(support.when))
        found.append(Finding(rule, wording.fill(rule.says, facts), tuple(quotes), score if rule.kind == "cause" else 0))
    return found


def _quoted(wanted: Quote, value: Any, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One quote per value; of a list, one for each of its first items. What is not there is not quoted."""
    path = wanted.path.text
    source = path.partition(".")[0]
    values = value if isinstance(value, list) else [value]
    quotes = []
    for item in values[:_QUOTES_PER_PATH]:
        if item is None or item in ("", [], {}):
            continue
        fields = {**facts, **item, "value": item} if isinstance(item, Mapping) else {**facts, "value": item}
        text = wording.fill(wanted.says, fields)
        quotes.append({"source": source, "path": path, "value": item, "quote": text})
    return quotes
