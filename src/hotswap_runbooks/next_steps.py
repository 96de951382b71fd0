"""What a person types next, as it works where this is installed."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from hotswap_runbooks import runs

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def playbook_command(playbook: str, inventory: Path, *words: str) -> str:
    """The command line that runs a playbook of this installation, with paths as short as this directory allows."""
    parts = ["ansible-playbook", _short(runs.playbook_file(playbook)), "-i", _short(inventory), *words]
    return shlex.join(parts)


def activation() -> str:
    """What puts `runbook` and `ansible-playbook` on this shell's PATH; empty where that is done or not needed."""
    script = Path(sys.prefix) / "bin/activate"
    if sys.prefix == sys.base_prefix or os.environ.get("VIRTUAL_ENV") == sys.prefix or not script.exists():
        return ""
    return f". {shlex.quote(_short(script))}"


def installation(modules: Iterable[str]) -> str:
    """The pip command that brings these modules into the Python that runs this, in the versions that are needed."""
    declared = [line.partition(";")[0].strip() for line in metadata.requires("hotswap-runbooks") or []]
    by_name = {_normal(name[0]): line for line in declared if (name := _NAME.match(line))}
    wanted = [by_name.get(_normal(module), _normal(module)) for module in modules]
    return shlex.join([_short(Path(sys.executable)), "-m", "pip", "install", *wanted])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
