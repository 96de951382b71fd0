"""The server binaries: the machine's own where they fit, else built once per pinned version into the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from hotswap_runbooks.gameday import toolchain
from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.lock import locked
from hotswap_runbooks.gameday.programs import PROGRAMS, Program, Version, usable, version_in
from hotswap_runbooks.gameday.progress import Progress, clock


def cache_folder() -> Path:
    """Our folder in the user's cache (`$XDG_CACHE_HOME`, else `~/.cache`)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "hotswap-runbooks"


def find_or_build(progress: Progress) -> dict[str, Path]:
    """Every binary's path by its name; safe when called twice at once; an interrupted build goes on where it was."""
    cache = cache_folder()
    found: dict[str, Path] = {}
    missing: list[Program] = []
    for program in PROGRAMS:
        own = built(program, cache) or on_this_machine(program)
        if own:
            found |= own
        else:
            missing.append(program)
    if missing:
        found |= _build_all(missing, cache, progress)
    return found


def built(program: Program, cache: Path) -> dict[str, Path] | None:
    """The program's binaries in the cache; None unless all are there."""
    folder = target(program, cache)
    paths = {name: folder / name for name in program.packages}
    return paths if all(os.access(path, os.X_OK) for path in paths.values()) else None


def target(program: Program, cache: Path) -> Path:
    """Where the program's binaries belong; another version, other sources or other flags have another place."""
    return cache / f"{program.name}-{program.version}-{program.fingerprint()}"


def on_this_machine(program: Program) -> dict[str, Path] | None:
    """Fitting binaries from `KUBEBUILDER_ASSETS` or PATH."""
    paths: dict[str, Path] = {}
    versions: dict[str, Version] = {}
    places = [place for place in (os.environ.get("KUBEBUILDER_ASSETS"), os.environ.get("PATH")) if place]
    for name in program.packages:
        path = shutil.which(name, path=os.pathsep.join(places))
        version = _version(Path(path)) if path else None
        if path and version:
            paths[name], versions[name] = Path(path).absolute(), version
    return paths if usable(program, versions) else None


def _version(path: Path) -> Version | None:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return version_in(done.stdout + done.stderr)


def _build_all(programs: Iterable[Program], cache: Path, progress: Progress) -> dict[str, Path]:
    cache.mkdir(parents=True, exist_ok=True)
    found: dict[str, Path] = {}

    def waiting() -> None:
        progress.say("Another start is building the servers; waiting for it.")

    with locked(cache / "lock", waiting):
        todo = [program for program in programs if not built(program, cache)]
        if todo:
            about = clock(sum(program.seconds for program in todo))
            progress.say(f"Building the servers from source into {cache} (once; about {about} on two cores).")
            go = toolchain.find_or_install(cache, max(program.go_version() for program in todo), progress)
            for program in todo:
                _build(program, go, cache, progress)
            with progress.step("removing the sources, the binaries stay"):
                _remove_sources(go, cache)
        for program in programs:
            found |= built(program, cache) or {}
    return found


def _build(program: Program, go: Path, cache: Path, progress: Progress) -> None:
    folder = target(program, cache)
    folder.mkdir(parents=True, exist_ok=True)
    log = cache / "build.log"
    for name, package in program.packages.items():
        if os.access(folder / name, os.X_OK):
            continue
        # Built under another name and renamed, so that a killed build never leaves half a binary.
        unfinished = folder / f".{name}.unfinished"
        command = [str(go), "build", "-o", str(unfinished), "-ldflags", f"-s -w {program.ldflags}".strip()]
        command += ["-tags", program.tags] if program.tags else []
        with progress.step(f"building {name} {program.version}"), log.open("ab") as output:
            done = subprocess.run(
                [*command, package],
                cwd=program.folder,
                env={**os.environ, **toolchain.environment(cache)},
                stdout=output,
                stderr=output,
                check=False,
            )
        if done.returncode != 0:
            raise PracticeError(
                f"Building {name} {program.version} failed with exit code {done.returncode}.",
                f"See the end of {log}; run the command again to go on from here.",
            )
        unfinished.replace(folder / name)


def _remove_sources(go: Path, cache: Path) -> None:
    """Only the binaries stay: what they were made from takes ten times their room."""
    settings = {**os.environ, **toolchain.environment(cache)}
    # The module cache is read-only on purpose; go itself knows how to remove it.
    subprocess.run([go, "clean", "-modcache"], env=settings, cwd=cache, capture_output=True, check=False)
    for folder in (cache / "gomod", cache / "gobuild", toolchain.packaged(cache)):
        shutil.rmtree(folder, ignore_errors=True)
