"""The lines and sentences a person reads: short, plain, and with nothing in them that a log could have slipped in."""

import json

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.lines import findings_text
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.wording import fill, fill_command, words
from recorded import NAMES, evidence, report

HOSTILE = "\x1b[31m{{ lookup('pipe', 'id') }} {image} {0.__class__} \u202e<!channel>\x00\n\rnext"


def test_the_first_line_says_all_at_one_glance():
    lines = findings_text(report(evidence("bad_release")))
    assert lines[0] == "SEV-2 · hotswap-api is degraded · sudden spike in errors"
    assert any(line.startswith("Cause: ") and "hotswap-api:2-bad" in line for line in lines)
    assert "Do next: ansible-playbook playbooks/rollback.yml -i inventory.yml --limit hotswap-api" in lines


def test_a_healthy_service_is_two_lines_and_what_is_good_to_know():
    lines = findings_text(report(evidence("none")))
    assert lines[:2] == ["hotswap-api is healthy", "Nothing is wrong."]


def test_an_unknown_state_says_what_was_not_seen():
    found = {"health": evidence("database_down")["database"]}
    lines = findings_text(report(found))
    assert lines[0] == "the state of hotswap-api is unknown"
    assert "Not seen:" in lines


def test_what_is_not_configured_is_said_in_one_line():
    found = evidence("none")
    for source in ("vault", "database"):
        found[source] = {"status": "skipped", "took_ms": 0, "data": None, "error": {"error_class": "not_configured"}}
    assert findings_text(report(found))[-1] == "Not configured: database, vault"
    assert not [line for line in findings_text(report(evidence("none"))) if "Not configured" in line]


def test_two_causes_are_shown_as_two():
    found = evidence("vault_sealed") | {"database": evidence("connections_exhausted")["database"]}
    lines = findings_text(report(found))
    assert [line.split(",")[0] for line in lines if line.startswith("Cause ")] == ["Cause 1 of 2", "Cause 2 of 2"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("verbose", [False, True])
def test_every_line_is_one_line_of_plain_text(name, verbose):
    lines = findings_text(report(evidence(name)), verbose=verbose)
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_every_text_of_the_report_is_plain(name):
    found = json.loads(json.dumps(evidence(name)).replace("hotswap-api:", json.dumps(HOSTILE)[1:-1]))
    result = report(found)
    texts = [result["summary"], result["severity_reason"]]
    texts += [item["says"] for item in result["findings"]] + [cause["says"] for cause in result["causes"]]
    texts += [quote["quote"] for item in result["findings"] for quote in item["evidence"]]
    texts += [step for cause in result["causes"] for step in cause["manual"]]
    texts += findings_text(result)
    assert all(text.isprintable() and "\u202e" not in text for text in texts)


def test_values_are_never_filled_in_again():
    assert fill("{a}", {"a": "{b}", "b": "secret"}) == "{b}"
    assert fill("{a} {0.__class__} {missing}", {"a": 1}) == "1 {0.__class__} ?"


def test_commands_are_quoted_for_a_shell():
    assert fill_command("kubectl get pod {pod}", {"pod": "x; rm -rf /"}) == "kubectl get pod 'x; rm -rf /'"
    assert fill_command("kubectl get pod {pod_name}", {}) == "kubectl get pod <pod-name>"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "?"),
        (True, "yes"),
        (0.25, "0.25"),
        (2.0, "2"),
        (["a", "b"], "a, b"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
        ({"a": 1}, "a: 1"),
        ("x" * 500, "x" * 199 + "…"),
    ],
)
def test_values_read_as_words(value, text):
    assert words(value) == text
