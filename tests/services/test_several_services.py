"""Several services in one run keep what belongs to each apart."""

from __future__ import annotations

import json

import yaml
from plays import play


def test_each_service_writes_a_report_of_its_own(healthy, tmp_path):
    described = yaml.safe_load(healthy.paths.inventory.read_text())["gameday"]["hosts"]["hotswap-api"]
    names = ("first", "second")
    hosts = {name: {**described, "service_name": name} for name in names}
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    played = play("triage", inventory, "-e", f"triage_report={tmp_path}/report.json")
    assert played.rc == 0, played.output
    reports = {path.name: json.loads(path.read_text())["service"] for path in tmp_path.glob("*.json")}
    assert reports == {f"report-{name}.json": name for name in names}
