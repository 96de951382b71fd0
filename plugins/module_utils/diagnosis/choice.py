# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which remedy a report calls for, and why a person must go on where it calls for none. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def choose_remedy(report: Mapping[str, Any]) -> dict[str, str]:
    """``{remedy, cause, why_not, resumes}``: the playbook for the first cause, or one sentence why there is none.

    ``remedy`` is empty where a person must decide: no cause, causes that explain it equally well but call for
    different remedies, or a remedy that is no playbook yet. ``resumes`` is what an earlier run has changed already,
    where nothing but the proof of recovery is left to do.
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
    if not all(cause["command"] for cause in first):
        return _none(says, "There is no playbook for this remedy yet; follow the steps above by hand.")
    return {"remedy": remedies.pop(), "cause": says, "why_not": "", "resumes": ""}


def _none(cause: str, why_not: str) -> dict[str, str]:
    return {"remedy": "", "cause": cause, "why_not": f"Nothing was changed. {why_not}", "resumes": ""}
