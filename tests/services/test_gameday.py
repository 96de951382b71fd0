"""The practice environment comes up once, says how it is, and goes without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from hotswap_runbooks.gameday import processes
from hotswap_runbooks.gameday.application import REQUESTS_PER_SECOND
from hotswap_runbooks.gameday.environment import PARTS, Environment
from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.monitoring import value
from hotswap_runbooks.gameday.parts import OK
from hotswap_runbooks.gameday.paths import FOLDER

pytestmark = pytest.mark.services


def runbook(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hotswap_runbooks.cli", "gameday", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=900)


def spawn(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hotswap_runbooks.cli", "gameday", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def recorded(folder: Path) -> dict[str, processes.Process]:
    found = {file.name: processes.recorded(file) for file in (folder / FOLDER / "pids").iterdir()}
    return {name: process for name, process in found.items() if process}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A folder for an environment of the test's own, ended in any case."""
    yield tmp_path
    runbook(tmp_path, "down")


def test_every_part_works_and_status_says_so(gameday: Environment) -> None:
    shown = runbook(gameday.paths.folder.parent, "status")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert [line.split()[0] for line in shown.stdout.splitlines()[1:-1]] == list(PARTS)


def test_a_second_up_starts_nothing_and_says_what_runs(gameday: Environment) -> None:
    before = recorded(gameday.paths.folder.parent)
    again = runbook(gameday.paths.folder.parent, "up")
    assert again.returncode == 0, again.stderr
    assert "Everything is running already" in again.stdout
    assert again.stdout.count("already running") == len(PARTS)
    assert recorded(gameday.paths.folder.parent) == before


def test_the_service_is_watched_and_its_traffic_counted(gameday: Environment) -> None:
    assert gameday.health()[0] == 200
    expression, deadline = "sum(rate(http_req_duration_seconds_count[15s]))", time.monotonic() + 40
    while (value(gameday.blueprint, expression) or 0) < 8 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert value(gameday.blueprint, expression) == pytest.approx(REQUESTS_PER_SECOND, rel=0.2)
    rate = gameday.error_rate()
    assert rate is not None
    assert rate < 0.01


def test_the_metrics_api_tells_the_usage_of_each_pod(gameday: Environment) -> None:
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{gameday.namespace}/pods"
    deadline = time.monotonic() + 60  # metrics-server needs two readings, 10 s apart
    items: list[object] = []
    while time.monotonic() < deadline and len(items) < 3:
        answer = gameday.kube.call("GET", path)
        items = (answer.json() or {}).get("items", []) if answer.status == 200 else []
        time.sleep(0.5)
    assert len(items) >= 3


def test_the_on_call_role_sees_all_sessions_and_may_end_them_but_is_no_superuser(gameday: Environment) -> None:
    with psycopg2.connect(gameday.database.dsn("runbook")) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        assert cursor.fetchone() == ("off",)
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'hotswap' AND state IS NOT NULL")
        assert (cursor.fetchone() or [0])[0] > 0
        for role in ("pg_monitor", "pg_signal_backend", "pg_use_reserved_connections"):
            cursor.execute("SELECT pg_has_role('runbook', %s, 'USAGE')", (role,))
            assert cursor.fetchone() == (True,), role
    connection.close()


def test_the_audit_log_tells_who_wrote_and_leaves_out_reads_and_the_clusters_own_parts(gameday: Environment) -> None:
    events = [json.loads(line) for line in gameday.paths.audit_log.read_text().splitlines()]
    assert {event["verb"] for event in events} <= {"create", "update", "patch", "delete", "deletecollection"}
    users = {event["user"]["username"] for event in events}
    assert "gameday:gameday" in users
    assert not users & {"gameday:kwok", "gameday:service", "system:kube-controller-manager"}


def test_a_person_without_rights_is_refused(gameday: Environment) -> None:
    from kubernetes import client, config

    api = config.new_client_from_config(config_file=str(gameday.paths.kubeconfig_without_rights))
    with pytest.raises(client.ApiException) as refused:
        client.CoreV1Api(api).list_namespaced_pod("default", _request_timeout=10)
    assert refused.value.status == 403


def test_the_reader_sees_everything_of_the_service_and_may_change_nothing(gameday: Environment) -> None:
    from kubernetes import client, config

    api = config.new_client_from_config(config_file=str(gameday.paths.kubeconfig_read_only))
    core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
    pods = core.list_namespaced_pod(gameday.namespace, label_selector=f"app={gameday.workload}", _request_timeout=10)
    assert pods.items
    assert core.read_namespaced_pod_log(pods.items[0].metadata.name, gameday.namespace, tail_lines=1)
    with pytest.raises(client.ApiException) as refused:
        apps.patch_namespaced_deployment(gameday.workload, gameday.namespace, {"spec": {"paused": True}})
    assert refused.value.status == 403


def test_vault_is_sealed_and_opened_again(healthy: Environment) -> None:
    healthy.seal_vault()
    assert healthy.part("vault").health() == "sealed"
    healthy.seal_vault()
    healthy.unseal_vault()
    assert healthy.part("vault").health() == OK


def test_starting_again_leaves_a_fault_alone_and_names_the_way_out(healthy: Environment) -> None:
    folder = healthy.paths.folder.parent
    broken = runbook(folder, "break", "vault_sealed")
    assert broken.returncode == 0, broken.stderr
    again = runbook(folder, "up")
    assert again.returncode == 1
    assert "the service is not healthy" in again.stderr
    assert "runbook gameday heal" in again.stderr
    assert healthy.part("vault").health() == "sealed"
    healed = runbook(folder, "heal")
    assert healed.returncode == 0, healed.stderr
    assert healthy.aftermath() == ""
    assert runbook(folder, "heal").returncode == 0, "healing a healthy service is fine"


def test_the_database_comes_back_on_its_old_address_with_its_data(healthy: Environment) -> None:
    healthy.stop_database()
    with pytest.raises(psycopg2.OperationalError, match="refused"):
        psycopg2.connect(healthy.database.dsn("hotswap"))
    healthy.stop_database()
    healthy.start_database()
    with psycopg2.connect(healthy.database.dsn("hotswap")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) > 0 FROM audit_logs")
        assert cursor.fetchone() == (True,)
    connection.close()


def test_two_starts_at_once_make_one_environment_and_a_killed_part_comes_back(own: Path) -> None:
    starts = [spawn(own, "up"), spawn(own, "up")]
    said = [start.communicate(timeout=300)[0] for start in starts]
    assert [start.returncode for start in starts] == [0, 0], said
    assert sum("waiting for it" in text for text in said) == 1
    before = recorded(own)
    assert set(before) == set(PARTS)

    os.kill(before["postgres"].pid, signal.SIGKILL)
    os.kill(before["prometheus"].pid, signal.SIGKILL)
    shown = runbook(own, "status")
    assert shown.returncode == 1
    assert shown.stdout.count("not running") == 2
    assert runbook(own, "up").returncode == 0
    after = recorded(own)
    assert {name for name in PARTS if after[name] != before[name]} == {"postgres", "prometheus"}

    # Ending it also works when parts died before, and only logs are left.
    os.kill(after["etcd"].pid, signal.SIGKILL)
    ended = runbook(own, "down")
    assert ended.returncode == 0, ended.stderr
    assert not [name for name, process in after.items() if processes.alive(process)]
    assert sorted(entry.name for entry in (own / FOLDER).iterdir()) == ["lock", "logs"]
    assert runbook(own, "status").returncode == 2


def test_down_ends_what_a_killed_start_left_behind(own: Path) -> None:
    with spawn(own, "up") as start:
        deadline = time.monotonic() + 60
        while not (own / FOLDER / "pids" / "kube-apiserver").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        start.kill()
    started = recorded(own)
    assert "etcd" in started
    assert runbook(own, "down").returncode == 0
    assert not [name for name, process in started.items() if processes.alive(process)]


def test_an_unknown_part_is_named_with_the_known_ones(gameday: Environment) -> None:
    with pytest.raises(PracticeError, match=r"no part 'mysql'.*postgres"):
        gameday.stop("mysql")
