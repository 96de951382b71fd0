# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting for a rollout, with the pods' own reasons, and no longer than it can still succeed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    Denied,
    NotFound,
    Partial,
    Precondition,
    RunbookError,
    TimedOut,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.client import KubernetesClient
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.history import read_revisions
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.obstacles import ends_early
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.pods import is_ready, reason
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import EVENTS, PODS
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import current_revision
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import (
    RolloutStatus,
    WorkloadRef,
    rollout_status,
    selector_of,
)

Look = Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], None]
POLL_SECONDS = 0.5
# So long ago at most the rollout must have been seen for a read that the deadline cut off to be no sign of a hang.
FRESH_SECONDS = 2.0
# A crash or a failed pull may be the first try's bad luck; so long it may stand before it counts.
PATIENCE_SECONDS = 6.0


def wait_for_rollout(
    client: KubernetesClient,
    workload: WorkloadRef,
    namespace: str,
    revision_hash: str | None,
    deadline: Deadline,
    progress: Callable[[str], None],
    *,
    look: Look | None = None,
) -> RolloutStatus:
    """Wait until the rollout of ``workload`` is complete.

    ``revision_hash`` is the ``pod-template-hash`` (or ``controller-revision-hash``) of the revision that is rolled
    out; None looks it up once the controller has seen the present template. ``look`` is called with the workload and
    these pods each time, and ends the wait by raising. Raises Precondition with the reasons as soon as the rollout
    cannot succeed by waiting (its pods cannot start, cannot be made, wait for a volume; it is paused), TimedOut at the
    deadline, and Partial when the API server is gone or hangs: nobody has seen whether the release works.
    """
    stands = ends_early(workload, deadline, lambda: events_about(client, workload, namespace))
    told = ""
    seen_at = 0.0
    hopeless_since: float | None = None
    while True:
        try:
            live = client.get(workload.resource, workload.name, namespace)
            status = rollout_status(live)
            if status.done:
                return status
            if revision_hash is None and status.reason != "NotObserved":
                present = current_revision(live, read_revisions(client, workload, live))
                revision_hash = present.hash if present else None
            pods = client.list(PODS, namespace, label_selector=selector_of(live))
        except (Denied, NotFound):
            raise
        except RunbookError as error:
            if isinstance(error, TimedOut) and told and deadline.elapsed() - seen_at < FRESH_SECONDS:
                raise _not_complete(workload, deadline, told.strip()) from error
            raise Partial(
                f"The rollout of {workload} could not be watched: {error.message}",
                "Run it again: it makes no second change and only looks.",
            ) from error
        seen_at = deadline.elapsed()
        mine = [pod for pod in pods if revision_hash in (pod["metadata"].get("labels") or {}).values()]
        waiting = why_not_ready(mine)
        line = f"  {status.message}" + (f"; {waiting}" if waiting else "")
        if line != told:
            progress(line)
            told = line
        if status.reason == "Paused":
            raise _paused(workload, namespace, status.message)
        stands(live, mine, [pod for pod in pods if revision_hash and pod not in mine])
        if look is not None:
            look(live, mine)
        if status.failed and waiting:
            raise _stuck(workload, status.message, waiting)
        hopeless_since = _hopeless_since(mine, hopeless_since, seen_at)
        if hopeless_since is not None and deadline.elapsed() - hopeless_since >= PATIENCE_SECONDS:
            raise _stuck(workload, "its new pods cannot start", waiting)
        if deadline.expired():
            raise _not_complete(workload, deadline, line.strip())
        deadline.sleep(POLL_SECONDS)


def events_about(client: KubernetesClient, workload: WorkloadRef, namespace: str) -> list[dict[str, Any]]:
    """The events of the workload itself; none where they may not be read, for then the wait tells less."""
    about = f"involvedObject.kind={workload.kind},involvedObject.name={workload.name}"
    try:
        return client.list(EVENTS, namespace, field_selector=about)
    except Denied:
        return []


def why_not_ready(pods: Sequence[Mapping[str, Any]]) -> str:
    """The reasons of the pods that are not ready, counted: ``2 x CrashLoopBackOff (exit code 1)``."""
    counts: dict[str, int] = {}
    for pod in pods:
        if is_ready(pod) or pod["metadata"].get("deletionTimestamp"):
            continue
        found = reason(pod)
        text = found.reason or "not ready yet"
        if found.exit_code is not None:
            text += f" (exit code {found.exit_code})"
        counts[text] = counts.get(text, 0) + 1
    return ", ".join(f"{count} x {text}" for text, count in sorted(counts.items()))


def _hopeless_since(pods: Sequence[Mapping[str, Any]], since: float | None, now: float) -> float | None:
    if not any(reason(pod).hopeless for pod in pods):
        return None
    return now if since is None else since


def _paused(workload: WorkloadRef, namespace: str, message: str) -> Precondition:
    return Precondition(
        f"The rollout of {workload} does not go on: {message}.",
        f"Resume it: kubectl -n {namespace} rollout resume {workload}",
    )


def _not_complete(workload: WorkloadRef, deadline: Deadline, seen: str) -> TimedOut:
    return TimedOut(
        f"The rollout of {workload} was not complete after {deadline.seconds:g} s: {seen}.",
        "Look at it with the triage, or run this again to go on waiting.",
    )


def _stuck(workload: WorkloadRef, what: str, waiting: str) -> Precondition:
    return Precondition(
        f"The rollout of {workload} is stuck: {what}; {waiting}.",
        "Triage it again, or go back to another revision by name.",
    )
