"""A game day in one go: break the practice service with a bad release, let the playbook bring it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hotswap_runbooks import next_steps, runs
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
    command = next_steps.playbook_command("api_outage", paths.inventory, "-e", "remediate=auto")
    say(f"\n3. The playbook: {command}\n")
    ended = runs.run("api_outage", paths.inventory, variables={"remediate": "auto"}, show=say)
    say("\n4. The end")
    return _judge(environment, ended, say)


def _judge(environment: Environment, ended: runs.Run, say: Callable[[str], None]) -> int:
    """The playbook's own verdict is not enough for a demonstration: the service is asked once more."""
    status, _body = environment.health()
    trouble = environment.trouble()
    if ended.rc or status != 200 or trouble:
        seen = f"the playbook ended with {ended.rc}, /health answers {status or 'nothing'}"
        say(f"The service did not recover: {'; '.join(filter(None, (seen, trouble)))}.")
        _next(say, {"runbook gameday status": "shows every part", "runbook gameday heal": "ends every fault"})
        return ended.rc or 1
    say("The service is healthy. The environment is still running:")
    _next(say, {"runbook gameday down": "ends it", "runbook gameday faults": "lists what else can break"})
    return 0


def _next(say: Callable[[str], None], commands: Mapping[str, str]) -> None:
    activation = next_steps.activation()
    known = {activation: "puts the commands on PATH"} if activation else {}
    for command, does in {**known, **commands}.items():
        say(f"  {command:<32}  {does}")
