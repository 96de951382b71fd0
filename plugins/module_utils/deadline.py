# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run ends at its deadline, not at the sum of the timeouts of what it calls."""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import TimedOut


class Deadline:
    """A point in monotonic time, ``seconds`` from now."""

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.seconds = float(seconds)
        self._clock = clock
        self._sleep = sleep
        self._end = clock() + self.seconds

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self._end - self._clock())

    def elapsed(self) -> float:
        """Seconds since the deadline was set."""
        return self.seconds - (self._end - self._clock())

    def expired(self) -> bool:
        return self.remaining() == 0.0

    def timeout(self, at_most: float, doing: str = "waiting") -> float:
        """Seconds one call may take: ``at_most``, cut to what is left. Raises TimedOut when nothing is left."""
        left = self.remaining()
        if left == 0.0:
            raise TimedOut(f"The deadline of {round(self.seconds, 2):g} s passed while {doing}.")
        return min(at_most, left)

    def sleep(self, seconds: float) -> None:
        """Sleep, but not past the deadline."""
        self._sleep(min(seconds, self.remaining()))
