"""When a request is sent again, and after how long."""

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.retry import (
    AttemptFailed,
    Attempts,
    Budget,
    Failure,
)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def attempts(deadline=60.0, draw=lambda low, high: high, **budget):
    clock = Clock()
    return Attempts(Budget(**budget), Deadline(deadline, clock=clock, sleep=clock.sleep), draw), clock


def failed(failure, retry_after=None):
    return AttemptFailed(Unreachable("gone"), failure, retry_after)


def pauses(failure, idempotent=True, deadline=60.0, retry_after=None, **budget):
    state, clock = attempts(deadline, **budget)
    found = []
    while (pause := state.pause_after(failed(failure, retry_after), idempotent)) is not None:
        found.append(pause)
        clock.sleep(pause)
    return found


def test_pauses_grow_up_to_a_cap():
    assert pauses(Failure.UNKNOWN, attempts=9, base=0.1, cap=1.0) == [0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.0, 1.0]


def test_jitter_is_full():
    drawn = []
    state, _ = attempts(draw=lambda low, high: drawn.append((low, high)) or 0.0)
    state.pause_after(failed(Failure.UNKNOWN), True)
    assert drawn == [(0.0, 0.2)]


def test_the_servers_hint_is_the_least_pause():
    assert pauses(Failure.THROTTLED, retry_after=3.0, attempts=3, base=0.1) == [3.2, 3.4]


@pytest.mark.parametrize(
    ("failure", "idempotent", "sent"),
    [
        (Failure.THROTTLED, False, 5),
        (Failure.THROTTLED, True, 5),
        (Failure.NOT_SENT, False, 2),
        (Failure.NOT_SENT, True, 2),
        (Failure.UNKNOWN, True, 5),
        (Failure.UNKNOWN, False, 1),
        (Failure.FINAL, True, 1),
    ],
)
def test_what_may_have_been_done_is_only_repeated_when_that_does_no_harm(failure, idempotent, sent):
    assert len(pauses(failure, idempotent)) + 1 == sent


def test_a_pause_that_would_outlast_the_deadline_is_not_begun():
    assert pauses(Failure.THROTTLED, deadline=2.0, retry_after=5.0) == []


def test_the_budget_of_seconds_ends_the_attempts():
    state, clock = attempts(600.0, attempts=99, seconds=25.0, base=0.0)
    sent = 1
    while (pause := state.pause_after(failed(Failure.THROTTLED, 10.0), True)) is not None:
        clock.sleep(pause)
        sent += 1
    assert sent == 3
    assert clock.now == 20.0


def test_an_uncertain_attempt_is_remembered():
    state, _ = attempts()
    state.pause_after(failed(Failure.THROTTLED), True)
    assert not state.uncertain
    state.pause_after(failed(Failure.UNKNOWN), True)
    assert state.uncertain
