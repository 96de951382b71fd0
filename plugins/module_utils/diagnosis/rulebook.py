# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules and remedies together, read once per process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.remedies import Remedy, load_remedies
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.rule_files import load_rules, read_entries
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.rules import Rule
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput

FILES = Path(__file__).parents[3] / "roles" / "triage" / "files"


@dataclass(frozen=True)
class Rulebook:
    """Everything a diagnosis knows; ``remedies`` by name."""

    rules: tuple[Rule, ...]
    remedies: Mapping[str, Remedy]


def load_rulebook(extra: Any = None, rules: str | None = None, remedies: str | None = None) -> Rulebook:
    """The collection's rules, changed and extended by ``extra``.

    ``extra`` is a list, or one item, of rules written out and of paths of files with rules; a later one replaces an
    earlier one of the same id. Raises BadInput with the file, the rule and what is wrong.
    """
    rules = rules or str(FILES / "rules.yml")
    remedies = remedies or str(FILES / "remedies.yml")
    if not extra:
        return _own(rules, remedies, _stamp(rules), _stamp(remedies))
    known = load_remedies(remedies, read_entries(remedies, "remedies"))
    origins = [(rules, read_entries(rules, "rules")), *_extra(extra)]
    return Rulebook(tuple(load_rules(origins, known)), known)


def _extra(extra: Any) -> Iterable[tuple[str, list[Any]]]:
    written: list[Any] = []
    for item in extra if isinstance(extra, list) else [extra]:
        if isinstance(item, str):
            yield item, read_entries(item, "rules")
        elif isinstance(item, Mapping):
            written.append(item)
        else:
            raise BadInput(
                f"triage_extra_rules: {item!r} is neither a rule nor the path of a file with rules.",
                "Give a list of rules, or of paths.",
            )
    if written:
        yield "triage_extra_rules", written


@lru_cache(maxsize=4)
def _own(rules: str, remedies: str, *_stamps: int) -> Rulebook:
    known = load_remedies(remedies, read_entries(remedies, "remedies"))
    return Rulebook(tuple(load_rules([(rules, read_entries(rules, "rules"))], known)), known)


def _stamp(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0
