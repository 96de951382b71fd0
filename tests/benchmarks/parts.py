"""Where the time of a triage goes: the parts of its one module, each in a fresh process that has Ansible loaded.

As a script, with an inventory as its argument, it prints the seconds of each part as JSON.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ROUNDS = 7
PLUGINS = "ansible_collections.hotswap.runbooks.plugins"
NAMES = {
    "imports": "its part: importing the collection's own code",
    "client": "its part: importing the official Kubernetes client",
    "reading": "its part: reading all sources at the same time",
    "rules": "its part: loading the rules",
    "diagnosis": "its part: the diagnosis",
}


def compare(inventory: Path, empty_play_s: float) -> Iterator[dict[str, Any]]:
    """Each part by the time of an empty play."""
    rounds = [_measured(inventory) for _ in range(ROUNDS)]
    for part, name in NAMES.items():
        ratio = statistics.median(measured[part] for measured in rounds) / empty_play_s
        yield {"what": name, "against": "an empty play", "ratio": round(ratio, 2), "target": ""}


def _measured(inventory: Path) -> dict[str, float]:
    words = [sys.executable, "-m", "tests.benchmarks.parts", str(inventory)]
    return dict(json.loads(subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout))


def measure(inventory: Path) -> dict[str, float]:
    """Seconds of each part, in the order in which a triage goes through them."""
    import importlib

    import yaml

    importlib.import_module("ansible.cli.playbook")
    importlib.import_module("ansible.module_utils.common.arg_spec")
    sys.path.insert(0, str(ROOT / "playbooks/collections"))
    taken: dict[str, float] = {}
    began = time.perf_counter()

    def lap(part: str) -> None:
        nonlocal began
        now = time.perf_counter()
        taken[part] = now - began
        began = time.perf_counter()

    module = importlib.import_module(f"{PLUGINS}.modules.triage")
    context = importlib.import_module(f"{PLUGINS}.module_utils.context")
    deadline = importlib.import_module(f"{PLUGINS}.module_utils.deadline")
    lap("imports")
    importlib.import_module(f"{PLUGINS}.module_utils.kubernetes.official").official()
    lap("client")
    options = _options(module, yaml.safe_load(inventory.read_text())["gameday"]["hosts"]["hotswap-api"])
    began = time.perf_counter()
    outcome = module.run(options, context.Context(deadline=deadline.Deadline(10)))
    lap("reading")
    rulebook = importlib.import_module(f"{PLUGINS}.module_utils.diagnosis.rulebook").load_rulebook()
    lap("rules")
    report = importlib.import_module(f"{PLUGINS}.module_utils.diagnosis.report")
    report.diagnose(outcome.data["evidence"], rulebook, outcome.data["service"])
    lap("diagnosis")
    return taken


def _options(module: Any, variables: dict[str, Any]) -> dict[str, Any]:
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

    given = {name.removeprefix("service_"): value for name, value in variables.items() if name.startswith("service_")}
    given["service"] = given.pop("name")
    given.update(given.pop("kubernetes"))
    validation = ArgumentSpecValidator(module.SPEC.argument_spec()).validate(given)
    if validation.error_messages:
        raise SystemExit("; ".join(validation.error_messages))
    return dict(validation.validated_parameters)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
