"""Each fault's cause is named first; nothing is named where nothing is wrong, and nothing that was not seen counts."""

import itertools
import json
import random
import time
from datetime import timedelta

import pytest
from recorded import FAULTS, NAMES, NOW, evidence, ids, read, report, unread

EXPECTED = {
    "bad_release": ("degraded", "sev-2", "sudden spike in errors", "rollback"),
    "failing_release": ("degraded", "sev-2", "sudden spike in errors", "rollback"),
    "missing_image": ("degraded", "sev-2", "sudden spike in errors", "rollback"),
    "oom": ("down", "sev-1", "complete outage", "resources"),
    "oom-in_part": ("degraded", "sev-2", "gradual degradation", "resources"),
    "vault_sealed": ("down", "sev-1", "complete outage", "vault_unseal"),
    "database_down": ("down", "sev-1", "complete outage", "database_outage"),
    "connections_exhausted": ("down", "sev-1", "complete outage", "database_connections"),
    "config_error": ("down", "sev-1", "complete outage", "config"),
    "config_error-in_part": ("degraded", "sev-2", "sudden spike in errors", "config"),
}


def test_every_fault_of_the_practice_environment_is_recorded():
    assert set(FAULTS) == set(EXPECTED)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_fault_is_the_only_cause_and_carries_its_remedy(fault):
    found = report(evidence(fault))
    assert ids(found) == [fault.partition("-")[0]]
    cause = found["causes"][0]
    status, severity, pattern, remedy = EXPECTED[fault]
    assert (found["status"], found["severity"], found["pattern"]) == (status, severity, pattern)
    assert cause["remedy"] == remedy
    assert cause["evidence"]
    assert all(quote["value"] is not None and quote["quote"] for quote in cause["evidence"])
    assert found["severity_reason"]


def test_a_healthy_service_has_no_cause_and_no_severity():
    found = report(evidence("none"))
    assert (found["status"], found["severity"], found["pattern"], found["causes"]) == ("healthy", None, None, [])


@pytest.mark.parametrize("fault", ["bad_release", "failing_release", "missing_image"])
def test_the_built_remedy_comes_as_the_exact_command(fault):
    cause = report(evidence(fault))["causes"][0]
    assert cause["command"] == "ansible-playbook playbooks/rollback.yml -i inventory.yml --limit hotswap-api"


@pytest.mark.parametrize(
    ("images", "shown"),
    [(["hotswap-api:1"], "hotswap-api:1"), (["hotswap-api:1", "proxy:3"], "'hotswap-api:1, proxy:3'")],
)
def test_the_rollback_by_hand_names_the_release_it_goes_back_to(images, shown):
    found = evidence("bad_release")
    found["history"]["data"]["rollback_target"]["images"] = images
    steps = report(found)["causes"][0]["manual"]
    assert f"kubectl -n shop rollout undo deployment/hotswap-api --to-revision=2   # {shown}" in steps


def test_out_of_memory_comes_with_half_as_much_memory_more():
    cause = report(evidence("oom"))["causes"][0]
    assert cause["command"].endswith(
        "resources.yml -i inventory.yml --limit hotswap-api -e resources_memory_limit=1536Mi"
    )


def test_a_configuration_error_comes_with_its_key_and_a_place_for_the_value():
    cause = report(evidence("config_error"))["causes"][0]
    assert "config.yml -i inventory.yml" in cause["command"]
    assert "-e config_path=Database:MaxPoolSize" in cause["command"]
    assert cause["command"].endswith("-e config_key=appsettings.json -e config_type=number -e config_value=VALUE")


@pytest.mark.parametrize("fault", ["vault_sealed", "database_down", "connections_exhausted"])
def test_other_remedies_come_as_steps_with_the_real_names(fault):
    cause = report(evidence(fault))["causes"][0]
    assert cause["command"] is None
    assert cause["manual"]
    assert any("-n shop" in step and "deployment/hotswap-api" in step for step in cause["manual"])
    assert "not-to-be-shown" not in json.dumps(cause)


def test_each_sealed_node_is_unsealed_at_its_own_address():
    found = evidence("vault_sealed")
    (node,) = found["vault"]["data"]["nodes"]
    found["vault"]["data"]["nodes"] = [node | {"url": f"https://vault-{number}:8200"} for number in range(3)]
    steps = report(found)["causes"][0]["manual"]
    assert len([step for step in steps if "operator unseal" in step]) == 3
    assert len({step.split()[0] for step in steps if "operator unseal" in step}) == 3


def test_a_configuration_error_names_the_key():
    assert "Database:MaxPoolSize" in report(evidence("config_error"))["causes"][0]["says"]


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_sources_does_not_matter(name):
    found = evidence(name)
    expected = report(found)
    for seed in range(5):
        keys = random.Random(seed).sample(sorted(found), len(found))
        shuffled = report({key: found[key] for key in keys})
        assert {**shuffled, "evidence": None} == {**expected, "evidence": None}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lost", ["absent", "failed", "timeout", "denied", "skipped"])
def test_a_source_that_is_lost_never_makes_the_service_look_better(name, lost):
    found = evidence(name)
    entries = {
        "failed": unread(),
        "timeout": unread("timeout", "timeout"),
        "denied": unread("denied"),
        "skipped": {"status": "skipped", "took_ms": 0, "data": None, "error": None},
    }
    before = report(found)
    for source in found:
        less = {key: value for key, value in found.items() if key != source}
        if lost != "absent":
            less[source] = entries[lost]
        after = report(less)
        if before["status"] != "healthy":
            assert after["status"] != "healthy", source
        else:
            assert after["causes"] == [], source


@pytest.mark.parametrize("name", NAMES)
def test_no_three_lost_sources_break_the_diagnosis(name):
    found = evidence(name)
    for gone in itertools.combinations(found, 3):
        report({source: entry for source, entry in found.items() if source not in gone})


def test_when_everything_hangs_the_state_is_unknown_and_nothing_is_blamed():
    found = report({source: unread("timeout", "timeout") for source in evidence("none")})
    assert (found["status"], found["severity"], found["causes"]) == ("unknown", None, [])
    assert len([item for item in found["findings"] if item["id"].startswith("unread_")]) == 12


def test_no_evidence_at_all_is_unknown():
    assert report({})["status"] == "unknown"


def test_healthy_without_health_and_pods_is_unknown():
    found = evidence("none")
    del found["health"], found["pods"]
    assert report(found)["status"] == "unknown"


@pytest.mark.parametrize("source", ["vault", "database"])
@pytest.mark.parametrize("entry", [unread(), unread("timeout", "timeout"), unread("denied")])
def test_a_dependency_out_of_our_reach_is_a_note_while_the_service_is_well(source, entry):
    found = report(evidence("none") | {source: entry})
    assert (found["status"], found["causes"]) == ("healthy", [])
    assert f"unread_{source}" in {item["id"] for item in found["findings"]}


@pytest.mark.parametrize("source", ["vault", "database"])
def test_a_dependency_out_of_our_reach_does_not_excuse_a_failing_release(source):
    assert ids(report(evidence("failing_release") | {source: unread()})) == ["failing_release"]


def test_pods_unready_for_a_dependency_do_not_blame_a_fresh_release():
    found = evidence("vault_sealed")
    fresh = evidence("bad_release")["history"]
    assert ids(report(found | {"history": fresh})) == ["vault_sealed"]


def test_two_causes_that_explain_equally_well_are_shown_as_two():
    found = evidence("vault_sealed") | {"database": evidence("connections_exhausted")["database"]}
    result = report(found)
    assert {cause["id"] for cause in result["causes"] if cause["rank"] == 1} == {
        "vault_sealed",
        "connections_exhausted",
    }
    assert "2 causes" in result["summary"]


def test_a_release_that_was_just_rolled_back_is_not_blamed_for_the_errors_before_it():
    found = evidence("failing_release")
    found["workload"]["data"]["annotations_incident"] = {"runbooks.hotswap/action": "rollback"}
    assert ids(report(found)) == []


def test_a_new_image_that_lacks_a_setting_is_first_a_configuration_error_then_a_release():
    found = evidence("config_error")
    found["history"] = evidence("bad_release")["history"]
    found["history"]["data"]["image_changed"] = True
    assert ids(report(found))[0] == "config_error"


def test_a_memory_kill_that_a_pod_got_over_long_ago_is_history():
    found = evidence("none")
    found["pods"]["data"]["items"][0] |= {
        "restarts": 1,
        "last_reason": "OOMKilled",
        "last_exit_code": 137,
        "last_finished_at": "2026-11-01T00:00:00Z",
    }
    assert report(found)["status"] == "healthy"


JUNK = [None, 0, -1, 1.5, True, "x", "", [], [None], [1], ["a"], {}, {"items": None}, {"a": [{}]}, float("nan")]


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_garbage_in_any_source_is_unknown_and_never_an_error(junk):
    for name in ("none", "bad_release"):
        found = evidence(name)
        for source in found:
            report(found | {source: junk})
            report(found | {source: read() | {"data": junk}})
            for key in found[source]["data"] or {}:
                spoilt = evidence(name)
                spoilt[source]["data"][key] = junk
                report(spoilt)


def test_a_diagnosis_takes_a_few_milliseconds():
    found = evidence("bad_release")
    report(found)
    begun = time.perf_counter()
    report(found)
    assert time.perf_counter() - begun < 0.05


def rolled_back(found, to_name, at):
    found["workload"]["data"]["annotations_incident"] = {
        "runbooks.hotswap/incident": "inc-1",
        "runbooks.hotswap/action": "rollback",
        "runbooks.hotswap/previous": json.dumps({"previous": {"to_name": to_name}, "at": at.isoformat()}),
    }
    return found


def test_a_release_that_came_back_counts_from_its_return_not_from_its_first_use():
    found = evidence("failing_release")
    current = found["history"]["data"]["current"]
    current["age_s"] = 3 * 3600
    recent, old = NOW - timedelta(minutes=2), NOW - timedelta(hours=2)
    assert ids(report(rolled_back(found, current["name"], recent))) == []
    assert ids(report(rolled_back(found, current["name"], old))) == ["failing_release"]


def test_a_new_release_soon_after_a_rollback_is_not_excused_by_it():
    found = rolled_back(evidence("failing_release"), "hotswap-api-other", NOW - timedelta(minutes=2))
    assert ids(report(found)) == ["failing_release"]
