"""The fault files, and what is refused in one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hotswap_runbooks.gameday import faults, manifests
from hotswap_runbooks.gameday.faults.fault import FOLDER, parse
from hotswap_runbooks.gameday.service import settings
from hotswap_runbooks.gameday.service.exceptions import DotnetException
from hotswap_runbooks.gameday.service.memory import parse as quantity

ROOT = Path(__file__).parents[4]
FAULTS = faults.load()
REMEDIES = {
    "bad_release": "rollback",
    "failing_release": "rollback",
    "missing_image": "rollback",
    "oom": "resources",
    "vault_sealed": "vault_unseal",
    "database_down": "database_outage",
    "connections_exhausted": "database_connections",
    "config_error": "config",
}
# A bad release under conditions in which a rollback must refuse, or need more than a yes.
HINDERED = {"paused", "helm_owned", "no_permission", "two_responders"}
# The service is healthy, and something forbids to change it.
GUARDED = {"quota_blocks", "hpa_owned", "pdb_blocks"}
BUILT = {
    remedy["name"]
    for remedy in yaml.safe_load((ROOT / "roles/triage/files/remedies.yml").read_text(encoding="utf-8"))["remedies"]
    if remedy["built"]
}


def _raw(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    return content


def test_every_fault_of_the_runbook_is_there_and_the_healthy_one_comes_last() -> None:
    assert set(FAULTS) == {*REMEDIES, *HINDERED, *GUARDED, "none"}
    assert list(FAULTS)[-1] == "none"


@pytest.mark.parametrize("name", sorted(REMEDIES))
def test_a_fault_expects_the_cause_of_its_own_name_and_its_remedy(name: str) -> None:
    expected = FAULTS[name].expect
    assert expected.causes == (name,)
    assert expected.remedy == REMEDIES[name]
    assert expected.recovers_with == (expected.remedy if expected.remedy in BUILT else "heal")
    # Only where a person must say what is right is more than a yes needed.
    assert bool(expected.given) == (expected.remedy == "config")


@pytest.mark.parametrize("name", sorted(HINDERED))
def test_a_hindered_rollback_is_still_the_remedy_of_a_bad_release_and_refuses_in_words(name: str) -> None:
    expected, plain = FAULTS[name].expect, FAULTS["bad_release"].expect
    assert (expected.status, expected.severity, expected.causes) == (plain.status, plain.severity, plain.causes)
    assert expected.remedy == "rollback"
    (refusal,) = expected.refusals
    assert refusal.playbook == "rollback"
    assert refusal.says


@pytest.mark.parametrize("name", sorted(GUARDED))
def test_what_only_forbids_a_change_is_no_cause(name: str) -> None:
    expected = FAULTS[name].expect
    assert (expected.status, expected.severity, expected.pattern, expected.causes) == ("healthy", None, None, ())
    assert expected.recovers_with is None
    assert FAULTS[name].steps


@pytest.mark.parametrize("name", sorted(REMEDIES))
def test_severity_follows_what_users_see(name: str) -> None:
    expected = FAULTS[name].expect
    assert (expected.status, expected.severity) in {("down", "sev-1"), ("degraded", "sev-2")}
    assert (expected.pattern == "complete outage") == (expected.status == "down")


def test_the_healthy_fault_expects_nothing_and_breaks_nothing() -> None:
    expected = FAULTS["none"].expect
    assert (expected.status, expected.severity, expected.pattern, expected.causes) == ("healthy", None, None, ())
    assert FAULTS["none"].steps == ()


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_says_when_it_shows_and_when_it_is_over(name: str) -> None:
    fault = FAULTS[name]
    assert fault.visible_when
    assert fault.recovered_when
    assert fault.summary
    assert fault.says.endswith(".")


def test_the_broken_configuration_is_one_the_application_refuses() -> None:
    change = next(step["set_config"] for step in _raw("config_error")["break"] if "set_config" in step)
    with pytest.raises(DotnetException, match=change["key"]):
        settings.read('{"Database": {"MaxPoolSize": "' + change["value"] + '"}}')


def test_the_load_of_oom_is_above_the_limit_and_below_twice_the_limit() -> None:
    needed = quantity(next(step["load_memory"]["needed"] for step in _raw("oom")["break"] if "load_memory" in step))
    deployment = next(d for d in manifests.documents("service.yaml", {}) if d["kind"] == "Deployment")
    limit = quantity(deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"])
    assert limit < needed < 2 * limit


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"break": [{"set_fire": {}}]}, "set_fire"),
        ({"break": [{"_sessions": {}}]}, "_sessions"),
        ({"break": [{"set_image": {"picture": "x"}}]}, "set_image"),
        ({"visible_when": [{"health": {}}]}, "health"),
        ({"expect": _raw("oom")["expect"] | {"status": "broken"}}, "broken"),
        ({"expect": _raw("oom")["expect"] | {"severity": "sev-0"}}, "sev-0"),
        ({"expect": _raw("paused")["expect"] | {"refusals": [{"playbook": "rollback"}]}}, "says"),
        ({"expect": _raw("paused")["expect"] | {"refusals": [{"playbook": "x", "says": [], "access": "y"}]}}, "'y'"),
        ({"more": 1}, "keys"),
    ],
)
def test_a_wrong_fault_file_is_refused_with_its_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=rf"own_fault: .*{named}"):
        parse("own_fault", _raw("oom") | change)
