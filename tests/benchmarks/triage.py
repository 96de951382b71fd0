"""The triage of a healthy practice service beside an empty play and beside the runbook's own commands."""

from __future__ import annotations

import shutil
import socket
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from hotswap_runbooks.gameday import lifecycle
from hotswap_runbooks.gameday.environment import Environment
from hotswap_runbooks.gameday.paths import FOLDER, Paths
from hotswap_runbooks.gameday.progress import Lines, Silence
from tests.benchmarks import parts
from tests.benchmarks.alternating import Command, median, ratios, seconds

ROOT = Path(__file__).parents[2]
ROUNDS = 9
DEADLINE_S = 10
EMPTY_PLAY = "- {hosts: all, gather_facts: false, tasks: [{name: Say hello, ansible.builtin.debug: {msg: hello}}]}\n"

# The triage and the gathering of information in the runbook, one after another, without the parts that need a browser.
RUNBOOK = """
. .gameday/env
curl -s "$HEALTH_URL"
kubectl get pods -l app=hotswap-api -o wide
kubectl logs -l app=hotswap-api --since=5m | grep -i error | tail -50
kubectl top pods -l app=hotswap-api
psql -c 'SELECT version(); SELECT pg_is_in_recovery();'
psql -c 'SELECT count(*) FROM pg_stat_activity;'
git -C .gameday/repository log --since='1 hour ago' --oneline
kubectl rollout history deployment/hotswap-api
curl -s "$METRICS_URL" | grep http_req
bao status
true
"""
NEEDED = ("kubectl", "psql", "bao", "curl", "git")


def compare() -> Iterator[dict[str, Any]]:
    """The comparisons, one after another, on an environment of their own."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.of(Path(folder) / FOLDER)
        environment = lifecycle.up(paths, Lines())
        try:
            yield from _comparisons(environment, Path(folder))
        finally:
            lifecycle.down(paths, Silence())


def _comparisons(environment: Environment, folder: Path) -> Iterator[dict[str, Any]]:
    (folder / "empty.yml").write_text(EMPTY_PLAY)
    triage = _playbook(ROOT / "playbooks/triage.yml", environment.paths.inventory, folder)
    empty = _playbook(folder / "empty.yml", environment.paths.inventory, folder)
    yield {
        "what": "triage, whole process, all sources answering",
        "against": "an empty play",
        "ratio": median(ratios(triage, empty, ROUNDS)),
        "target": "<= 1.5",
    }
    yield from parts.compare(environment.paths.inventory, statistics.median(seconds(empty) for _ in range(ROUNDS)))
    yield _against_the_runbook(environment, triage, folder)
    yield _black_holed(environment, folder)


def _playbook(playbook: Path, inventory: Path, folder: Path, *arguments: str) -> Command:
    program = Path(sys.executable).parent / "ansible-playbook"
    return Command([str(program), str(playbook), "-i", str(inventory), *arguments], folder, {})


def _against_the_runbook(environment: Environment, triage: Command, folder: Path) -> dict[str, Any]:
    row = {"what": "triage", "against": "the runbook's shell commands one after another", "target": "< 1"}
    programs = str(Path(sys.executable).parent)
    missing = [name for name in NEEDED if not shutil.which(name) and not (Path(programs) / name).exists()]
    if missing:
        return {**row, "ratio": None, "remark": f"not measured: there is no {', '.join(missing)} on PATH"}
    hosts = yaml.safe_load(environment.paths.inventory.read_text())["gameday"]["hosts"]["hotswap-api"]
    urls = {"HEALTH_URL": hosts["service_health_url"], "METRICS_URL": hosts["service_metrics_url"]}
    shell = Command(["bash", "-c", RUNBOOK], folder, urls)
    return {**row, "ratio": median(ratios(triage, shell, ROUNDS))}


def _black_holed(environment: Environment, folder: Path) -> dict[str, Any]:
    """Every dependency accepts the connection and then says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        port = silent.getsockname()[1]
        threading.Thread(target=_keep_accepting, args=(silent,), daemon=True).start()
        inventory = folder / "silent.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": {"hotswap-api": _silent_service(port)}}}))
        hung = _playbook(ROOT / "playbooks/triage.yml", inventory, folder, "-e", f"triage_deadline={DEADLINE_S}")
        taken = min(seconds(hung) for _ in range(2))
    return {
        "what": "triage, every dependency hanging",
        "against": f"its deadline of {DEADLINE_S} s",
        "ratio": round(taken / DEADLINE_S, 2),
        "target": f"<= {(DEADLINE_S + 1) / DEADLINE_S}",
    }


def _keep_accepting(silent: socket.socket) -> None:
    kept = []
    while True:
        try:
            kept.append(silent.accept())
        except OSError:
            return


def _silent_service(port: int) -> dict[str, Any]:
    plain, secure = f"http://127.0.0.1:{port}", f"https://127.0.0.1:{port}"
    return {
        "ansible_connection": "local",
        "service_namespace": "default",
        "service_workload": "deployment/hotswap-api",
        "service_kubernetes": {"host": secure, "api_key": "none", "validate_certs": False},
        "service_health_url": f"{plain}/health",
        "service_metrics_url": f"{plain}/metrics",
        "service_prometheus_url": plain,
        "service_database": {"login_host": "127.0.0.1", "login_port": port, "login_user": "nobody", "login_db": "none"},
        "service_vault": {"url": secure, "validate_certs": False},
    }
