"""Playbooks run as a person runs them, and what the API server saw of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
WRITES = {"create", "update", "patch", "delete", "deletecollection"}
USER_AGENT = "hotswap.runbooks"


@dataclass(frozen=True)
class Played:
    rc: int
    output: str
    report: dict[str, Any] = field(default_factory=dict)


def environment_of_play(**more: str) -> dict[str, str]:
    """A person's shell: no settings of Ansible but the callback, and nowhere near the checkout."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "K8S_AUTH_", "KUBECONFIG", "PG"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "ANSIBLE_STDOUT_CALLBACK": "hotswap.runbooks.oncall", "ANSIBLE_NOCOLOR": "1", **more}


def command(playbook: str, inventory: Path | str, *arguments: str) -> list[str]:
    return ["ansible-playbook", str(ROOT / "playbooks" / f"{playbook}.yml"), "-i", str(inventory), *arguments]


def play(playbook: str, inventory: Path | str, *arguments: str, **environment: str) -> Played:
    """Run a playbook without a terminal, in an empty folder; ``report`` is the triage's, where it wrote one."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        words = command(playbook, inventory, "-e", f"triage_report={report}", *arguments)
        ran = subprocess.run(
            words,
            cwd=folder,
            env=environment_of_play(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        content = json.loads(report.read_text()) if report.exists() else {}
    return Played(ran.returncode, ran.stdout + ran.stderr, content)


class Audit:
    """What was asked of the API server since this was made, from its own audit log."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._begin = log.stat().st_size if log.exists() else 0

    def writes(self) -> list[tuple[str, str, str]]:
        """``(verb, resource, name)`` of each write by the runbooks that was no dry run and no review of rights."""
        return [_described(event) for event in self._events()]

    def made(self) -> list[tuple[str, str, str]]:
        """Those of the writes that the server carried out."""
        return [_described(event) for event in self._events() if event["responseStatus"]["code"] < 300]

    def dry_runs(self) -> list[tuple[str, str, str]]:
        """Writes that the server only tried."""
        return [_described(event) for event in self._events(dry_run=True)]

    def _events(self, *, dry_run: bool = False) -> list[dict[str, Any]]:
        with self._log.open("rb") as log:
            log.seek(self._begin)
            events = [json.loads(line) for line in log.read().splitlines() if line.endswith(b"}")]
        return [
            event
            for event in events
            if event.get("stage") == "ResponseComplete"
            and event["verb"] in WRITES
            and event.get("userAgent", "").startswith(USER_AGENT)
            and ("dryRun=All" in event["requestURI"]) == dry_run
            and not event["objectRef"]["resource"].startswith("selfsubject")
        ]


def _described(event: dict[str, Any]) -> tuple[str, str, str]:
    target = event["objectRef"]
    # An eviction is a creation below the pod.
    resource = "/".join(filter(None, (target["resource"], target.get("subresource"))))
    return event["verb"], resource, target.get("name", "")
