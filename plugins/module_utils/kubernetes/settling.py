# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting until a workload runs what it is told to run now, whatever that is."""

from __future__ import annotations

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Partial, Throttled, TimedOut, Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Changer
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.history import read_revisions
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import Revision, current_revision
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.rollout import POLL_SECONDS, wait_for_rollout
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import RolloutStatus


def settle(changer: Changer) -> RolloutStatus:
    """Wait for the rollout of the changer's workload. Raises as wait_for_rollout does."""
    context = changer.context
    current = _observed(changer)
    return wait_for_rollout(
        changer.client, changer.workload, changer.namespace, current.hash, context.deadline, context.progress
    )


def _observed(changer: Changer) -> Revision:
    """The revision of the present template, which its controller numbers a moment after the write."""
    workload, deadline = changer.workload, changer.context.deadline
    while True:
        try:
            live = changer.client.get(workload.resource, workload.name, changer.namespace)
            if (live.get("status") or {}).get("observedGeneration", 0) >= live["metadata"]["generation"]:
                current = current_revision(live, read_revisions(changer.client, workload, live))
                if current is not None:
                    return current
        except (Unreachable, Throttled) as error:
            raise Partial(
                f"{workload} was changed, but its rollout could not be watched: {error.message}",
                "Run it again: it goes on where this run ended.",
            ) from error
        if deadline.expired():
            raise TimedOut(
                f"The controller of {workload} had not seen its change after {deadline.seconds:g} s.",
                "Run this again to go on waiting.",
            )
        deadline.sleep(POLL_SECONDS)
