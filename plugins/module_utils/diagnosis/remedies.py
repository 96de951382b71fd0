# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be done about a cause: the playbook that does it, or the runbook's own steps with the real names in.

A remedy is data: ``name``, ``title``, ``built`` (is there a playbook of that name) and ``manual``, the steps. A step is
a text with ``{fields}``, or ``{each: field, step: text}`` which is repeated for every value of a field that is a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.cards import playbook_command
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.wording import fill_command
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput

_KEYS = frozenset({"name", "title", "built", "manual"})


@dataclass(frozen=True)
class Remedy:
    """What a playbook of this name does, or what a person does until there is one."""

    name: str
    title: str
    built: bool
    manual: tuple[str | Mapping[str, str], ...]


def load_remedies(origin: str, entries: Iterable[Any]) -> dict[str, Remedy]:
    """Remedies by name. Raises BadInput with the origin, the remedy and what is wrong with it."""
    remedies: dict[str, Remedy] = {}
    for position, entry in enumerate(entries, start=1):
        name = str(entry["name"]) if isinstance(entry, Mapping) and entry.get("name") else f"number {position}"
        problem = _problem(entry, remedies)
        if problem:
            raise BadInput(f"{origin}: remedy {name}: {problem}.", "Correct the remedy; docs/triage.md has the format.")
        remedies[name] = Remedy(name, entry["title"], entry["built"], tuple(entry.get("manual") or ()))
    return remedies


def _problem(entry: Any, known: Mapping[str, Remedy]) -> str:
    if not isinstance(entry, Mapping):
        return "it is not a mapping of keys to values"
    if unknown := sorted(str(key) for key in set(entry) - _KEYS):
        return f"it has the unknown key `{unknown[0]}`"
    for key, kind in (("name", str), ("title", str), ("built", bool)):
        if not isinstance(entry.get(key), kind):
            return f"it has no fitting `{key}`"
    if entry["name"] in known:
        return "the same name is used twice"
    steps = entry.get("manual") or []
    if not isinstance(steps, list) or not all(is_step(step) for step in steps):
        return "`manual` must be a list of texts, or of mappings with `each` and `step`"
    return ""


def is_step(step: Any) -> bool:
    """Whether this is a manual step: a text, or ``{each, step}``."""
    if isinstance(step, Mapping):
        return set(step) == {"each", "step"} and all(isinstance(value, str) for value in step.values())
    return isinstance(step, str)


def steps(manual: Iterable[str | Mapping[str, str]], names: Mapping[str, Any]) -> list[str]:
    """The commands a person types, with every known name filled in and quoted for a shell."""
    lines: list[str] = []
    for step in manual:
        if isinstance(step, str):
            lines.append(fill_command(step, names))
            continue
        values = names.get(step["each"])
        each = values if isinstance(values, list) and values else [None]
        lines += [fill_command(step["step"], {**names, step["each"]: value}) for value in each]
    # A person's own kubectl may stand on another cluster.
    program = f"{names.get('kubectl') or 'kubectl'} "
    return [program + line.removeprefix("kubectl ") if line.startswith("kubectl ") else line for line in lines]


def command(remedy: Remedy, service: Mapping[str, Any], variables: Mapping[str, str] | None = None) -> str | None:
    """The command line that runs a remedy's playbook for this service; None when there is no playbook yet."""
    if not remedy.built:
        return None
    folder = str(service.get("playbook_dir") or "playbooks").rstrip("/")
    inventory = service.get("inventory") or []
    inventories = [inventory] if isinstance(inventory, str) else inventory
    return playbook_command(
        f"{folder}/{remedy.name}.yml", inventories, service.get("host") or service["name"], variables
    )
