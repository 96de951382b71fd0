# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person reads before and after a change, as plain lines. Pure functions."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

_LABEL_WIDTH = 12


def labelled(label: str, text: str) -> str:
    """``  Cause     The release …``; further lines of the text are indented below the first."""
    first, *rest = text.splitlines() or [""]
    indent = " " * (_LABEL_WIDTH + 2)
    return "\n".join([f"  {label:<{_LABEL_WIDTH}}{first}", *(f"{indent}{line}" for line in rest)])


def undo_card(plan: Mapping[str, Any], cause: str, risk: str) -> list[str]:
    """The card a person decides on: cause, change, risk and undo.

    ``plan`` is the result of the module that will make the change, from check mode: ``summary`` and ``undo`` count.
    """
    change = str(plan.get("summary", "")).removeprefix("Would ")
    return [
        "",
        "-- Undo card " + "-" * 59,
        labelled("Cause", cause),
        labelled("Change", change[:1].upper() + change[1:]),
        labelled("Risk", risk),
        labelled("Undo", str(plan.get("undo", ""))),
        "-" * 72,
    ]


def recovery_card(
    service: str, cause: str, change: Mapping[str, Any], verification: Mapping[str, Any], notes: Sequence[str] = ()
) -> list[str]:
    """What happened, in the words a person would pass on: cause, change, proof, undo and what is left to do."""
    lines = [
        "",
        f"RECOVERED  {service} is healthy again.",
        labelled("Cause", cause),
        labelled("Changed", str(change.get("summary", "nothing"))),
    ]
    lines += [labelled("Proof" if index == 0 else "", says) for index, says in enumerate(verification.get("proof", []))]
    if verification.get("not_checked"):
        # Recovered as far as anybody looked: the rest must not pass for proved.
        lines.append(labelled("Not checked", f"{', '.join(verification['not_checked'])} (no source is configured)"))
    if change.get("undo"):
        lines.append(labelled("Undo", str(change["undo"])))
    lines += [labelled("Left to do" if index == 0 else "", note) for index, note in enumerate(notes)]
    return lines


def playbook_command(
    playbook: str, inventories: Sequence[str], limit: str, variables: Mapping[str, Any] | None = None
) -> str:
    """The exact shell command that runs ``playbook`` for one service, quoted for a shell."""
    words = ["ansible-playbook", playbook]
    for inventory in inventories:
        words += ["-i", str(inventory)]
    words += ["--limit", limit]
    for name, value in (variables or {}).items():
        # Ansible splits a bare name=value at the first blank; anything but plain words goes as JSON.
        plain = re.fullmatch(r"[\w./:@,+-]*", str(value))
        words += ["-e", f"{name}={value}" if plain else json.dumps({name: _unrun(value)}, ensure_ascii=False)]
    return shlex.join(words)


def _unrun(value: Any) -> Any:
    """Ansible runs what stands in braces in an extra variable, also where it was read from an object or a log."""
    runs = isinstance(value, str) and any(brace in value for brace in ("{{", "{%", "{#"))
    return {"__ansible_unsafe": value} if runs else value
