# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one error tree: what failed, on what, and what to do next."""

from __future__ import annotations

from typing import Any, ClassVar


class RunbookError(Exception):
    """A failure that a person can act on.

    ``message`` is one sentence naming what failed and on what; ``hint`` is the next step; ``facts`` are
    plain values that a playbook can branch on.
    """

    error_class: ClassVar[str]

    def __init__(self, message: str, hint: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = facts

    def as_result(self) -> dict[str, Any]:
        """The failure as an Ansible result: ``msg`` for the person, ``error_class`` for the playbook."""
        text = f"{self.message} {self.hint}".rstrip()
        return {"msg": text, "error_class": self.error_class, "hint": self.hint, "facts": dict(self.facts)}


class Unreachable(RunbookError):
    """Nothing answered: refused, no route, no name, TLS not trusted."""

    error_class = "unreachable"


class Throttled(RunbookError):
    """The server asked for patience until the retry budget was used up."""

    error_class = "throttled"


class Denied(RunbookError):
    """The server knows us, or refuses to, and says no."""

    error_class = "denied"


class NotFound(RunbookError):
    """The named thing does not exist where it was looked for."""

    error_class = "not_found"


class Conflict(RunbookError):
    """Somebody else keeps changing the same thing."""

    error_class = "conflict"


class Precondition(RunbookError):
    """The state of the world forbids the step."""

    error_class = "precondition"


class Partial(RunbookError):
    """Some of it was done or read, not all."""

    error_class = "partial"


class TimedOut(RunbookError):
    """The deadline passed before an answer or a result."""

    error_class = "timeout"


class BadInput(RunbookError):
    """What the person wrote cannot be meant."""

    error_class = "bad_input"


ERROR_CLASSES: tuple[str, ...] = tuple(kind.error_class for kind in RunbookError.__subclasses__())
