"""Breaking waits until the fault shows."""

from __future__ import annotations

from typing import Any

import pytest

from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.faults import fault as module
from hotswap_runbooks.gameday.faults.fault import Expectation, Fault

EXPECT = Expectation("down", "sev-1", "complete outage", ("own",), None, "heal")
ANYWHERE: Any = None  # these steps need no environment


def _fault(steps: list[Any], visible: list[Any]) -> Fault:
    return Fault("own", "a fault", "It broke.", tuple(steps), tuple(visible), EXPECT, ())


def test_breaking_ends_when_everything_shows() -> None:
    done: list[str] = []
    missing = iter(["not yet", "not yet", ""])
    notes: list[str] = []
    _fault([lambda _: done.append("broken")], [lambda _: next(missing)]).apply(ANYWHERE, notes.append)
    assert done == ["broken"]
    assert notes == ["not yet", "not yet"]


def test_a_fault_that_does_not_show_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "VISIBLE_WITHIN_S", 0.0)
    with pytest.raises(PracticeError, match="own does not show after 0 s: 3 pods are ready, not 0"):
        _fault([], [lambda _: "", lambda _: "3 pods are ready, not 0"]).apply(ANYWHERE)
