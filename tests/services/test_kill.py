"""A run that is killed in the middle of a write: the next one ends in the right state, each change made once."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import tempfile

import pytest
from fault_proxy import FaultProxy, wait_until
from mitigations import MITIGATIONS, generation
from plays import Audit, command, environment_of_play, play

from hotswap_runbooks.gameday import faults
from hotswap_runbooks.gameday.faults import objects

METHODS = {"create": "POST", "patch": "PATCH", "update": "PUT", "delete": "DELETE"}
# What remains of a killed run may still be at work: ansible-core 2.19 and later give each step a session of its own.
ENDS_WITHIN_S = 60.0


# Whose next run starts while what remains of the killed one may still be at work: a write that carries what it was
# decided on, and one that cannot.
AT_ONCE = {"rollback", "restart of a pod"}
# Each write of each mitigation, and whether the kill comes before or after the server worked on it.
POINTS = [
    pytest.param(
        mitigation,
        number,
        moment,
        alone,
        id=f"{mitigation.name}-{moment}-{number}-{write[1]}-{'alone' if alone else 'at once'}",
    )
    for mitigation in MITIGATIONS
    if mitigation.playbook != "api_outage"  # its change is the rollback's
    for number, write in enumerate(mitigation.writes)
    for moment in ("before", "after")
    for alone in (True, False)
    if alone or mitigation.name in AT_ONCE
]


@pytest.fixture
def proxy(healthy):
    """In front of the practice cluster's API server, as its administrator."""
    files = healthy.blueprint.certificate("responder")
    tls = ssl.create_default_context(cafile=healthy.blueprint.certificate("cluster-ca").certificate)
    tls.load_cert_chain(files.certificate, files.key)
    proxy = FaultProxy(healthy.blueprint.address("kube-apiserver", "https"), tls)
    yield proxy
    proxy.close()


class Run:
    """A playbook in a session of its own, whose process group can be killed."""

    def __init__(self, mitigation, inventory, **variables):
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            command(mitigation.playbook, inventory, *mitigation.given(**variables)),
            cwd=self._folder.name,
            env=environment_of_play(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def kill(self):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def over(self):
        return self._process.poll() is not None

    def ended(self):
        """Wait for the end of the run and of every step that survived it; the exit status and what was shown."""
        # Survivors keep the other end of the pipe open.
        output, _ = self._process.communicate(timeout=ENDS_WITHIN_S)
        self._folder.cleanup()
        return self._process.returncode, output.decode()


def uids(environment):
    return {pod["metadata"]["uid"] for pod in objects.pods(environment)}


def pattern(write):
    verb, resource, name = write
    kind, _, below = resource.partition("/")
    path = kind if verb == "create" and not below else "/".join(filter(None, (kind, name, below)))
    return rf"^{METHODS[verb]} [^?]*/{path}(\?(?!.*dryRun)|$)"


@pytest.mark.parametrize(("mitigation", "number", "moment", "alone"), POINTS)
def test_row_65_a_killed_run_is_finished_by_the_next_with_each_change_made_once(
    healthy, proxy, mitigation, number, moment, alone
):
    mitigation = mitigation.prepare(healthy)
    before, pods, audit = generation(healthy), uids(healthy), Audit(healthy.paths.audit_log)
    killed = []

    def kill():
        killed.append(moment)
        run.kill()

    hook = {"meanwhile": kill} if moment == "before" else {"afterwards": kill}
    proxy.next(pattern(mitigation.writes[number]), reset=moment, **hook)
    through = {"service_kubernetes": {"host": proxy.url, "api_key": "any"}}
    run = Run(mitigation, healthy.paths.inventory, remediate="auto", **through)
    wait_until(lambda: killed or run.over(), 60, f"the {mitigation.writes[number]}")
    assert killed, run.ended()
    if alone:
        code, output = run.ended()
        assert code == -signal.SIGKILL, output

    finished = play(mitigation.playbook, healthy.paths.inventory, *mitigation.given(remediate="auto"))
    assert finished.rc == 0, finished.output
    if not alone:
        run.ended()
    assert mitigation.reached(healthy) == ""
    assert generation(healthy) == before + 1
    made = [write for write in audit.made() if write[1] != "leases"]
    if any(write[1] == "pods/eviction" for write in mitigation.writes):
        # It names one pod for good: what survived of the killed run may ask again for the one that is ending already.
        made = list(dict.fromkeys(made))
        assert len(pods - uids(healthy)) == 1
    assert made == [write for write in mitigation.writes if write[1] != "leases"]


def test_row_67_a_run_that_was_taken_over_from_does_not_write_any_more(healthy, proxy):
    """Its write was decided and on its way; the takeover comes first."""
    (rollback,) = [mitigation for mitigation in MITIGATIONS if mitigation.name == "rollback"]
    faults.load()[rollback.fault].apply(healthy)
    audit = Audit(healthy.paths.audit_log)
    inventory = healthy.paths.inventory
    taken = []

    def take_over():
        variables = rollback.given(remediate="auto", incident_id="inc-second", lock_takeover=True)
        taken.append(play(rollback.playbook, inventory, *variables))

    proxy.next(pattern(rollback.writes[-1]), meanwhile=take_over)
    through = {"service_kubernetes": {"host": proxy.url, "api_key": "any"}}
    first = play(rollback.playbook, inventory, *rollback.given(remediate="auto", incident_id="inc-first", **through))
    assert taken[0].rc == 0, taken[0].output
    # The release it wanted to leave is left already, so that there is nothing to do any more, and it says so.
    assert first.rc == 0, first.output
    assert "Nothing was changed" in first.output
    record = json.dumps(healthy.kube.get("/apis/apps/v1/namespaces/default/deployments/hotswap-api")["metadata"])
    assert "inc-second" in record
    assert "inc-first" not in record
    # The mark of the takeover, and the rollback of who took over.
    assert audit.made().count(rollback.writes[-1]) == 2
