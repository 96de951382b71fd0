"""Run a playbook of the collection from Python, over ansible-runner."""

from __future__ import annotations

import importlib.util
import locale
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """How a run ended. ``status`` is ansible-runner's: successful, failed, timeout or canceled."""

    status: str
    rc: int
    output: str


def collection_folder() -> Path:
    """The folder that holds galaxy.yml and playbooks/: of the checkout, or of the installed wheel."""
    spec = importlib.util.find_spec("ansible_collections.hotswap.runbooks")
    places = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    for place in places:
        # In a checkout the package consists of links; galaxy.yml leads to the real folder.
        folder = (place / "galaxy.yml").resolve().parent
        if (folder / "playbooks").is_dir():
            return folder
    raise FileNotFoundError("The collection hotswap.runbooks is not installed beside this package.")


def playbook_file(playbook: str) -> Path:
    """``playbooks/<playbook>.yml`` of the collection, whether it exists or not."""
    return collection_folder() / "playbooks" / f"{playbook}.yml"


def run(
    playbook: str,
    inventory: Path,
    *,
    limit: str = "",
    variables: Mapping[str, Any] | None = None,
    check: bool = False,
    show: Callable[[str], None] | None = None,
) -> Run:
    """Run ``playbooks/<playbook>.yml`` and wait for its end; ``show`` gets each line of output as it comes.

    ``variables`` are data: text in them is never templated. Pass references to secrets, not secrets: extra variables
    are written into the run's folder, which is removed at the end.

    Raises FileNotFoundError for a playbook or an inventory that does not exist.
    """
    import ansible_runner

    path = playbook_file(playbook)
    for needed in (path, inventory):
        if not Path(needed).exists():
            raise FileNotFoundError(f"{needed} does not exist.")
    words = ["--check"] if check else []
    lines: list[str] = []

    def on_event(event: Mapping[str, Any]) -> bool:
        for line in str(event.get("stdout") or "").splitlines():
            lines.append(line)
            if show:
                show(line)
        return True

    folder = tempfile.mkdtemp(prefix="runbooks-")
    try:
        ended = ansible_runner.run(
            private_data_dir=folder,
            playbook=str(path),
            inventory=str(Path(inventory).resolve()),
            limit=limit or None,
            extravars=_as_data(dict(variables or {})),
            cmdline=" ".join(words) or None,
            envvars=_environment(),
            event_handler=on_event,
            quiet=True,
        )
        return Run(str(ended.status), int(ended.rc), "\n".join(lines))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment() -> dict[str, str]:
    # Without our own programs first on PATH, ansible-runner ends with rc 127 instead of an exception.
    programs = str(Path(sys.executable).parent)
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "ANSIBLE_STDOUT_CALLBACK": "hotswap.runbooks.oncall",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        **({} if sys.stdout.isatty() else {"ANSIBLE_NOCOLOR": "1"}),
        # Ansible refuses to start in another encoding, which the C locale of a bare machine or a CI job is.
        **({} if locale.getlocale()[1] == "UTF-8" else {"LC_ALL": "C.UTF-8"}),
    }


def _as_data(value: Any) -> Any:
    """Every text marked as Ansible's JSON form of unsafe: extra variables would otherwise be templated."""
    if isinstance(value, Mapping):
        return {key: _as_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_data(item) for item in value]
    return {"__ansible_unsafe": value} if isinstance(value, str) else value
