"""The triage's report ends up where the person who asked for it looks."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml
from plays import command, environment_of_play, play


def test_each_of_several_services_writes_a_report_of_its_own(healthy, tmp_path):
    described = yaml.safe_load(healthy.paths.inventory.read_text())["gameday"]["hosts"]["hotswap-api"]
    names = ("first", "second")
    hosts = {name: {**described, "service_name": name} for name in names}
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    played = play("triage", inventory, "-e", f"triage_report={tmp_path}/report.json")
    assert played.rc == 0, played.output
    reports = {path.name: json.loads(path.read_text())["service"] for path in tmp_path.glob("*.json")}
    assert reports == {f"report-{name}.json": name for name in names}


def test_a_relative_path_is_meant_from_where_the_person_stands(healthy, tmp_path):
    words = command("triage", healthy.paths.inventory, "-e", "triage_report=report.json")
    environment = environment_of_play(PWD=str(tmp_path))
    subprocess.run(words, cwd=tmp_path, env=environment, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    assert (tmp_path / "report.json").is_file()


@pytest.mark.parametrize(
    ("hosts", "report", "files"),
    [
        (("api", "web"), "api-web.json", {"api": "api-web-api.json", "web": "api-web.json"}),
        (("api", "web"), "web.json", {"api": "web-api.json", "web": "web.json"}),
        (("api", "web"), "webapi.json", {"api": "webapi-api.json", "web": "webapi-web.json"}),
        (("web", "api-web"), "api-web.json", {"web": "api-web-web.json", "api-web": "api-web-api-web.json"}),
        (("web", "api-web"), "{{ inventory_hostname }}.json", {"web": "web.json", "api-web": "api-web-api-web.json"}),
        (("api",), "web.json", {"api": "web.json"}),
    ],
)
def test_no_report_overwrites_another_whatever_the_services_are_called(tmp_path, hosts, report, files):
    described = {"ansible_connection": "local", "service_health_url": "http://127.0.0.1:1/health"}
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": dict.fromkeys(hosts, described)}}))
    played = play("triage", inventory, "-e", f"triage_report={tmp_path}/{report}")
    assert played.rc == 0, played.output
    assert {json.loads(path.read_text())["service"]: path.name for path in tmp_path.glob("*.json")} == files
