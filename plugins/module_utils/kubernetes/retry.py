# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a request is sent again, and after how long: full jitter, inside a budget of attempts and seconds."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import RunbookError


class Failure(Enum):
    """What went wrong with one attempt, as far as sending it again goes."""

    THROTTLED = "throttled"  # refused before it was worked on
    NOT_SENT = "not sent"  # no connection: nothing arrived
    UNKNOWN = "unknown"  # it may have been done: 5xx, reset, no answer
    FINAL = "final"  # sending it again changes nothing


class AttemptFailed(Exception):
    """One attempt failed with ``error``; ``retry_after`` is the server's hint in seconds."""

    def __init__(self, error: RunbookError, failure: Failure, retry_after: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.failure = failure
        self.retry_after = retry_after


@dataclass(frozen=True)
class Budget:
    """How often and how long one request is tried. A refused connection answers at once and seldom changes soon."""

    attempts: int = 5
    connects: int = 2
    seconds: float = 30.0
    base: float = 0.1
    cap: float = 5.0


@dataclass
class Attempts:
    """The state of one request's attempts; ``uncertain`` once an attempt may have been done without our knowing."""

    budget: Budget
    deadline: Deadline
    draw: Callable[[float, float], float] = random.uniform
    made: int = 0
    uncertain: bool = False

    def __post_init__(self) -> None:
        self._started = self.deadline.elapsed()

    def pause_after(self, failed: AttemptFailed, idempotent: bool) -> float | None:
        """Seconds to wait before the next attempt, or None when there is none."""
        self.made += 1
        if failed.failure is Failure.UNKNOWN:
            self.uncertain = True
        if failed.failure is Failure.FINAL or (failed.failure is Failure.UNKNOWN and not idempotent):
            return None
        if self.made >= (self.budget.connects if failed.failure is Failure.NOT_SENT else self.budget.attempts):
            return None
        pause = self.draw(0.0, min(self.budget.cap, self.budget.base * 2**self.made))
        if failed.retry_after is not None:
            # Never before the server asked; the jitter on top keeps many clients from coming back together.
            pause += failed.retry_after
        spent = self.deadline.elapsed() - self._started
        if pause >= self.deadline.remaining() or spent + pause > self.budget.seconds:
            return None
        return pause
