"""Calls at the same time end when the time is over."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.together import in_background, run_together


def test_what_has_not_ended_is_missing_and_what_has_is_kept() -> None:
    def fail() -> int:
        raise KeyError("x")

    start = time.monotonic()
    found = run_together({"slow": lambda: time.sleep(20) or 1, "fast": lambda: 2, "bad": fail}, 0.3)
    assert time.monotonic() - start < 0.6
    assert set(found) == {"fast", "bad"}
    assert found["fast"].value == 2
    assert isinstance(found["bad"].error, KeyError)


def test_a_thread_that_cannot_start_is_a_failed_call(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    found = run_together({"a": lambda: 1}, 1)
    assert str(found["a"].error) == "can't start new thread"


def test_a_background_call_never_keeps_the_process_alive() -> None:
    release = threading.Event()
    future = in_background(release.wait, "waits")
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "runbooks-waits"]
    assert thread.daemon
    release.set()
    assert future.result(2) is True
