"""The whole incident, on each supported ansible-core."""

from __future__ import annotations

import json
import subprocess

from plays import ROOT, environment_of_play

from hotswap_runbooks.gameday import faults


def test_the_api_outage_playbook_recovers_the_service_on_every_core(core, healthy, tmp_path):
    fault = faults.load()["bad_release"]
    fault.apply(healthy)
    report = tmp_path / "report.json"
    words = [core / "ansible-playbook", ROOT / "playbooks/api_outage.yml", "-i", healthy.paths.inventory]
    ran = subprocess.run(
        [
            *words,
            "-e",
            "remediate=auto",
            "-e",
            f"ansible_python_interpreter={core}/python",
            "-e",
            f"triage_report={report}",
        ],
        cwd=tmp_path,
        env={**environment_of_play(), "PATH": f"{core}:/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    shown = ran.stdout + ran.stderr
    assert ran.returncode == 0, shown
    assert "RECOVERED" in shown
    assert "WARNING" not in shown
    assert "DEPRECATION" not in shown
    assert [cause["id"] for cause in json.loads(report.read_text())["causes"]][:1] == ["bad_release"]
    assert fault.unrecovered(healthy) == ""
