# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which remedy a report calls for, and why a person must go on where it calls for none. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


def choose_remedy(report: Mapping[str, Any], given: Collection[str] = ()) -> dict[str, Any]:
    """``{remedy, cause, why_not, resumes, variables}``: the playbook for the first cause, or why there is none.

    ``remedy`` is empty where a person must decide: no cause, causes that explain it equally well but call for
    different remedies, a remedy that is no playbook yet or that the evidence speaks against, or a value that only a
    person knows and that is not among the variables ``given``. ``variables`` are what the evidence proposes for the
    playbook. ``resumes`` is what an earlier run has changed already, where nothing but the proof of recovery is left.
    """
    first = [cause for cause in report["causes"] if cause["rank"] == 1]
    says = " / ".join(cause["says"] for cause in first)
    done = next((found["says"] for found in report.get("findings", ()) if found["id"] == "just_rolled_back"), "")
    if not first and done:
        why_not = "The workload was rolled back already. What is left is the proof: run verify.yml."
        return {**_none("", why_not), "resumes": done}
    if not first:
        return _none("", "No cause was found. Look at the findings above, and run the triage again in a minute.")
    remedies = {cause["remedy"] or "" for cause in first}
    if len(remedies) > 1:
        return _none(
            says, f"{len(first)} causes explain it equally well and call for different remedies; choose one above."
        )
    proposal = first[0].get("proposal") or {}
    notes = [str(note) for note in proposal.get("notes") or ()]
    if proposal.get("stop"):
        return _none(says, " ".join([proposal["stop"], *notes]))
    if not all(cause["command"] for cause in first):
        return _none(says, "There is no playbook for this remedy yet; follow the steps above by hand.")
    missing = [need for need in proposal.get("needs") or () if need not in given]
    if missing:
        asked = f"{says.rstrip('.')}. Only a person knows what is right ({', '.join(missing)}):"
        return _none(says, " ".join([asked, first[0]["command"], *notes]))
    cause = "\n".join([says, *notes])
    variables = dict(proposal.get("variables") or {})
    return {"remedy": remedies.pop(), "cause": cause, "why_not": "", "resumes": "", "variables": variables}


def _none(cause: str, why_not: str) -> dict[str, Any]:
    return {"remedy": "", "cause": cause, "why_not": f"Nothing was changed. {why_not}", "resumes": "", "variables": {}}
