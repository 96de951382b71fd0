"""Each supported ansible-core line in a virtual environment of its own, kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hotswap_runbooks.gameday.lock import locked

ROOT = Path(__file__).parents[1]
CORES = {
    "2.16": ("ansible-core==2.16.*", (3, 11), (3, 12)),
    "2.19": ("ansible-core==2.19.*", (3, 11), (3, 13)),
    "newest": ("ansible-core>=2.20", (3, 12), (3, 99)),
}


def pythons() -> dict[tuple[int, int], Path]:
    """Interpreters that really start, by version: this one, those on PATH, and pyenv's."""
    candidates = [Path(sys.executable)]
    candidates += [Path(found) for minor in range(11, 20) if (found := shutil.which(f"python3.{minor}"))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates += sorted(pyenv.glob("versions/3.*/bin/python3"))
    found_by_version: dict[tuple[int, int], Path] = {}
    for candidate in candidates:
        answer = subprocess.run(
            [candidate, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        if answer.returncode == 0:
            major, minor = answer.stdout.split()
            found_by_version.setdefault((int(major), int(minor)), candidate)
    return found_by_version


@pytest.fixture(scope="session", params=CORES)
def core(request) -> Path:
    """The folder of a virtual environment's programs, with the ansible-core line of the parameter in it."""
    requirement, oldest, latest = CORES[request.param]
    fitting = {version: path for version, path in pythons().items() if oldest <= version <= latest}
    if not fitting:
        span = f"{oldest[0]}.{oldest[1]}" + (f" to {latest[0]}.{latest[1]}" if latest[1] < 99 else " or later")
        pytest.skip(f"{requirement} needs Python {span}; none is on this machine")
    # The newest core is for the newest Python; the others run on the oldest that fits.
    version = max(fitting) if request.param == "newest" else min(fitting)
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "hotswap-runbooks" / "cores"
    wanted = hashlib.sha256((ROOT / "requirements.txt").read_bytes()).hexdigest()[:8]
    home = cache / f"{request.param}-python{version[0]}.{version[1]}-{wanted}"
    with locked(home.with_name(f"{home.name}.lock")):
        _install(home, fitting[version], requirement)
    return home / "bin"


def _install(home: Path, python: Path, requirement: str) -> None:
    complete = home / "complete"
    if not complete.exists():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([python, "-m", "venv", home], check=True)
        subprocess.run(
            [
                home / "bin/pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                requirement,
                "--requirement",
                ROOT / "requirements.txt",
            ],
            check=True,
        )
        complete.touch()
