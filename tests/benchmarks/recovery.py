"""From a bad release to verified recovery, beside the time that the cluster itself needs to roll a release out.

The release is out completely, so that each of its pods is replaced. The cluster's own way is the smallest there is: one
patch that names the release before, and a wait for the rollout. Ours is the whole process: triage, plan, change, wait,
and the proof by the rollout, /health, error rate and latency.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from hotswap_runbooks.gameday import faults, lifecycle
from hotswap_runbooks.gameday.environment import Environment
from hotswap_runbooks.gameday.faults import conditions, verbs
from hotswap_runbooks.gameday.paths import FOLDER, Paths
from hotswap_runbooks.gameday.progress import Lines, Silence
from tests.benchmarks.alternating import Command, median, seconds

ROOT = Path(__file__).parents[2]
ROUNDS = 5
GOOD = "hotswap-api:1"


def compare() -> Iterator[dict[str, Any]]:
    """The comparison, on an environment of its own."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.of(Path(folder) / FOLDER)
        environment = lifecycle.up(paths, Lines())
        try:
            yield _row(environment, Path(folder))
        finally:
            lifecycle.down(paths, Silence())


def _row(environment: Environment, folder: Path) -> dict[str, Any]:
    ours, theirs = _playbook(environment, folder), lambda: _cluster_alone(environment)
    # A first round warms both up and does not count.
    found = [_recovery(environment, ours) / _recovery(environment, theirs) for _ in range(ROUNDS + 1)]
    return {
        "what": "bad release to verified recovery, whole process",
        "against": "the cluster's own rollout time",
        "ratio": median(found[1:]),
        "target": "<= 1.5",
    }


def _recovery(environment: Environment, way: Callable[[], object]) -> float:
    """Seconds from the start of ``way`` to its end, with the failing release out completely before it."""
    fault = faults.load()["failing_release"]
    fault.apply(environment)
    taken = seconds(way)
    if missing := conditions.rolled_out(environment, GOOD):
        raise SystemExit(f"The recovery that was measured is none: {missing}.")
    lifecycle.heal(environment, lambda note: faults.heal(environment, note), Silence())
    return taken


def _cluster_alone(environment: Environment) -> None:
    verbs.set_image(environment, GOOD, "Release 1")
    while conditions.rolled_out(environment, GOOD):
        time.sleep(0.05)


def _playbook(environment: Environment, folder: Path) -> Command:
    """The outage playbook, which looks at the service's own metrics: a window of Prometheus would be what is timed."""
    described = yaml.safe_load(environment.paths.inventory.read_text())
    variables = described["gameday"]["hosts"][environment.workload]
    variables.pop("service_prometheus_url")
    inventory = folder / "without_window.yml"
    inventory.write_text(yaml.safe_dump(described))
    program = Path(sys.executable).parent / "ansible-playbook"
    given = ["-e", "remediate=auto", "-e", '{"verify_soak": 0, "verify_interval": 1}']
    return Command([str(program), str(ROOT / "playbooks/api_outage.yml"), "-i", str(inventory), *given], folder, {})
