"""A fault as its file describes it."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.faults import conditions, healthy, verbs

if TYPE_CHECKING:
    from hotswap_runbooks.gameday.environment import Environment

FOLDER = Path(__file__).parent
VISIBLE_WITHIN_S = 45.0
STATUSES = ("healthy", "degraded", "down")
SEVERITIES = ("sev-1", "sev-2", "sev-3", "sev-4")
PATTERNS = ("sudden spike in errors", "gradual degradation", "complete outage", "intermittent failures")
WAYS_BACK = ("rollback", "resources", "config", "restart", "heal")
ACCESSES = ("responder", "reader")

Step = Callable[["Environment"], Any]
Note = Callable[[str], None]


@dataclass(frozen=True)
class Refusal:
    """A playbook that must refuse to act here, and the words in which it says why and what to do next."""

    playbook: str
    says: tuple[str, ...]
    given: Mapping[str, Any] = field(default_factory=dict)  # more variables of the run
    access: str = "responder"  # as whom it runs


@dataclass(frozen=True)
class Expectation:
    """What triage must say, and what must be done."""

    status: str
    severity: str | None
    pattern: str | None
    causes: tuple[str, ...]
    remedy: str | None  # the playbook, also where only its manual steps exist
    recovers_with: str | None  # the playbook that ends it here, or `heal`
    given: Mapping[str, Any] = field(default_factory=dict)  # variables without which that playbook refuses
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Fault:
    """What breaks, when it shows, what triage must find, and when it is over."""

    name: str
    summary: str
    says: str
    steps: tuple[Step, ...]
    visible_when: tuple[Step, ...]
    expect: Expectation
    recovered_when: tuple[Step, ...]

    def apply(self, environment: Environment, note: Note = lambda _: None) -> None:
        """Break it and wait until it shows; PracticeError with what is still missing when it does not."""
        for step in self.steps:
            step(environment)
        deadline = time.monotonic() + VISIBLE_WITHIN_S
        while missing := self.unseen(environment):
            if time.monotonic() > deadline:
                raise PracticeError(
                    f"The fault {self.name} does not show after {VISIBLE_WITHIN_S:.0f} s: {missing}.",
                    "Another fault may be in its way: `runbook gameday heal` ends every fault.",
                )
            note(missing)
            time.sleep(0.3)

    def unseen(self, environment: Environment) -> str:
        """What is still missing for the fault to show; empty when it shows."""
        return _first(self.visible_when, environment)

    def unrecovered(self, environment: Environment) -> str:
        """What still shows of the fault; empty when the service has recovered."""
        return _first(self.recovered_when, environment)

    def heal(self, environment: Environment, note: Note = lambda _: None) -> None:
        """Undo this fault, and any other."""
        healthy.heal(environment, note)


def load() -> dict[str, Fault]:
    """All faults by name, the healthy one last."""
    faults = [parse(file.stem, yaml.safe_load(file.read_text(encoding="utf-8"))) for file in FOLDER.glob("*.yml")]
    return {fault.name: fault for fault in sorted(faults, key=lambda fault: (fault.name == "none", fault.name))}


def parse(name: str, raw: Mapping[str, Any]) -> Fault:
    """The fault in one file's content; ValueError names the file and what is wrong in it."""
    known = {"summary", "says", "break", "visible_when", "expect", "recovered_when"}
    if raw.keys() != known:
        raise ValueError(f"{name}: needs exactly the keys {', '.join(sorted(known))}")
    return Fault(
        name=name,
        summary=raw["summary"],
        says=raw["says"].strip(),
        steps=_steps(name, raw["break"], vars(verbs)),
        visible_when=_steps(name, raw["visible_when"], vars(conditions)),
        expect=_expectation(name, raw["expect"]),
        recovered_when=_steps(name, raw["recovered_when"], vars(conditions)),
    )


def _expectation(name: str, raw: Mapping[str, Any]) -> Expectation:
    refusals = tuple(_refusal(name, refusal) for refusal in raw.get("refusals", ()))
    expected = Expectation(**{**raw, "causes": tuple(raw["causes"]), "refusals": refusals})
    for value, allowed in (
        (expected.status, STATUSES),
        (expected.severity, (*SEVERITIES, None)),
        (expected.pattern, (*PATTERNS, None)),
        (expected.recovers_with, (*WAYS_BACK, None)),
    ):
        if value not in allowed:
            raise ValueError(f"{name}: {value!r} is none of {', '.join(map(str, allowed))}")
    return expected


def _refusal(name: str, raw: Mapping[str, Any]) -> Refusal:
    if not {"playbook", "says"} <= raw.keys() <= {"playbook", "says", "given", "access"}:
        raise ValueError(f"{name}: a refusal needs a playbook and what it says")
    refusal = Refusal(**{**raw, "says": tuple(raw["says"])})
    if refusal.access not in ACCESSES:
        raise ValueError(f"{name}: {refusal.access!r} is none of {', '.join(ACCESSES)}")
    return refusal


def _steps(name: str, raw: list[dict[str, Any]], functions: Mapping[str, Any]) -> tuple[Step, ...]:
    return tuple(_step(name, word, arguments or {}, functions) for item in raw for word, arguments in item.items())


def _step(name: str, word: str, arguments: dict[str, Any], functions: Mapping[str, Any]) -> Step:
    function = functions.get(word)
    if word.startswith("_") or not inspect.isfunction(function):
        raise ValueError(f"{name}: there is no {word!r}")
    try:
        inspect.signature(function).bind(None, **arguments)
    except TypeError as error:
        raise ValueError(f"{name}: {word}: {error}") from error
    return lambda environment: function(environment, **arguments)


def _first(checks: tuple[Step, ...], environment: Environment) -> str:
    return next((missing for check in checks if (missing := check(environment))), "")
