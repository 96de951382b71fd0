"""The filters as Ansible calls them: with its own kinds of values, and one clear sentence where they are misused."""

import importlib.util
import json
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from recorded import SERVICE, evidence

PLUGINS = Path(__file__).parents[3] / "plugins" / "filter"


def loaded(name):
    spec = importlib.util.spec_from_file_location(f"filter_{name}", PLUGINS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FilterModule().filters()[name]


diagnose = loaded("diagnose")
findings_text = loaded("findings_text")


def exact_types(value):
    if isinstance(value, dict):
        assert type(value) is dict
        return all(exact_types(key) and exact_types(item) for key, item in value.items())
    if isinstance(value, list):
        assert type(value) is list
        return all(exact_types(item) for item in value)
    return value is None or type(value) in (str, int, float, bool)


def test_unsafe_values_of_ansible_become_plain_ones():
    report = diagnose(wrap_var(evidence("bad_release")), wrap_var(SERVICE), wrap_var([]))
    assert report["causes"][0]["id"] == "bad_release"
    assert exact_types(report)
    json.dumps(report)


def test_the_time_triage_took_is_reported():
    assert diagnose(evidence("none"), SERVICE, took_ms=1234)["took_ms"] == 1234
    slowest = max(entry["took_ms"] for entry in evidence("none").values())
    assert diagnose(evidence("none"), SERVICE)["took_ms"] == slowest


@pytest.mark.parametrize(("found", "service"), [("x", {}), ([], {}), ({}, None), (None, {})])
def test_wrong_values_are_told_in_one_sentence(found, service):
    with pytest.raises(AnsibleFilterError, match="diagnose needs"):
        diagnose(found, service)


def test_a_wrong_rule_is_an_error_of_the_filter():
    with pytest.raises(AnsibleFilterError, match="triage_extra_rules: rule `x`: it has no `says`"):
        diagnose({}, {}, [{"id": "x", "when": "seen.ready"}])


def test_lines_need_a_report():
    assert findings_text(diagnose(evidence("none"), SERVICE))[1] == "Nothing is wrong."
    with pytest.raises(AnsibleFilterError, match="needs a report"):
        findings_text({"a": 1})
