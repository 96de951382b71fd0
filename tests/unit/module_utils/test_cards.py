"""What a person reads before and after a change."""

from __future__ import annotations

import json
import shlex

import pytest
from ansible.parsing.splitter import parse_kv
from ansible_collections.hotswap.runbooks.plugins.module_utils.cards import (
    labelled,
    playbook_command,
    recovery_card,
    undo_card,
)

PLAN = {"summary": "Would roll deployment/api back", "undo": "kubectl rollout undo deployment/api --to-revision=4"}


def test_the_undo_card_shows_cause_change_risk_and_undo():
    card = "\n".join(undo_card(PLAN, "The release crashes", "Requests may fail"))
    for line in ("Cause       The release crashes", "Change      Roll deployment/api back", "Risk        Requests may"):
        assert line in card
    assert "Undo        kubectl rollout undo deployment/api --to-revision=4" in card


def test_the_recovery_card_shows_the_proof_and_what_is_left_to_do():
    verification = {"proof": ["3 of 3 are available", "health answers 200"]}
    card = recovery_card(
        "api", "The release crashes", {**PLAN, "summary": "Rolled back"}, verification, ["Tell the team."]
    )
    assert card[1] == "RECOVERED  api is healthy again."
    assert card[4:6] == ["  Proof       3 of 3 are available", "              health answers 200"]
    assert card[-1] == "  Left to do  Tell the team."


def test_further_lines_are_indented_below_the_first():
    assert labelled("Cause", "one\ntwo") == "  Cause       one\n              two"


def test_the_command_survives_a_shell():
    command = playbook_command("/a b/x.yml", ["inv'entory", "other"], "api;rm", {"remediate": "auto"})
    assert shlex.split(command) == [
        "ansible-playbook",
        "/a b/x.yml",
        "-i",
        "inv'entory",
        "-i",
        "other",
        "--limit",
        "api;rm",
        "-e",
        "remediate=auto",
    ]


def test_a_value_of_several_words_reaches_the_playbook_as_one():
    said = playbook_command("x.yml", [], "web", {"reason": "restore the database", "remediate": "auto"})
    assert """-e '{"reason": "restore the database"}'""" in said
    assert said.endswith("-e remediate=auto")


@pytest.mark.parametrize(
    "value", ["200", "a=b", "", "two words", 'say "no"', "a\\nb", "ä", '{"a": [1]}', "@/etc/passwd"]
)
def test_a_variable_in_a_command_arrives_as_it_was(value):
    words = shlex.split(playbook_command("config.yml", [], "api", {"config_value": value}))
    assignment = words[words.index("-e") + 1]
    read = json.loads(assignment) if assignment.startswith("{") else parse_kv(assignment)
    assert read == {"config_value": value}


def test_braces_in_a_variable_are_never_run():
    words = shlex.split(playbook_command("config.yml", [], "api", {"config_value": "{{ lookup('pipe', 'id') }}"}))
    assert json.loads(words[-1]) == {"config_value": {"__ansible_unsafe": "{{ lookup('pipe', 'id') }}"}}


def test_what_nobody_looked_at_is_not_part_of_the_recovery():
    verified = {"proof": ["3 of 3 are available"], "not_checked": ["health", "error rate"]}
    card = recovery_card("api", "Release 2 crashes", {"summary": "Rolled back"}, verified)
    assert "  Not checked health, error rate (no source is configured)" in card
