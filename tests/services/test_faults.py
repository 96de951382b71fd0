"""Each fault from break to recovery, through ansible-playbook, on the real servers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import pytest
import yaml
from fault_proxy import wait_until
from plays import ROOT, Audit, play

from hotswap_runbooks.gameday import faults, lifecycle
from hotswap_runbooks.gameday.faults import objects, verbs
from hotswap_runbooks.gameday.progress import Silence

FAULTS = faults.load()
SCHEMA = json.loads((ROOT / "docs/triage-report.schema.json").read_text())
REMEDIES = yaml.safe_load((ROOT / "roles/triage/files/remedies.yml").read_text())["remedies"]
BUILT = {remedy["name"] for remedy in REMEDIES if remedy["built"]}
ROLLED_BACK = [name for name, fault in FAULTS.items() if fault.expect.recovers_with == "rollback"]
BY_HAND = [name for name, fault in FAULTS.items() if fault.expect.remedy and fault.expect.remedy not in BUILT]
REFUSED = [(name, refusal) for name, fault in FAULTS.items() for refusal in fault.expect.refusals]
LEASE = "runbooks-deployment-hotswap-api"
LOCKED = [("create", "leases", LEASE)]
# Taking over marks the workload first, so that what the other responder has under way meets a conflict.
TAKEN_OVER = [("update", "leases", LEASE), ("patch", "deployments", "hotswap-api")]


@pytest.fixture
def broken(healthy, request):
    """The environment with the fault of the parameter showing."""
    FAULTS[request.param].apply(healthy)
    return healthy, FAULTS[request.param]


@pytest.mark.parametrize("broken", FAULTS, indirect=True)
def test_triage_names_the_cause_and_writes_nothing(broken):
    environment, fault = broken
    audit = Audit(environment.paths.audit_log)
    triage = play("triage", environment.paths.inventory)
    assert triage.rc == 0, triage.output
    report = triage.report
    jsonschema.validate(report, SCHEMA)
    assert report["status"] == fault.expect.status, triage.output
    assert report["severity"] == fault.expect.severity, triage.output
    assert report["pattern"] == fault.expect.pattern, triage.output
    first = [cause["id"] for cause in report["causes"] if cause["rank"] == 1]
    assert first == list(fault.expect.causes), triage.output
    if first:
        assert report["causes"][0]["remedy"] == fault.expect.remedy
        assert report["causes"][0]["says"] in triage.output
        assert report["causes"][0]["evidence"]
    else:
        assert "Nothing is wrong." in triage.output
    assert audit.writes() == []


@pytest.mark.parametrize("broken", ROLLED_BACK, indirect=True)
def test_the_api_outage_playbook_brings_a_bad_release_back(broken):
    environment, fault = broken
    inventory, given = environment.paths.inventory, json.dumps(dict(fault.expect.given))
    audit = Audit(environment.paths.audit_log)

    checked = play("api_outage", inventory, "-e", given, "--check", "--diff")
    assert checked.rc == 0, checked.output
    assert "Undo card" in checked.output

    asked = play("api_outage", inventory, "-e", given)
    assert asked.rc != 0
    assert "nobody approved it" in asked.output
    assert f"--limit {environment.workload} -e remediate=auto" in asked.output

    reported = play("api_outage", inventory, "-e", given, "-e", "remediate=off")
    assert reported.rc == 0, reported.output
    assert "Nothing was changed (remediate=off)" in reported.output
    assert audit.writes() == []

    as_incident = ("-e", "remediate=auto", "-e", "incident_id=inc-acceptance")
    recovered = play("api_outage", inventory, "-e", given, *as_incident)
    assert recovered.rc == 0, recovered.output
    assert "RECOVERED" in recovered.output
    assert fault.unrecovered(environment) == ""
    lock = TAKEN_OVER if "lock_takeover" in fault.expect.given else LOCKED
    assert audit.made() == [*lock, ("patch", "deployments", environment.workload)]

    again = Audit(environment.paths.audit_log)
    second = play("rollback", inventory, "-e", "remediate=auto")
    assert second.rc == 0, second.output
    assert "Nothing was changed" in second.output
    assert "inc-acceptance rolled it back already" in second.output
    third = play("api_outage", inventory, "-e", "remediate=auto")
    assert third.rc == 0, third.output
    assert again.writes() == []


@pytest.mark.parametrize("broken", BY_HAND, indirect=True)
def test_a_cause_without_a_playbook_ends_with_the_steps_to_take(broken):
    environment, _fault = broken
    audit = Audit(environment.paths.audit_log)
    stopped = play("api_outage", environment.paths.inventory, "-e", "remediate=auto")
    assert stopped.rc != 0
    assert "There is no playbook for this remedy yet" in stopped.output
    manual = stopped.report["causes"][0]["manual"]
    assert manual
    assert all(step in stopped.output for step in manual)
    assert not [step for step in manual if "{" in step.replace("{n}", "")]
    reported = play("api_outage", environment.paths.inventory, "-e", "remediate=off")
    assert reported.rc == 0, reported.output
    assert audit.writes() == []


def refused(played, says):
    """The run failed once, in these words, which name the next step."""
    assert played.rc != 0, played.output
    (failure,) = [line for line in played.output.splitlines() if line.startswith("FAILED")]
    for part in says:
        assert part in failure


@pytest.mark.parametrize(("broken", "refusal"), REFUSED, indirect=["broken"], ids=lambda value: str(value)[:14])
@pytest.mark.parametrize("how", [("-e", "remediate=auto"), ("-e", "remediate=off"), ("--check",), ()], ids=str)
def test_a_playbook_refuses_what_would_make_it_worse_before_anything_changes(broken, refusal, how):
    environment, _fault = broken
    variables = dict(refusal.given)
    if refusal.access == "reader":
        variables["service_kubernetes"] = {"kubeconfig": str(environment.paths.kubeconfig_read_only)}
    audit = Audit(environment.paths.audit_log)
    played = play(refusal.playbook, environment.paths.inventory, "-e", json.dumps(variables), *how)
    refused(played, refusal.says)
    assert audit.writes() == []


@pytest.mark.parametrize("broken", ["helm_owned"], indirect=True)
def test_row_19_a_forced_change_of_what_helm_owns_warns_that_it_will_be_changed_back(broken):
    environment, _fault = broken
    forced = play("rollback", environment.paths.inventory, "-e", "remediate=auto", "-e", "rollback_force=true")
    assert forced.rc == 0, forced.output
    assert "belongs to Helm, which will change it back unless it is stopped" in forced.output


@pytest.mark.parametrize("broken", ["paused"], indirect=True)
def test_row_17_the_named_way_out_of_a_paused_rollout_leads_to_the_rollback(broken):
    environment, fault = broken
    path = objects.apps(environment, "deployments", environment.workload)
    objects.change(environment, "PATCH", path, {"spec": {"paused": None}})
    recovered = play("rollback", environment.paths.inventory, "-e", "remediate=auto")
    assert recovered.rc == 0, recovered.output
    assert fault.unrecovered(environment) == ""


@pytest.mark.parametrize("broken", ["two_responders"], indirect=True)
def test_row_66_who_was_taken_over_from_is_told_so_and_writes_nothing(broken):
    environment, _fault = broken
    inventory = environment.paths.inventory
    takeover = ("-e", "incident_id=inc-here", "-e", "lock_takeover=true")
    taken = play("rollback", inventory, "-e", "remediate=auto", *takeover)
    assert taken.rc == 0, taken.output
    verbs.set_image(environment, "hotswap-api:3-bad", "Release 3: once more")
    waiting = FAULTS["bad_release"].visible_when[0]
    wait_until(lambda: waiting(environment) == "", 30, "the next bad release")
    audit = Audit(environment.paths.audit_log)
    before = play("rollback", inventory, "-e", "remediate=auto", "-e", "incident_id=inc-elsewhere")
    refused(before, ["locked by incident inc-here since 20", "lock_takeover=true"])
    assert audit.writes() == []


@pytest.fixture
def budget(healthy):
    """A pod that a disruption budget does not let go, and the arguments that ask for its restart."""
    FAULTS["pdb_blocks"].apply(healthy)
    pod = objects.pods(healthy)[0]["metadata"]

    def asking(wait, **more):
        return "-e", json.dumps({"restart_pod": pod["name"], "restart_eviction_wait": wait, **more})

    return healthy, pod, asking


def test_row_22_a_budget_that_forbids_the_restart_of_a_pod_is_told_before_the_decision(budget):
    environment, _pod, asking = budget
    audit = Audit(environment.paths.audit_log)
    asked = play("restart", environment.paths.inventory, *asking(2))
    assert "nobody approved it" in asked.output
    warning, card = asked.output.index("A disruption budget forbids evicting pod"), asked.output.index("Undo card")
    assert warning < card
    assert audit.writes() == []


def test_row_22_a_budget_that_stays_ends_the_wait_and_the_pod_stays_too(budget):
    environment, pod, asking = budget
    audit = Audit(environment.paths.audit_log)
    played = play("restart", environment.paths.inventory, *asking(2, remediate="auto"))
    refused(played, ["disruption budget", pod["name"]])
    assert pod["uid"] in {found["metadata"]["uid"] for found in objects.pods(environment)}
    assert not [write for write in audit.made() if write[1].startswith("pods")]


def test_row_22_a_budget_that_lets_go_within_the_wait_lets_the_restart_go_on(budget):
    environment, pod, asking = budget
    eviction = ("create", "pods/eviction", pod["name"])
    audit = Audit(environment.paths.audit_log)

    def let_go():
        wait_until(lambda: eviction in audit.writes(), 60, "the first attempt")
        objects.change(environment, "DELETE", objects.budgets(environment, environment.workload))

    with ThreadPoolExecutor(1) as aside:
        freed = aside.submit(let_go)
        played = play("restart", environment.paths.inventory, *asking(60, remediate="auto"))
        freed.result()
    assert played.rc == 0, played.output
    assert audit.made().count(eviction) == 1
    assert pod["uid"] not in {found["metadata"]["uid"] for found in objects.pods(environment)}


def test_healing_removes_every_limit_owner_and_lock_that_faults_left(healthy):
    for name in ("quota_blocks", "pdb_blocks", "hpa_owned", "two_responders", "helm_owned"):
        for step in FAULTS[name].steps:
            step(healthy)
    lifecycle.heal(healthy, lambda note: faults.heal(healthy, note), Silence())
    for path in (
        objects.core(healthy, "resourcequotas"),
        objects.budgets(healthy),
        objects.autoscalers(healthy),
        objects.leases(healthy),
    ):
        assert healthy.kube.get(path)["items"] == []
    metadata = objects.deployment(healthy)["metadata"]
    assert "app.kubernetes.io/managed-by" not in metadata["labels"]
    assert not [name for name in metadata["annotations"] if name.startswith("meta.helm.sh/")]
