"""What the person on call sees."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.hotswap.runbooks.plugins.callback.oncall import CallbackModule


class Screen:
    verbosity = 0

    def __init__(self):
        self.lines = []

    def display(self, text, color=None, **_more):
        self.lines.append(text)


@pytest.fixture
def screen():
    return Screen()


@pytest.fixture
def oncall(screen):
    callback = CallbackModule()
    callback._display = screen
    return callback


def result(answer, *, action="hotswap.runbooks.triage", name="triage : Read", check_mode=False, host="api", loop=None):
    task = SimpleNamespace(
        action=action, check_mode=check_mode, no_log=False, loop=loop, _uuid="1", get_name=lambda: name
    )
    named = SimpleNamespace(get_name=lambda: host, __str__=lambda: host)
    return SimpleNamespace(_result=answer, _task=task, _host=named)


def test_messages_are_plain_lines(oncall, screen):
    oncall.v2_runner_on_ok(result({"msg": ["SEV-2 · api is degraded", "Cause: a\nb"]}, action="ansible.builtin.debug"))
    assert screen.lines == ["SEV-2 · api is degraded", "Cause: a", "b"]


def test_controls_never_reach_the_terminal(oncall, screen):
    oncall.v2_runner_on_ok(result({"msg": ["a\x1b[31mred\x07 \u202eb"]}, action="ansible.builtin.debug"))
    assert screen.lines == ["a[31mred b"]


def test_a_failure_is_one_line_with_the_sentence_and_the_next_step(oncall, screen):
    oncall.v2_runner_on_failed(result({"failed": True, "msg": "It is gone.\nLook there."}))
    assert screen.lines == ["FAILED: Read: It is gone. Look there."]


def test_an_ignored_failure_is_silent_unless_asked_for(oncall, screen):
    oncall.v2_runner_on_failed(result({"failed": True, "msg": "x"}), ignore_errors=True)
    assert screen.lines == []


def test_a_change_tells_its_summary(oncall, screen):
    oncall.v2_runner_on_ok(result({"changed": True, "summary": "Rolled back."}))
    assert screen.lines == ["changed: Read: Rolled back."]


def test_a_plan_inside_a_real_run_is_not_called_a_change(oncall, screen):
    oncall.v2_runner_on_ok(result({"changed": True, "summary": "Would roll back."}, check_mode=True))
    assert screen.lines == []


def test_steps_that_changed_nothing_are_silent_unless_asked_for(oncall, screen):
    oncall.v2_runner_on_ok(result({"changed": False}))
    assert screen.lines == []
    screen.verbosity = 1
    oncall.v2_runner_on_ok(result({"changed": False}))
    assert screen.lines == ["ok: Read"]


def test_with_several_services_each_line_names_its_own(oncall, screen):
    oncall._hosts = 2
    oncall.v2_runner_on_ok(result({"msg": ["down"]}, action="ansible.builtin.debug", host="web"))
    assert screen.lines == ["[web] down"]


def test_a_warning_of_the_plan_is_shown_once_and_before_the_decision(oncall, screen):
    answer = {"changed": True, "summary": "Rolled back", "warnings": ["It belongs to Helm,\nwhich changes it back."]}
    oncall.v2_runner_on_ok(result(answer, name="rollback : Plan", check_mode=True))
    oncall.v2_runner_on_ok(result(answer, name="rollback : Go back"))
    assert screen.lines == [
        "WARNING: It belongs to Helm, which changes it back.",
        "changed: Go back: Rolled back",
    ]
