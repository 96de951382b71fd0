"""Up and down: the order in which an environment comes and goes."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from hotswap_runbooks.gameday import (
    application,
    binaries,
    certificates,
    cluster,
    database,
    inventory,
    monitoring,
    nodes,
    repository,
    state,
    vault,
)
from hotswap_runbooks.gameday.blueprint import Blueprint
from hotswap_runbooks.gameday.environment import PARTS, Environment
from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.lock import locked
from hotswap_runbooks.gameday.parts import Parts
from hotswap_runbooks.gameday.paths import Paths
from hotswap_runbooks.gameday.progress import Note, Progress

READY_LIMIT = 90.0  # seconds
WAITING = "Another command works on this environment; waiting for it."
# Each chain is ended from left to right: an API server without etcd hangs and keeps its port.
DOWN = (
    ("service",),
    ("prometheus",),
    ("postgres",),
    ("vault",),
    ("metrics-server",),
    ("kwok", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"),
)
POLITELY = {"postgres": signal.SIGINT}


def up(paths: Paths, progress: Progress) -> Environment:
    """Start everything that does not run yet and wait until the service is ready.

    Where all was running there may be a fault at work: then nothing is waited for, and ``trouble()`` tells.
    """
    with locked(paths.lock, lambda: progress.say(WAITING)):
        environment = Environment(_decide(paths, progress))
        blueprint = environment.blueprint
        all_running = all(environment.running(part) for part in PARTS)
        if all_running:
            progress.say("Everything is running already.")
        certificates.create(paths.certificates)
        with ThreadPoolExecutor(3) as pool:
            chains = [pool.submit(chain, environment, progress) for chain in (_control_plane, _database, _vault)]
        for chain in chains:
            chain.result()
        application.prepare(blueprint)
        monitoring.prepare(blueprint)
        for part in ("service", "prometheus"):
            _start(environment, part, progress)
        with progress.step("sample git repository") as note:
            if not repository.create(paths.repository):
                note("left out: there is no git")
        inventory.write(blueprint)
        if not (all_running and paths.ready.exists()):
            wait("service ready, read by Prometheus", environment.trouble, progress, READY_LIMIT)
            paths.ready.touch()
        return environment


def _decide(paths: Paths, progress: Progress) -> Blueprint:
    """The decisions of an existing environment, or new ones."""
    decided = state.load(paths.state)
    if decided is None:
        shutil.rmtree(paths.logs, ignore_errors=True)
    for folder in (paths.folder, paths.pids, paths.logs, paths.data, paths.podlogs):
        folder.mkdir(parents=True, exist_ok=True)
    if decided is None or not all(Path(binary).exists() for binary in decided.binaries.values()):
        found = {name: str(path) for name, path in binaries.find_or_build(progress).items()}
        if decided is None:
            decided = state.State(
                version=state.VERSION,
                ports=state.free_ports(),
                passwords=state.new_passwords(),
                binaries=found,
                postgres_home=str(database.choose_home(paths.data)),
            )
        decided = replace(decided, binaries=found)
        state.save(paths.state, decided)
    return Blueprint(paths, decided)


def _start(environment: Environment, part: str, progress: Progress) -> bool:
    with progress.step(part) as note:
        started = environment.start(part)
        if not started:
            note("already running")
    return started


def _control_plane(environment: Environment, progress: Progress) -> None:
    blueprint = environment.blueprint
    cluster.prepare(blueprint)
    for part in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        _start(environment, part, progress)
    cluster.grant_reading(blueprint)
    nodes.prepare(blueprint)
    _start(environment, "kwok", progress)
    nodes.create_nodes(blueprint)
    _start(environment, "metrics-server", progress)
    nodes.register_metrics(blueprint)


def _database(environment: Environment, progress: Progress) -> None:
    with progress.step("PostgreSQL's data folder"):
        database.prepare(environment.blueprint)
    _start(environment, "postgres", progress)
    database.create_content(environment.blueprint)


def _vault(environment: Environment, progress: Progress) -> None:
    vault.prepare(environment.blueprint)
    started = _start(environment, "vault", progress)
    # One that was sealed while it ran stays as it is: that is a fault, and `heal` ends it.
    if started or not environment.paths.ready.exists():
        with progress.step("Vault unsealed"):
            vault.Vault(environment.blueprint).initialize()


def wait(name: str, trouble: Callable[[], str], progress: Progress, limit: float) -> None:
    """Wait until ``trouble()`` is empty; raises PracticeError with the last trouble after ``limit`` seconds."""
    deadline = time.monotonic() + limit
    with progress.step(name) as note:
        while left := trouble():
            if time.monotonic() > deadline:
                raise PracticeError(
                    f"The service was not ready after {limit:.0f} s: {left}.", "See `runbook gameday status`."
                )
            note(left)
            time.sleep(0.2)
        note("")


def heal(environment: Environment, undo: Callable[[Note], None], progress: Progress) -> None:
    """Bring the healthy state back from any fault: start what stopped, undo, wait until nothing shows any more."""
    _start_missing(environment, progress)
    with progress.step("undoing the faults") as note:
        undo(note)
        note("")
    _start_missing(environment, progress)
    wait("healthy again", environment.aftermath, progress, READY_LIMIT)


def _start_missing(environment: Environment, progress: Progress) -> None:
    for part in PARTS:
        if not environment.running(part):
            _start(environment, part, progress)


def down(paths: Paths, progress: Progress) -> list[str]:
    """End exactly what was started here and remove its state; names what was ended. Logs stay until the next start."""
    if not paths.folder.is_dir():
        return []
    with locked(paths.lock, lambda: progress.say(WAITING)):
        parts, ended = Parts(paths), []
        known = {part for chain in DOWN for part in chain}
        chains = (*((part,) for part in parts.recorded() if part not in known), *DOWN)

        def end(chain: tuple[str, ...]) -> list[str]:
            return [part for part in chain if parts.stop(part, POLITELY.get(part, signal.SIGTERM))]

        with ThreadPoolExecutor(len(chains)) as pool:
            for names in pool.map(end, chains):
                ended += names
        _remove_state(paths)
        return ended


def _remove_state(paths: Paths) -> None:
    try:
        # Read leniently: an environment of another version is ended as well.
        home = json.loads(paths.state.read_text(encoding="utf-8"))["postgres_home"]
        database.remove(Path(home), paths.folder)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    for entry in paths.folder.iterdir():
        if entry in (paths.lock, paths.logs):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
