"""The whole incident, on each supported ansible-core."""

from __future__ import annotations

import json
import subprocess

import pytest
from plays import ROOT, environment_of_play

from hotswap_runbooks.gameday import faults


def run(core, healthy, playbook, *variables):
    """A playbook as somebody runs it who has that core installed: exit status, and what was shown."""
    words = [core / "ansible-playbook", ROOT / f"playbooks/{playbook}.yml", "-i", healthy.paths.inventory]
    for variable in (f"ansible_python_interpreter={core}/python", *variables):
        words += ["-e", variable]
    ran = subprocess.run(
        words,
        cwd=healthy.paths.folder,
        env={**environment_of_play(), "PATH": f"{core}:/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    shown = ran.stdout + ran.stderr
    assert "WARNING" not in shown
    assert "DEPRECATION" not in shown
    return ran.returncode, shown


@pytest.mark.parametrize("given", ["True", "[1, 2]", "{{ 7 * 7 }}", "null"])
def test_a_text_that_looks_like_something_else_stays_a_text_on_every_core(core, healthy, given):
    wish = {"config_path": "Release", "config_value": {"__ansible_unsafe": given}, "config_type": "string"}
    code, shown = run(core, healthy, "config", json.dumps({**wish, "config_create": True, "remediate": "off"}))
    assert code == 0, shown
    assert f'"Release": "{given}"' in shown


def test_the_api_outage_playbook_recovers_the_service_on_every_core(core, healthy, tmp_path):
    fault = faults.load()["bad_release"]
    fault.apply(healthy)
    report = tmp_path / "report.json"
    code, shown = run(core, healthy, "api_outage", "remediate=auto", f"triage_report={report}")
    assert code == 0, shown
    assert "RECOVERED" in shown
    assert [cause["id"] for cause in json.loads(report.read_text())["causes"]][:1] == ["bad_release"]
    assert fault.unrecovered(healthy) == ""
