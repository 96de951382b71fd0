from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import TimedOut


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def deadline(clock):
    return Deadline(10, clock=clock, sleep=clock.sleep)


def test_a_call_may_take_what_is_left_at_most(clock, deadline):
    assert deadline.timeout(3) == 3
    clock.now += 8
    assert deadline.timeout(3) == 2


def test_when_nothing_is_left_the_caller_is_told_what_it_was_doing(clock, deadline):
    clock.now += 11
    assert deadline.expired()
    assert deadline.remaining() == 0
    with pytest.raises(TimedOut, match="The deadline of 10 s passed while listing pods"):
        deadline.timeout(3, "listing pods")


def test_sleep_ends_at_the_deadline(clock, deadline):
    deadline.sleep(60)
    assert clock.now == 110
    assert deadline.elapsed() == 10
