"""A game day in one go: break the practice service with a bad release, let the playbook bring it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hotswap_runbooks import runs
from hotswap_runbooks.gameday import faults, lifecycle
from hotswap_runbooks.gameday.environment import Environment
from hotswap_runbooks.gameday.lock import locked
from hotswap_runbooks.gameday.paths import Paths
from hotswap_runbooks.gameday.progress import shown

FAULT = "bad_release"


def demo(say: Callable[[str], None]) -> int:
    """Start what does not run, break it, run the API outage playbook; the exit code of that run."""
    paths = Paths.of()
    say("1. The practice environment: real servers on loopback")
    with shown() as progress:
        environment = lifecycle.up(paths, progress)
        if environment.trouble():
            lifecycle.heal(environment, lambda note: faults.heal(environment, note), progress)
    fault = faults.load()[FAULT]
    say(f"\n2. Something goes wrong: {fault.summary}")
    with locked(paths.lock), shown() as progress, progress.step(f"breaking: {FAULT}"):
        fault.apply(environment)
    inventory = _relative(paths.inventory)
    say(f"\n3. The playbook: ansible-playbook playbooks/api_outage.yml -i {inventory} -e remediate=auto\n")
    ended = runs.run("api_outage", paths.inventory, variables={"remediate": "auto"}, show=say)
    say("\n4. The end")
    return _judge(environment, ended, say)


def _judge(environment: Environment, ended: runs.Run, say: Callable[[str], None]) -> int:
    """The playbook's own verdict is not enough for a demonstration: the service is asked once more."""
    status, _body = environment.health()
    trouble = environment.trouble()
    if ended.rc or status != 200 or trouble:
        say(f"The service did not recover: the playbook ended with {ended.rc}, /health answers {status}. {trouble}")
        return ended.rc or 1
    say("The service is healthy. The environment is still running:")
    say("  make down                         ends it")
    say("  runbook gameday faults            lists what else can break")
    return 0


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
