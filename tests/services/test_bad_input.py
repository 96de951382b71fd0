"""Input that cannot be meant: one clear sentence with the next step, a non-zero exit, and nothing changed."""

from __future__ import annotations

import contextlib
import http.server
import re
import threading

import pytest
import yaml
from plays import Audit, play

from hotswap_runbooks.gameday import faults


@pytest.fixture
def inventory(gameday, tmp_path):
    """A function that writes the practice inventory with changed variables; None removes one."""

    def write(**changes):
        content = yaml.safe_load(gameday.paths.inventory.read_text())
        variables = content["gameday"]["hosts"]["hotswap-api"]
        variables.update(changes)
        content["gameday"]["hosts"]["hotswap-api"] = {k: v for k, v in variables.items() if v is not None}
        path = tmp_path / "inventory.yml"
        path.write_text(yaml.safe_dump(content))
        return path

    return write


@pytest.fixture
def audit(gameday):
    begun = Audit(gameday.paths.audit_log)
    yield begun
    assert begun.writes() == []


def refused(played, *parts):
    """The run failed, once, in words that a person can act on."""
    assert played.rc != 0, played.output
    failures = [line for line in played.output.splitlines() if line.startswith("FAILED")]
    assert len(failures) == 1, played.output
    assert "Traceback" not in played.output
    for part in parts:
        assert part in failures[0]


def test_an_inventory_that_does_not_exist(tmp_path):
    refused(play("triage", tmp_path / "nowhere.yml"), "Nothing is known about the service", "Check the inventory (-i)")


@pytest.mark.parametrize(
    ("playbook", "said"),
    [
        ("triage", "Nothing is known about the service"),
        ("api_outage", "Nothing is known about the service"),
        ("verify", "Nothing is known about the service"),
        ("rollback", "(service_workload in an inventory)"),
    ],
)
def test_an_inventory_without_services(tmp_path, playbook, said):
    empty = tmp_path / "empty.yml"
    empty.write_text("all: {}\n")
    refused(play(playbook, empty), said)


def test_a_limit_that_matches_nothing(inventory):
    played = play("triage", inventory(), "-l", "hotswap-apo")
    assert played.rc != 0
    assert "--limit" in played.output


@pytest.mark.parametrize("playbook", ["rollback", "triage"])
def test_a_missing_namespace(inventory, audit, playbook):
    refused(play(playbook, inventory(service_namespace=None)), "service_namespace")


@pytest.mark.parametrize("variable", ["service_namespace", "service_selector", "service_workload"])
def test_rows_9_and_13_an_empty_name_or_selector_is_refused(inventory, audit, variable):
    refused(play("triage", inventory(**{variable: ""})), f"{variable} of hotswap-api is empty")


@pytest.mark.parametrize("variable", ["service_namespace", "service_workload"])
def test_an_empty_target_is_never_rolled_back(inventory, audit, variable):
    played = play("rollback", inventory(**{variable: ""}), "-e", "remediate=auto")
    refused(played, "was given")


def test_a_workload_that_does_not_exist_is_answered_with_the_nearest(inventory, audit):
    changed = inventory(service_workload="deployment/hotswap-apl")
    refused(play("rollback", changed, "-e", "remediate=auto"), "hotswap-apl", "Nearest: hotswap-api")


def test_a_kind_that_cannot_be_rolled_back(inventory, audit):
    changed = inventory(service_workload="cronjob/hotswap-api")
    refused(play("rollback", changed, "-e", "remediate=auto"), "deployment/NAME")


def test_row_9_a_namespace_that_does_not_exist(inventory, audit):
    refused(play("rollback", inventory(service_namespace="defalt"), "-e", "remediate=auto"), "defalt", "default")


def test_row_14_a_revision_that_does_not_exist(inventory, audit):
    played = play("rollback", inventory(), "-e", "remediate=auto", "-e", "rollback_to_revision=999")
    refused(played, "Revision 999 does not exist", "These do:", "hotswap-api:1")


def test_row_1_an_api_server_that_is_not_there(inventory):
    nowhere = inventory(service_kubernetes={"host": "https://127.0.0.1:9", "api_key": "none"})
    refused(play("rollback", nowhere, "-e", "remediate=auto"), "127.0.0.1:9")
    triage = play("triage", nowhere)
    assert triage.rc == 0, triage.output
    assert triage.report["evidence"]["pods"]["error"]["error_class"] == "unreachable"
    assert triage.report["status"] == "unknown"


def test_a_kubeconfig_or_context_that_does_not_exist(inventory):
    refused(play("rollback", inventory(service_kubernetes={"kubeconfig": "/nowhere"})), "/nowhere")


def test_row_8_without_rights_the_missing_rule_is_named(gameday, inventory, audit):
    powerless = inventory(service_kubernetes={"kubeconfig": str(gameday.paths.kubeconfig_without_rights)})
    refused(play("rollback", powerless, "-e", "remediate=auto"), "get", "deployments", "default")
    assert play("triage", powerless).report["evidence"]["workload"]["error"]["error_class"] == "denied"


def test_an_image_that_cannot_be_rolled_back_to(healthy):
    faults.load()["missing_image"].apply(healthy)
    inventory = healthy.paths.inventory
    back = play("rollback", inventory, "-e", "remediate=auto")
    assert back.rc == 0, back.output
    left = int(re.search(r"back from revision (\d+)", back.output)[1])
    audit = Audit(healthy.paths.audit_log)
    again = play("rollback", inventory, "-e", "remediate=auto", "-e", f"rollback_to_revision={left}")
    refused(again, f"Revision {left} (hotswap-api:2-missing)", "cannot run", "Name another revision")
    assert audit.writes() == []


@contextlib.contextmanager
def serving(body):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_row_62_garbage_on_metrics_is_said_and_never_passes(inventory, audit):
    with serving(b"<html>login</html>\n") as url:
        garbage = inventory(service_metrics_url=f"{url}/metrics", service_prometheus_url=None)
        triage = play("triage", garbage)
        assert triage.rc == 0, triage.output
        assert triage.report["evidence"]["metrics"]["error"]["error_class"] == "bad_input"
        verify = play("verify", garbage, "-e", '{"verify_soak": 0.5, "verify_patience": 2, "verify_interval": 1}')
    refused(verify, "did not recover", "error rate is unknown")


def test_row_80_no_traffic_is_no_recovery(inventory, audit):
    silent = inventory(service_prometheus_job="nobody", service_metrics_url=None)
    verify = play("verify", silent, "-e", '{"verify_soak": 0.5, "verify_patience": 2, "verify_interval": 1}')
    refused(verify, "error rate is unknown: there is no data")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("rules: [", "is not valid YAML"),
        ("- id: mine\n  kind: cause\n  when: 'pods.data['\n  says: x\n", "mine"),
        ("- id: mine\n  kind: cause\n  wenn: 'true'\n  says: x\n", "wenn"),
        ("just text", "has no list of rules"),
    ],
)
def test_an_invalid_rule_file_is_named_with_what_is_wrong(inventory, audit, tmp_path, content, said):
    rules = tmp_path / "mine.yml"
    rules.write_text(content)
    refused(play("triage", inventory(), "-e", f"triage_extra_rules={rules}"), str(rules), said)


def test_a_rule_file_that_does_not_exist(inventory, audit):
    refused(play("triage", inventory(), "-e", "triage_extra_rules=/nowhere.yml"), "/nowhere.yml", "cannot be read")


def test_a_window_that_is_no_duration(inventory, audit):
    refused(play("triage", inventory(service_prometheus_window="soon")), "'soon', which is no duration")


@pytest.mark.parametrize(
    ("playbook", "variable", "value"),
    [
        ("triage", "triage_deadline", 0),
        ("triage", "triage_deadline", "nan"),
        ("verify", "verify_soak", -1),
        ("verify", "verify_soak", "nan"),
        ("verify", "verify_interval", 0),
        ("verify", "verify_error_rate_max", 5),
        ("verify", "verify_p95_max", "inf"),
    ],
)
def test_a_number_that_would_prove_nothing(inventory, audit, playbook, variable, value):
    refused(play(playbook, inventory(**{variable: value})), "cannot be", "Give ")


def test_a_soak_that_cannot_end(inventory, audit):
    refused(play("verify", inventory(), "-e", "verify_patience=0"), "cannot end before a deadline")


def test_a_report_that_cannot_be_written(inventory, audit):
    played = play("triage", inventory(), "-e", "triage_report=/nowhere/report.json")
    refused(played, "/nowhere")
