"""Which remedy a report calls for."""

from __future__ import annotations

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.choice import choose_remedy
from recorded import evidence, report


def cause(remedy, rank=1, command="ansible-playbook x.yml"):
    return {"rank": rank, "says": f"{remedy} is needed", "remedy": remedy, "command": command}


def test_the_first_causes_playbook_is_chosen():
    assert choose_remedy(report(evidence("bad_release")))["remedy"] == "rollback"


def test_without_a_cause_a_person_looks():
    chosen = choose_remedy({"causes": []})
    assert chosen["remedy"] == ""
    assert chosen["why_not"].startswith("Nothing was changed. No cause was found.")


def test_two_causes_that_call_for_different_remedies_are_left_to_a_person():
    chosen = choose_remedy({"causes": [cause("rollback"), cause("resources")]})
    assert chosen["remedy"] == ""
    assert "2 causes explain it equally well" in chosen["why_not"]


def test_two_causes_with_the_same_remedy_are_one_choice():
    assert choose_remedy({"causes": [cause("rollback"), cause("rollback")]})["remedy"] == "rollback"


def test_a_less_likely_cause_is_not_acted_on():
    assert choose_remedy({"causes": [cause("rollback"), cause("resources", rank=2)]})["remedy"] == "rollback"


def test_a_value_that_only_a_person_knows_is_asked_for_with_the_command():
    found = report(evidence("config_error"))
    asked = choose_remedy(found)
    assert asked["remedy"] == ""
    assert "Database:MaxPoolSize" in asked["why_not"]
    assert "-e config_value=VALUE" in asked["why_not"]
    chosen = choose_remedy(found, ["config_value"])
    assert chosen["remedy"] == "config"
    assert chosen["variables"]["config_path"] == "Database:MaxPoolSize"


def test_a_remedy_that_the_evidence_speaks_against_is_left_to_a_person():
    proposal = {"variables": {}, "needs": [], "notes": ["Suspect a leak."], "stop": "It is at its maximum."}
    chosen = choose_remedy({"causes": [{**cause("resources", command=None), "proposal": proposal}]})
    assert chosen["remedy"] == ""
    assert "It is at its maximum. Suspect a leak." in chosen["why_not"]


def test_a_remedy_without_a_playbook_is_left_to_a_person():
    chosen = choose_remedy({"causes": [cause("vault_unseal", command=None)]})
    assert chosen["remedy"] == ""
    assert "no playbook for this remedy yet" in chosen["why_not"]


def test_after_a_rollback_of_an_interrupted_run_only_the_proof_is_left():
    findings = [{"id": "just_rolled_back", "says": "The workload was rolled back"}]
    chosen = choose_remedy({"causes": [], "findings": findings})
    assert chosen["remedy"] == ""
    assert chosen["resumes"] == "The workload was rolled back"
    assert choose_remedy({"causes": [cause("rollback")], "findings": findings})["resumes"] == ""
