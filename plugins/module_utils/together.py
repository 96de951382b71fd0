# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Several calls at the same time, bounded by time and not by the slowest of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Finished(Generic[T]):
    """How one call ended: with a ``value``, or with the ``error`` it raised, after ``took_ms`` milliseconds."""

    value: T | None
    error: BaseException | None
    took_ms: int


def in_background(call: Callable[[], T], name: str = "background") -> Future[T]:
    """Run ``call`` in a daemon thread: it holds up neither the caller nor the end of the process.

    That holds even for a call that is stuck inside a library and cannot be interrupted.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            value = call()
        except BaseException as error:  # noqa: BLE001  whatever it is, it belongs to this call alone
            future.set_exception(error)
        else:
            future.set_result(value)

    try:
        threading.Thread(target=run, name=f"runbooks-{name}", daemon=True).start()
    except RuntimeError as error:  # no thread left to start
        future.set_exception(error)
    return future


def run_together(calls: Mapping[str, Callable[[], T]], seconds: float) -> dict[str, Finished[T]]:
    """Run all ``calls`` at once and return after ``seconds`` at the latest.

    A call that has not ended by then is missing from the answer.
    """
    end = time.monotonic() + seconds
    futures = {name: in_background(_timed(call), name) for name, call in calls.items()}
    done, _ = wait(futures.values(), timeout=max(0.0, end - time.monotonic()))
    return {name: _finished(future) for name, future in futures.items() if future in done}


def _timed(call: Callable[[], T]) -> Callable[[], Finished[T]]:
    def run() -> Finished[T]:
        start = time.monotonic()
        value: T | None = None
        error: BaseException | None = None
        try:
            value = call()
        except BaseException as caught:  # noqa: BLE001  kept as the outcome of this call
            error = caught
        return Finished(value, error, round((time.monotonic() - start) * 1000))

    return run


def _finished(future: Future[Finished[T]]) -> Finished[T]:
    error = future.exception()
    return Finished(None, error, 0) if error is not None else future.result()
