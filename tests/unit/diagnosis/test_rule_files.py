"""A rule that cannot be meant is refused with its file, its id and what is wrong; a good one changes the diagnosis."""

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.rulebook import load_rulebook
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from recorded import evidence, ids, report

GOOD = {"id": "queue_full", "kind": "cause", "when": "seen.health == 'ok'", "says": "The queue is full"}

WRONG = {
    "unknown key": (GOOD | {"wehn": "x"}, "unknown key `wehn`"),
    "no id": ({key: value for key, value in GOOD.items() if key != "id"}, "has no `id`"),
    "no when": ({key: value for key, value in GOOD.items() if key != "when"}, "has no `when`"),
    "no says": ({key: value for key, value in GOOD.items() if key != "says"}, "has no `says`"),
    "bad id": (GOOD | {"id": "Queue full"}, "lower-case letters"),
    "bad kind": (GOOD | {"kind": "guess"}, "kind 'guess' is unknown"),
    "bad JMESPath": (GOOD | {"when": "seen.health == "}, "`when` is not valid JMESPath"),
    "bad JMESPath in facts": (GOOD | {"facts": {"n": "length("}}, "`facts.n` is not valid JMESPath"),
    "unknown function": (GOOD | {"when": "count(pods.data.items)"}, "there is no function count()"),
    "too few values": (GOOD | {"when": "ratio(usage.data.x)"}, "ratio() takes 2 value(s), not 1"),
    "unknown source": (GOOD | {"when": "helth.data.healthy"}, "looks into `helth`"),
    "unknown remedy": (GOOD | {"remedy": "pray"}, "remedy 'pray' is unknown"),
    "unknown severity": (GOOD | {"severity": "sev-0"}, "severity 'sev-0' is unknown"),
    "unknown pattern": (GOOD | {"pattern": "chaos"}, "pattern 'chaos' is unknown"),
    "unknown status": (GOOD | {"status": "fine"}, "status 'fine' is unknown"),
    "weight too high": (GOOD | {"weight": 101}, "whole number from 0 to 100"),
    "weight a word": (GOOD | {"weight": "high"}, "whole number from 0 to 100"),
    "field without fact": (GOOD | {"says": "The queue holds {n}"}, "{n}, which is not among its facts"),
    "explains a stranger": (GOOD | {"explains": ["nobody"]}, "explains `nobody`"),
    "support without weight": (GOOD | {"supports": [{"when": "seen.ready"}]}, "`supports[0]`"),
    "quote without path": (GOOD | {"quotes": [{"says": "x"}]}, "`quotes[0]`"),
    "remedy on a symptom": (GOOD | {"kind": "symptom", "remedy": "rollback"}, "`remedy` is for causes"),
    "enabled a word": (GOOD | {"enabled": "no"}, "`enabled` must be true or false"),
    "when a number": (GOOD | {"when": 3}, "`when` must be a text"),
    "step of the wrong form": (GOOD | {"manual": [{"step": "x"}]}, "`manual[0]`"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_rule_is_named_with_what_is_wrong(case):
    entry, what = WRONG[case]
    with pytest.raises(BadInput) as caught:
        load_rulebook([entry])
    message = caught.value.message
    assert what in message
    assert message.startswith("triage_extra_rules: rule ")
    assert str(entry.get("id", "number 1")) in message
    assert caught.value.hint
    assert "\n" not in message


def test_what_is_neither_rule_nor_path_is_refused():
    with pytest.raises(BadInput, match="neither a rule nor the path"):
        load_rulebook([GOOD, 3])


def test_an_entry_of_a_file_that_is_no_mapping_is_refused(tmp_path):
    file = tmp_path / "ours.yml"
    file.write_text("- queue_full\n")
    with pytest.raises(BadInput, match="rule number 1: it is not a mapping"):
        load_rulebook(str(file))


def test_the_file_is_named(tmp_path):
    file = tmp_path / "ours.yml"
    file.write_text("rules:\n  - {id: queue_full, when: 'x(', says: Full}\n")
    with pytest.raises(BadInput, match=r"ours\.yml: rule `queue_full`: `when` is not valid JMESPath"):
        load_rulebook(str(file))


def test_the_same_id_twice_in_one_file_is_refused(tmp_path):
    file = tmp_path / "ours.yml"
    file.write_text("- {id: a, when: seen.ready, says: A}\n- {id: a, when: seen.ready, says: B}\n")
    with pytest.raises(BadInput, match="same id is used twice"):
        load_rulebook([str(file)])


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("rules: [", "not valid YAML"),
        ("rules: 3", "no list of rules"),
        ("just words", "no list of rules"),
        ("- !!python/object/apply:os.system ['true']", "not valid YAML"),
        ("", "no list of rules"),
    ],
)
def test_a_file_without_rules_is_refused(tmp_path, content, what):
    file = tmp_path / "ours.yml"
    file.write_text(content)
    with pytest.raises(BadInput, match=what):
        load_rulebook(str(file))


def test_a_missing_file_is_refused():
    with pytest.raises(BadInput, match=r"/nowhere/ours\.yml cannot be read"):
        load_rulebook("/nowhere/ours.yml")


def test_a_team_adds_a_cause_of_its_own():
    rule = {
        "id": "queue_full",
        "when": "logs.data.templates[?mentions(template, 'queue')]",
        "facts": {"n": "logs.data.templates[0].count"},
        "says": "The queue is full: {n} messages were refused",
        "quotes": [{"path": "logs.data.templates[0]", "says": "{count} times {template}"}],
        "manual": ["queue purge {name}"],
        "severity": "sev-3",
    }
    found = evidence("none")
    found["logs"]["data"]["templates"] = [
        {"template": "Queue full", "class": "application", "level": "error", "count": 9, "pods": [], "example": "x"}
    ]
    result = report(found, extra=[rule])
    assert ids(result) == ["queue_full"]
    assert result["causes"][0]["says"] == "The queue is full: 9 messages were refused"
    assert result["causes"][0]["manual"] == ["queue purge hotswap-api"]
    assert (result["status"], result["severity"]) == ("degraded", "sev-3")


def test_a_team_replaces_a_rule_by_its_id():
    replaced = {"id": "latency_raised", "kind": "symptom", "when": "seen.p95_s > `0.2`", "says": "Slower than promised"}
    found = evidence("none")
    found["prometheus"]["data"]["p95_s"] = 0.3
    assert "Slower than promised" in [item["says"] for item in report(found, extra=replaced)["findings"]]


def test_a_team_switches_a_rule_off():
    off = {"id": "bad_release", "when": "seen.ready", "says": "x", "enabled": False}
    assert "bad_release" not in ids(report(evidence("bad_release"), extra=[off]))


def test_a_rule_that_explains_one_that_was_switched_off_still_loads():
    off = {"id": "pods_crashing", "when": "seen.ready", "says": "x", "enabled": False}
    assert ids(report(evidence("bad_release"), extra=[off])) == ["bad_release"]
