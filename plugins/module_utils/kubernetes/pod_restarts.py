# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One pod restarted: the record on its workload, the eviction, and the wait for what comes in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    Denied,
    NotFound,
    Partial,
    Precondition,
    RunbookError,
    TimedOut,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import restart_pod
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Changer, Step, warnings_about
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.obstacles import (
    ends_early,
    refuse_without_volume,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.pods import is_ready, reason
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    DEPLOYMENTS,
    PODS,
    REPLICA_SETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.rollout import (
    PATIENCE_SECONDS,
    POLL_SECONDS,
    events_about,
    why_not_ready,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import rollout_status, selector_of
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome


class PodRestart:
    """The restart of ``pod`` (a name) within the changer's incident; ``wait_s`` bounds the wait for a budget."""

    def __init__(self, changer: Changer, pod: str, again: bool, wait_s: float) -> None:
        self._changer, self._pod, self._again, self._wait_s = changer, pod, again, wait_s
        self._context, self._client = changer.context, changer.client
        self._victim: restart_pod.Pod | None = None

    def run(self) -> Outcome:
        """Raises Precondition when a disruption budget forbids it for longer than that, or no replacement starts."""
        live, after = self._changer.change(restart_pod.ACTION, self._decide)
        self._context.made.said = f"The restart of pod {self._pod} was begun"
        blocked = self._evict(after or live) if self._victim else ""
        evicted = self._victim is not None and not blocked
        if self._context.check_mode:
            return self._planned(live, blocked)
        return self._seen_through(
            restart_pod.recorded_restart(after or live, self._context.incident, self._pod), evicted
        )

    def _decide(self, live: dict[str, Any]) -> Step | None:
        pods = self._pods(live)
        self._victim = None
        record = restart_pod.recorded_restart(live, self._context.incident, self._pod)
        if record is not None:
            begun = restart_pod.pod_of(record, pods)
            if begun is not None:
                # Recorded and still there: the eviction did not happen, or the pod is going.
                if not begun["metadata"].get("deletionTimestamp"):
                    restart_pod.refuse_outage(self._changer.workload, live, begun, pods)
                    self._victim = begun
                return None
            if not self._again or not any(is_ready(pod) for pod in restart_pod.replacement(record, pods)):
                return None
        victim = restart_pod.named(self._changer.workload, self._pod, pods)
        restart_pod.refuse_outage(self._changer.workload, live, victim, pods)
        refuse_without_volume(self._changer.workload, [victim])
        self._victim = victim
        return restart_pod.record_step(victim, pods)

    def _evict(self, live: dict[str, Any]) -> str:
        """Evict the pod; in check mode what would be in the way, empty when nothing is."""
        dry_run = self._context.check_mode

        def before_each() -> None:
            # A budget may be waited for as long as it takes somebody to take the lock over.
            self._changer.before_write(live)

        try:
            self._ask(dry_run, 0.0, before_each)
        except Precondition as blocked:
            if "blocked_by" not in blocked.facts:
                raise
            if dry_run:
                return blocked.message
            self._context.progress(f"  {blocked.message} Waiting for up to {self._wait_s:g} s.")
        else:
            return ""
        try:
            self._ask(False, self._wait_s, before_each)
        except Precondition as blocked:
            raise Precondition(
                f"{blocked.message} It was waited for {self._wait_s:g} s; the pod is as it was.",
                f"{blocked.hint} Then run this again.",
                **blocked.facts,
            ) from blocked
        return ""

    def _ask(self, dry_run: bool, wait_s: float, before_each: Callable[[], None]) -> None:
        assert self._victim is not None
        uid = restart_pod.uid(self._victim)
        self._client.evict(self._pod, self._changer.namespace, dry_run, uid=uid, wait_s=wait_s, before_each=before_each)

    def _pods(self, live: dict[str, Any]) -> list[restart_pod.Pod]:
        namespace, selector = self._changer.namespace, selector_of(live)
        deployment = self._changer.workload.resource == DEPLOYMENTS
        sets = self._client.list(REPLICA_SETS, namespace, label_selector=selector) if deployment else []
        return restart_pod.own_pods(live, sets, self._client.list(PODS, namespace, label_selector=selector))

    def _planned(self, live: dict[str, Any], blocked: str) -> Outcome:
        if self._victim is None:
            return Outcome(changed=False, summary=self._nothing(None), data=self._data([]))
        warnings = warnings_about(self._changer.workload, live)
        if blocked:
            warnings.append(f"{blocked} It will be waited for {self._wait_s:g} s.")
        return Outcome(
            changed=True,
            summary=f"Would restart pod {self._pod} of {self._changer.workload} by eviction.",
            data=self._data([]),
            before={"pod": self._pod, "uid": restart_pod.uid(self._victim)},
            after={"pod": "a new one"},
            warnings=warnings,
        )

    def _seen_through(self, record: Record | None, evicted: bool) -> Outcome:
        assert record is not None  # it was written, or found
        live, fresh = self._wait(record)
        data = {**self._data(fresh), "rollout": rollout_status(live).as_dict()}
        place = f"{' and '.join(fresh)} is ready in its place" if fresh else "the others are ready"
        if not evicted:
            return Outcome(changed=False, summary=self._nothing(record, place), data=data)
        return Outcome(
            changed=True,
            summary=f"Restarted pod {self._pod} of {self._changer.workload}: {place}.",
            data=data,
            before={"pod": self._pod, "uid": record.previous["uid"]},
            after={"pods": fresh},
            warnings=warnings_about(self._changer.workload, live),
        )

    def _wait(self, record: Record) -> tuple[dict[str, Any], list[str]]:
        """Wait until the pod is gone and another is ready in its place; the workload then, and that pod's name."""
        context, workload = self._context, self._changer.workload
        look = ends_early(
            workload, context.deadline, lambda: events_about(self._client, workload, self._changer.namespace)
        )
        told, hopeless_since = "", None
        while True:
            try:
                live = self._client.get(workload.resource, workload.name, self._changer.namespace)
                pods = self._pods(live)
            except (Denied, NotFound, TimedOut):
                raise
            except RunbookError as error:
                raise Partial(
                    f"The restart of pod {self._pod} was begun, but what came of it could not be seen: {error.message}",
                    "Run it again: it restarts no second pod and only looks.",
                ) from error
            fresh = restart_pod.replacement(record, pods)
            gone = restart_pod.pod_of(record, pods) is None
            ready = [str(pod["metadata"]["name"]) for pod in fresh if is_ready(pod)]
            if gone and (ready or sum(map(is_ready, pods)) >= live["spec"].get("replicas", 1)):
                return live, ready
            waiting = why_not_ready(fresh)
            line = (
                f"  pod {self._pod} is going"
                if not gone
                else f"  waiting for its replacement; {waiting or 'no pod yet'}"
            )
            if line != told:
                context.progress(line)
                told = line
            look(live, fresh)
            hopeless = any(reason(pod).hopeless for pod in fresh)
            hopeless_since = (
                (context.deadline.elapsed() if hopeless_since is None else hopeless_since) if hopeless else None
            )
            if hopeless_since is not None and context.deadline.elapsed() - hopeless_since >= PATIENCE_SECONDS:
                raise Precondition(
                    f"The replacement of pod {self._pod} cannot start: {waiting}.",
                    "A restart does not cure that: triage it again, or roll back.",
                )
            if context.deadline.expired():
                raise TimedOut(
                    f"Pod {self._pod} had no ready replacement after {context.deadline.seconds:g} s: "
                    f"{waiting or told.strip()}.",
                    "Look at it with the triage, or run this again to go on waiting.",
                )
            context.deadline.sleep(POLL_SECONDS)

    def _nothing(self, record: Record | None, place: str = "") -> str:
        at = f" at {record.at}" if record else ""
        says = f"Nothing was changed: incident {self._context.incident} restarted pod {self._pod}{at} already"
        says += f", and {place}." if place else "."
        # Only a StatefulSet's new pod has the name of the old one.
        again = " To restart it once more: restart_again=true."
        return says if self._changer.workload.resource == DEPLOYMENTS else says + again

    def _data(self, replacements: list[str]) -> dict[str, Any]:
        uid = restart_pod.uid(self._victim) if self._victim else None
        return {"pod": {"name": self._pod, "uid": uid, "replacements": replacements}}
