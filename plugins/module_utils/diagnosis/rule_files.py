# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a team writes: rules read from YAML and checked before anything hangs on them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis import wording
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.remedies import is_step
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.rules import (
    KINDS,
    PATTERNS,
    ROOTS,
    SEVERITIES,
    STATUSES,
    Expression,
    Quote,
    Rule,
    Support,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput

_ID = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_KEYS = frozenset(field.name for field in fields(Rule))
_FOR_CAUSES = ("remedy", "manual", "weight", "supports", "explains")


def read_entries(path: str, key: str) -> list[Any]:
    """The list in a YAML file, at its top or under ``key``. Raises BadInput when there is none."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        with Path(path).open(encoding="utf-8") as file:
            content = yaml.load(file, Loader=loader)  # noqa: S506 - one of the two safe loaders
    except OSError as error:
        raise BadInput(f"The file {path} cannot be read: {error.strerror}.", f"Check the path of the {key}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())
        raise BadInput(f"The file {path} is not valid YAML: {said}.", "Correct the file.") from error
    entries = content.get(key) if isinstance(content, Mapping) else content
    if not isinstance(entries, list):
        raise BadInput(f"The file {path} has no list of {key}.", f"Write a YAML list, at the top or under `{key}:`.")
    return entries


def load_rules(origins: Iterable[tuple[str, Iterable[Any]]], remedies: Iterable[str]) -> list[Rule]:
    """Rules from several origins, ``(where they were written, entries)``.

    A later origin replaces a rule of the same id as a whole; within one origin an id is used once. Raises BadInput
    with the origin, the rule's id and what is wrong with it.
    """
    rules: dict[str, tuple[str, Rule]] = {}
    known_remedies = tuple(remedies)
    for origin, entries in origins:
        own: set[str] = set()
        for position, entry in enumerate(entries, start=1):
            rule = _Reading(origin, entry, position, known_remedies).rule()
            if rule.id in own:
                raise _wrong(origin, rule.id, "the same id is used twice in one place", "Give each rule its own id.")
            own.add(rule.id)
            rules[rule.id] = (origin, rule)
    for origin, rule in rules.values():
        for explained in rule.explains:
            if explained not in rules:
                raise _wrong(origin, rule.id, f"it explains `{explained}`, and no rule has that id")
    return [rule for _, rule in rules.values() if rule.enabled]


def _wrong(
    origin: str, name: str, what: str, hint: str = "Correct the rule; docs/triage.md has the format."
) -> BadInput:
    return BadInput(f"{origin}: rule {name}: {what}.", hint, file=origin, rule=name)


class _Reading:
    """One entry on its way to a rule: every complaint names where it stands."""

    def __init__(self, origin: str, entry: Any, position: int, remedies: tuple[str, ...]) -> None:
        self.origin = origin
        self.remedies = remedies
        self.name = f"number {position}"
        if not isinstance(entry, Mapping):
            raise self.wrong("it is not a mapping of keys to values")
        self.entry = entry
        if isinstance(entry.get("id"), str):
            self.name = f"`{entry['id']}`"

    def wrong(self, what: str) -> BadInput:
        return _wrong(self.origin, self.name, what)

    def rule(self) -> Rule:
        unknown = sorted(str(key) for key in set(self.entry) - _KEYS)
        if unknown:
            raise self.wrong(f"it has the unknown key `{unknown[0]}`; known are {', '.join(sorted(_KEYS))}")
        kind = self.choice("kind", KINDS) or "cause"
        rule = Rule(
            id=self.identity(),
            kind=kind,
            when=self.expression("when", self.text("when", required=True)),
            says=self.text("says", required=True),
            unless=self.expression("unless", self.text("unless")) if "unless" in self.entry else None,
            facts={name: self.expression(f"facts.{name}", text) for name, text in self.mapping("facts").items()},
            quotes=tuple(self.quote(index, item) for index, item in enumerate(self.items("quotes"))),
            pattern=self.choice("pattern", PATTERNS),
            severity=self.choice("severity", SEVERITIES),
            status=self.choice("status", STATUSES),
            remedy=self.choice("remedy", self.remedies),
            manual=tuple(self.step(index, item) for index, item in enumerate(self.items("manual"))),
            weight=self.points("weight", self.entry.get("weight", 50)),
            supports=tuple(self.support(index, item) for index, item in enumerate(self.items("supports"))),
            explains=tuple(self.string("explains", item) for item in self.items("explains")),
            enabled=self.flag("enabled"),
        )
        if kind != "cause":
            for key in _FOR_CAUSES:
                if key in self.entry:
                    raise self.wrong(f"`{key}` is for causes, and this is a {kind}")
        self.known_fields(rule)
        return rule

    def identity(self) -> str:
        name = self.text("id", required=True)
        if not _ID.match(name):
            raise self.wrong("its id must be lower-case letters, digits and underscores")
        return name

    def text(self, key: str, *, required: bool = False) -> str:
        if key not in self.entry:
            if required:
                raise self.wrong(f"it has no `{key}`")
            return ""
        return self.string(key, self.entry[key])

    def string(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(f"`{key}` must be a text, not {value!r}")
        return value.strip()

    def choice(self, key: str, allowed: tuple[str, ...]) -> str | None:
        value = self.entry.get(key)
        if value is None:
            return None
        if value not in allowed:
            raise self.wrong(f"its {key} {value!r} is unknown; known are {', '.join(allowed)}")
        return str(value)

    def items(self, key: str) -> list[Any]:
        value = self.entry.get(key) or []
        if not isinstance(value, list):
            raise self.wrong(f"`{key}` must be a list")
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        value = self.entry.get(key) or {}
        if not isinstance(value, Mapping):
            raise self.wrong(f"`{key}` must be a mapping of names to expressions")
        return {str(name): item for name, item in value.items()}

    def flag(self, key: str) -> bool:
        value = self.entry.get(key, True)
        if not isinstance(value, bool):
            raise self.wrong(f"`{key}` must be true or false, not {value!r}")
        return value

    def points(self, key: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100:
            raise self.wrong(f"`{key}` must be a whole number from 0 to 100, not {value!r}")
        return value

    def expression(self, key: str, text: Any) -> Expression:
        from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis import language

        written = self.string(key, text)
        try:
            tree = language.parse(written)
        except ValueError as error:
            raise self.wrong(f"`{key}` is not valid JMESPath ({error}): {written}") from error
        strangers = sorted(language.roots(tree) - set(ROOTS))
        if strangers:
            raise self.wrong(f"`{key}` looks into `{strangers[0]}`, and evidence has only {', '.join(ROOTS)}")
        return Expression(written, tree)

    def quote(self, index: int, item: Any) -> Quote:
        if not isinstance(item, Mapping) or set(item) - {"path", "says"} or "path" not in item:
            raise self.wrong(f"`quotes[{index}]` must have a `path` and may have `says`")
        path = self.expression(f"quotes[{index}].path", item["path"])
        return Quote(path, self.string(f"quotes[{index}].says", item.get("says", "{value}")))

    def support(self, index: int, item: Any) -> Support:
        if not isinstance(item, Mapping) or set(item) != {"when", "weight"}:
            raise self.wrong(f"`supports[{index}]` must have a `when` and a `weight`")
        where = f"supports[{index}]"
        return Support(self.expression(f"{where}.when", item["when"]), self.points(f"{where}.weight", item["weight"]))

    def step(self, index: int, item: Any) -> Any:
        if not is_step(item):
            raise self.wrong(f"`manual[{index}]` must be a text, or a mapping with `each` and `step`")
        return item

    def known_fields(self, rule: Rule) -> None:
        for name in wording.fields_of(rule.says):
            if name not in rule.facts:
                raise self.wrong(f"`says` asks for {{{name}}}, which is not among its facts")
