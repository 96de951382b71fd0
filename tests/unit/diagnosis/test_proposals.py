"""What the evidence proposes to tell a remedy's playbook."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.proposals import propose
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.reading import Evidence
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record
from recorded import evidence, report

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


def with_sidecar(found, killed, sidecar_limit=256 * 2**20):
    """The service's pods with a second container, of which ``killed`` was killed for memory."""
    main = found["workload"]["data"]["containers"][0]
    found["workload"]["data"]["containers"].append({**main, "name": "proxy", "memory_limit_bytes": sidecar_limit})
    found["usage"]["data"]["items"].append(
        {
            "pod": "x",
            "container": "proxy",
            "memory_bytes": 100,
            "memory_limit_bytes": sidecar_limit,
            "memory_ratio": 0.0,
        }
    )
    for pod in found["pods"]["data"]["items"]:
        pod |= {"container": killed, "last_container": killed}
    return found


def resources_cause(found):
    return next(cause for cause in report(found)["causes"] if cause["id"] == "oom")


def test_a_killed_sidecar_raises_the_sidecar(oom):
    cause = resources_cause(with_sidecar(oom, "proxy"))
    assert cause["proposal"]["variables"] == {"resources_container": "proxy", "resources_memory_limit": "384Mi"}
    assert "The memory limit of 256Mi is too small" in cause["says"]
    assert "container proxy may use 256Mi" in [quote["quote"] for quote in cause["evidence"]]
    assert "-e resources_container=proxy" in cause["command"]
    assert any("-c=proxy --limits=memory=384Mi" in step for step in cause["manual"])


def test_a_killed_container_beside_a_sidecar_is_named_and_raised(oom):
    proposal = resources_cause(with_sidecar(oom, "hotswap-api"))["proposal"]
    assert proposal["variables"] == {"resources_container": "hotswap-api", "resources_memory_limit": "1536Mi"}


@pytest.mark.parametrize("limit", [None, 256 * 2**20])
@pytest.mark.parametrize("killed", ["injected", "migrate", None])
def test_no_other_container_is_raised_for_one_that_the_workload_does_not_describe(oom, killed, limit):
    cause = resources_cause(with_sidecar(oom, killed, limit))
    assert (cause["proposal"]["variables"], cause["command"]) == ({}, None)
    assert cause["proposal"]["stop"]
    assert "?" not in cause["says"]


def test_a_sidecar_without_a_limit_raises_nothing(oom):
    assert resources_cause(with_sidecar(oom, "proxy", None))["proposal"]["variables"] == {}


def test_a_raise_of_one_container_does_not_make_another_ones_kill_a_leak(oom):
    raised(with_sidecar(oom, "proxy"))
    assert not any("leak" in note for note in resources_cause(oom)["proposal"]["notes"])


def test_a_sidecar_that_is_nearly_full_is_the_one_to_raise():
    found = with_sidecar(evidence("none"), None)
    found["prometheus"]["data"]["p95_s"] = 1.5
    found["usage"]["data"]["memory_ratio_max"] = 0.95
    found["usage"]["data"]["items"][-1] |= {"memory_ratio": 0.95, "memory_bytes": 255013683}
    cause = next(cause for cause in report(found)["causes"] if cause["id"] == "memory_pressure")
    assert cause["proposal"]["variables"]["resources_container"] == "proxy"


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
