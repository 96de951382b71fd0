# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the service's containers complain of, also those that crashed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    NotFound,
    Precondition,
    RunbookError,
    TimedOut,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import pods as verdicts
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.pods import PodReason
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.counting import PodLog
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.grouping import group
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.together import Finished, run_together

SOURCE = "logs"

MAX_PODS = 6
MAX_LINES = 20_000  # the newest of each log
MAX_BYTES = 10 * 2**20  # of each log
_FOR_GROUPING = 0.8  # of the time left: what has been read by then is what counts
_PREVIOUS_LINES = 2000
_AGAIN = 2  # times a log is read anew for its newest part
_FOR_AGAIN = 0.9  # of the time for reading

Name = tuple[str, bool]  # pod, and whether it is the log of its previous container


@dataclass(frozen=True)
class Part:
    """What was read of a log. ``cut``: there is more. ``newest``: nothing is missing at its end."""

    text: bytes
    cut: bool = False
    newest: bool = True


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:
    """Errors of the last minutes as templates, from the pods that tell most: those not ready, then the newest.

    Of a container that crashed the log before is read too. ``newest_missing`` names the pods of which there was only
    time for an older part. Raises the error of the first log when none can be read.
    """
    chosen = _chosen(cluster.pods())
    seconds = deadline.remaining() * _FOR_GROUPING
    again = Deadline(seconds * _FOR_AGAIN)
    calls: dict[Name, Callable[[], Part]] = {}
    for pod in chosen:
        calls |= _calls(service, cluster, pod, again)
    finished = run_together({_label(key): call for key, call in calls.items()}, seconds)
    outcomes = {key: finished.get(_label(key)) for key in calls}
    parts = {key: outcome.value for key, outcome in outcomes.items() if outcome and outcome.value is not None}
    if calls and not parts:
        raise _first_error(outcomes, seconds)
    texts = {key: part.text for key, part in parts.items()}
    logs = [
        PodLog(pod, part.text, previous=before, truncated=part.cut, stamped=True)
        for (pod, before), part in parts.items()
        if part.text and not _repeats((pod, before), texts)
    ]
    found = group(logs)
    found["pods_read"] = len({name for name, _ in texts})
    found["unread"] = sorted({name for name, _ in calls} - {name for name, _ in texts})
    found["newest_missing"] = sorted({name for (name, _), part in parts.items() if not part.newest})
    return found


def _label(key: Name) -> str:
    return f"log of {key[0]}{', previous' if key[1] else ''}"


def _chosen(pods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most MAX_PODS pods: first those that are not ready, then those made last."""
    alive = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
    newest_first = sorted(alive, key=lambda pod: str(pod["metadata"].get("creationTimestamp") or ""), reverse=True)
    return sorted(newest_first, key=verdicts.is_ready)[:MAX_PODS]


def _calls(
    service: Service, cluster: Cluster, pod: Mapping[str, Any], again: Deadline
) -> dict[Name, Callable[[], Part]]:
    name = str(pod["metadata"]["name"])
    trouble = verdicts.reason(pod)
    container = _container(service, pod, trouble)

    def part(tail_lines: int, **which: Any) -> Callable[[], Part]:
        def ask(lines: int, *, anew: bool) -> bytes:
            client = cluster.client().within(again) if anew else cluster.client()
            more: dict[str, Any] = {**which, "tail_lines": lines, "limit_bytes": MAX_BYTES, "timestamps": True}
            return client.log(name, cluster.namespace, container, **more)

        return partial(_newest, ask, tail_lines)

    calls = {(name, False): part(MAX_LINES, since_seconds=service.log_since_s)}
    if trouble.restarts and trouble.last_exit_code != 0 and _still_matters(pod, trouble, service.log_since_s):
        # Without a limit in time: a container in its back-off may have crashed longer ago than that.
        calls[(name, True)] = part(_PREVIOUS_LINES, previous=True)
    return calls


def _container(service: Service, pod: Mapping[str, Any], trouble: PodReason) -> str:
    """The container that keeps the pod from being ready, else the service's own."""
    if trouble.container and not verdicts.is_ready(pod):
        return trouble.container
    names = [str(one["name"]) for one in pod["spec"].get("containers") or []]
    return service.container if service.container in names else next(iter(names), "")


def _still_matters(pod: Mapping[str, Any], trouble: PodReason, since_s: int) -> bool:
    """Whether the run before tells of today's trouble; that of a pod which is well again only when it is recent."""
    if not verdicts.is_ready(pod):
        return True
    try:
        ended = datetime.fromisoformat(str(trouble.last_finished_at))
        return (datetime.now(UTC) - ended).total_seconds() < 2 * since_s
    except (TypeError, ValueError):
        return False


def _newest(ask: Callable[..., bytes], lines: int) -> Part:
    """The newest ``lines`` of a log, or as many of them as fit into MAX_BYTES.

    Where they do not fit the kubelet gives the oldest of them: fewer are asked for then, by their length so far.
    A container that has not started, or never ran before, has an empty log; that is no failure.
    """
    try:
        text = ask(lines, anew=False)
    except (Precondition, NotFound):
        return Part(b"")
    if len(text) < MAX_BYTES:
        return Part(text, cut=text.count(b"\n") >= lines)
    for _ in range(_AGAIN):
        lines = _fitting(text)
        try:
            text = ask(lines, anew=True)
        except RunbookError:
            break
        if len(text) < MAX_BYTES:
            return Part(text, cut=True)
    return Part(text, cut=True, newest=False)


def _fitting(text: bytes) -> int:
    """How many lines should fit into MAX_BYTES, by the length of those in ``text`` and of those at its end."""
    end = text[-len(text) // 10 :]
    length = max(len(part) / max(1, part.count(b"\n")) for part in (text, end))
    # Four fifths, because those after it may be longer still.
    return max(1, int(0.8 * MAX_BYTES / length))


def _repeats(key: Name, texts: Mapping[Name, bytes]) -> bool:
    """Whether a log is the other one of its pod: between two runs kubelet gives the same log for both."""
    name, before = key
    if before:
        return False
    previous = texts.get((name, True))
    last_line = texts[key].rstrip().rsplit(b"\n", 1)[-1]
    return bool(previous) and bool(last_line) and last_line in (previous or b"")


def _first_error(outcomes: Mapping[Name, Finished[Part] | None], seconds: float) -> BaseException:
    for outcome in outcomes.values():
        if outcome is not None and outcome.error is not None:
            return outcome.error
    return TimedOut(f"No log was read within {seconds:.3g} s.")
