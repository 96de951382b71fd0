"""Log grouping beside drain3 and beside the runbook's own pipeline, on the same lines, in alternating runs.

Prints one JSON object per comparison: ``ratio`` is our time by theirs, or the share of sets whose planted error is
named first; ``target`` is what the ratio is held to, as text.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
for _path in (_HERE, _HERE.parents[1] / "playbooks" / "collections"):
    if str(_path) not in sys.path:
        sys.path.insert(0, str(_path))

import log_sets  # noqa: E402
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.counting import PodLog  # noqa: E402
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.entries import Entry, Scanner  # noqa: E402
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.grouping import group  # noqa: E402

ROUNDS = 5
LINES = 3000  # of each set
PIPELINE = "grep -i error | cut -d: -f4 | sort | uniq -c | sort -rn"


def compare(rounds: int = ROUNDS, lines: int = LINES) -> Iterator[dict[str, Any]]:
    """The comparisons, one after another."""
    sets = {chosen.name: log_sets.lines_of(chosen, lines) for chosen in log_sets.SETS}
    yield _named(sets)
    everything = [line for written in sets.values() for line in written]
    errors = _error_lines(everything)
    for what, chosen in (("log grouping, all lines", everything), ("log grouping, error lines only", errors)):
        text = b"\n".join(chosen)
        yield _timed(
            what, "drain3", "< 1", lambda text=text: _ours(text), lambda text=text: _drain3(text), rounds, len(chosen)
        )
    text = b"\n".join(everything)
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        name = file.name
        yield _timed(
            "log grouping, all lines",
            PIPELINE,
            "no target",
            lambda: _ours(text),
            lambda: _pipeline(name),
            rounds,
            len(everything),
        )


def _timed(
    what: str,
    against: str,
    target: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    rounds: int,
    count: int,
) -> dict[str, Any]:
    mine, others = [], []
    for _ in range(rounds):
        mine.append(_seconds(ours))
        others.append(_seconds(theirs))
    ratios = [a / b for a, b in zip(mine, others, strict=True)]
    return {
        "what": what,
        "against": against,
        "ratio": round(statistics.median(ratios), 3),
        "target": target,
        "lines": count,
        "lines_per_s": int(count / min(mine)),
        "lines_per_s_against": int(count / min(others)),
    }


def _named(sets: dict[str, list[bytes]]) -> dict[str, Any]:
    names = {chosen.name: chosen.names for chosen in log_sets.SETS}
    ours = [name for name, lines in sets.items() if names[name] in _first_template(lines)]
    theirs = [name for name, lines in sets.items() if names[name] in _first_of_pipeline(lines)]
    return {
        "what": "planted error named first",
        "against": PIPELINE,
        "ratio": round(len(ours) / len(sets), 3),
        "target": ">= 13/15",
        "named": len(ours),
        "named_against": len(theirs),
        "sets": len(sets),
        "missed": sorted(set(sets) - set(ours)),
    }


def _first_template(lines: list[bytes]) -> str:
    templates = group([PodLog("pod", b"\n".join(lines))])["templates"]
    return str(templates[0]["template"]) if templates else ""


def _first_of_pipeline(lines: list[bytes]) -> str:
    answer = subprocess.run(["sh", "-c", PIPELINE], input=b"\n".join(lines), stdout=subprocess.PIPE, check=True)
    return answer.stdout.decode(errors="replace").split("\n", 1)[0]


def _error_lines(lines: list[bytes]) -> list[bytes]:
    found: list[Entry] = []
    Scanner(found.append).scan(b"\n".join(lines))
    return [entry.line for entry in found]


def _ours(text: bytes) -> object:
    return group([PodLog("pod", text)])


def _drain3(text: bytes) -> object:
    from drain3 import TemplateMiner
    from drain3.template_miner_config import TemplateMinerConfig

    config = TemplateMinerConfig()
    config.profiling_enabled = False
    miner = TemplateMiner(config=config)
    for line in text.decode(errors="replace").split("\n"):
        miner.add_log_message(line)
    return miner


def _pipeline(name: str) -> object:
    return subprocess.run(["sh", "-c", f"{PIPELINE} < {name}"], stdout=subprocess.DEVNULL, check=True, env=os.environ)


def _seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


if __name__ == "__main__":
    for result in compare():
        print(json.dumps(result), flush=True)
