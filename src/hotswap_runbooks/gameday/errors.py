"""What goes wrong in a practice environment, said in one sentence with the next step."""

from __future__ import annotations


class PracticeError(Exception):
    """A failure a person can act on: ``message`` says what failed on what, ``hint`` is the next step."""

    def __init__(self, message: str, hint: str = "", exit_code: int = 1) -> None:
        super().__init__(f"{message} {hint}".rstrip())
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
