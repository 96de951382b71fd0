"""What the evidence proposes to tell a remedy's playbook."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.proposals import propose
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.reading import Evidence
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record
from recorded import evidence

GIB = 2**30


@pytest.fixture
def oom():
    return evidence("oom")


def memory(found, most="8Gi"):
    return propose("resources", Evidence(found), "hotswap-api", most)


def limit(found, count):
    found["workload"]["data"]["containers"][0]["memory_limit_bytes"] = count


def raised(found):
    record = Record("inc-1", "resources", {"container": "hotswap-api"}, "2026-11-23T10:50:00Z")
    found["workload"]["data"]["annotations_incident"] = record.as_annotations()


def test_the_limit_that_was_reached_and_half_more_is_proposed(oom):
    assert memory(oom).variables == {"resources_memory_limit": "1536Mi"}


def test_more_than_the_limit_was_seen_and_counts(oom):
    oom["usage"]["data"]["items"][0]["memory_bytes"] = 2 * GIB
    assert memory(oom).variables == {"resources_memory_limit": "3Gi"}


def test_without_a_measurement_the_limit_counts(oom):
    oom["usage"] = {"status": "failed", "data": None, "error": {}}
    assert memory(oom).variables == {"resources_memory_limit": "1536Mi"}


def test_the_maximum_is_kept_and_said(oom):
    proposal = memory(oom, "1200Mi")
    assert proposal.variables == {"resources_memory_limit": "1200Mi"}
    assert "kept at the maximum of 1200Mi" in proposal.notes[0]


def test_at_the_maximum_it_stops(oom):
    proposal = memory(oom, "1Gi")
    assert proposal.variables == {}
    assert "1Gi already" in proposal.stop


def test_without_a_limit_there_is_nothing_to_raise(oom):
    limit(oom, None)
    assert memory(oom).stop


def test_a_raise_that_is_still_rolled_out_is_not_raised_once_more(oom):
    raised(oom)
    for pod in oom["pods"]["data"]["items"]:
        pod["revision_hash"] = "before"
    assert memory(oom).variables == {"resources_memory_limit": "1Gi"}


def test_out_of_memory_again_after_a_raise_points_to_a_leak(oom):
    raised(oom)
    proposal = memory(oom)
    assert proposal.variables == {"resources_memory_limit": "1536Mi"}
    assert "suspect a leak" in proposal.notes[0]


def test_memory_that_filled_slowly_points_to_a_leak(oom):
    assert memory(oom).notes == ()
    oom["pods"]["data"]["items"][0] |= {"created": "2026-11-23T06:00:00Z", "restarts": 2}
    oom["pods"]["data"]["items"][0]["last_finished_at"] = "2026-11-23T10:00:00Z"
    assert "a pod ran 120 min until it was full" in memory(oom).notes[0]


@pytest.mark.parametrize(
    ("said", "variables", "needs"),
    [
        (
            "Failed to convert configuration value at 'Database:MaxPoolSize' to type 'System.Int32' (file 'a.json').",
            {"config_path": "Database:MaxPoolSize", "config_key": "a.json", "config_type": "number"},
            ("config_value",),
        ),
        (
            "'HttpClient:Timeout' in '/app/config/appsettings.json' must be between 1 and 600, but is 0.",
            {"config_path": "HttpClient:Timeout", "config_key": "appsettings.json"},
            ("config_value",),
        ),
        ("Could not read the settings", {}, ("config_path", "config_value")),
    ],
)
def test_the_key_that_the_log_complains_of_is_proposed(said, variables, needs):
    found = evidence("config_error")
    found["logs"]["data"]["templates"] = [{"class": "configuration", "reason": said}]
    proposal = propose("config", Evidence(found), None)
    assert (proposal.variables, proposal.needs) == (variables, needs)


def test_an_earlier_release_with_other_configuration_is_pointed_out():
    found = evidence("config_error")
    found["history"]["data"]["rollback_target"] = {"revision": 3, "name": "api-3", "config_changed": True}
    assert "Revision 3 before it read other ConfigMaps" in propose("config", Evidence(found), None).notes[0]


def test_other_remedies_need_nothing(oom):
    assert propose("rollback", Evidence(oom), None).as_data() == {"variables": {}, "needs": [], "notes": [], "stop": ""}
