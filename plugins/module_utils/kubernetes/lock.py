# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One incident at a time changes a workload: a Lease names who, and a fence stops a writer that lost it.

Source of the protocol: coordination.k8s.io/v1 Lease as client-go's leader election uses it. A Lease stops nobody who
does not look at it, so every write looks at it again; and a takeover marks the workload itself, so that a write that
was decided before the takeover meets a conflict, is decided again, and sees that the lock is gone. Times are the API
server's: responders' clocks may differ by more than the lock lasts.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Conflict, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.client import KubernetesClient
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import LEASES
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

FENCE = "runbooks.hotswap/fence"
TTL_SECONDS = 900
_TRIES = 5


@dataclass(frozen=True)
class Lock:
    """A workload's lock as one incident holds it. ``fence`` grows with each change of holder."""

    workload: WorkloadRef
    namespace: str
    incident: str
    fence: int

    def check(self, client: KubernetesClient, live: Mapping[str, Any]) -> None:
        """To be called on the live object before each write. Raises Conflict when the lock is somebody else's now."""
        if _fence_of(live) > self.fence:
            raise _lost(self, "another incident")
        lease = client.find(LEASES, lease_name(self.workload), self.namespace)
        holder = ((lease or {}).get("spec") or {}).get("holderIdentity")
        if holder != self.incident:
            raise _lost(self, f"incident {holder}" if holder else "nobody")


def lease_name(workload: WorkloadRef) -> str:
    """``runbooks-deployment-hotswap-api``"""
    return f"runbooks-{workload.kind.lower()}-{workload.name}"[:253].rstrip("-.")


def acquire(
    client: KubernetesClient,
    workload: WorkloadRef,
    namespace: str,
    incident: str,
    *,
    takeover: bool = False,
    dry_run: bool = False,
) -> Lock:
    """Take or renew the lock of ``workload`` for ``incident``.

    Raises Precondition when another incident holds it and its time has not run out; ``takeover`` takes it all the
    same. A dry run only looks.
    """
    name = lease_name(workload)
    for _ in range(_TRIES):
        lease = client.find(LEASES, name, namespace)
        if lease is None:
            # Somebody may have deleted it to break the lock: who held it must meet a higher fence than its own.
            marked = _fence_of(client.get(workload.resource, workload.name, namespace))
            lock = Lock(workload, namespace, incident, marked + 1 if marked else 0)
            if dry_run:
                return lock
            now = client.server_time()
            try:
                client.create(LEASES, {"metadata": {"name": name}, "spec": _spec(incident, lock.fence, now)}, namespace)
            except Conflict:
                continue
            if lock.fence:
                _mark(client, lock)
            return lock
        spec, now = lease.get("spec") or {}, client.server_time()
        holder, fence = spec.get("holderIdentity") or "", int(spec.get("leaseTransitions") or 0)
        if holder and holder != incident and not takeover and _left(spec, now) > 0:
            raise _held(workload, spec, now)
        changes_hands = holder != incident
        lock = Lock(workload, namespace, incident, fence + 1 if changes_hands else fence)
        if dry_run:
            return lock
        renewed = {**spec, **_spec(incident, lock.fence, now)}
        if not changes_hands:
            renewed["acquireTime"] = spec.get("acquireTime") or renewed["acquireTime"]
        try:
            client.replace(LEASES, name, namespace, {"metadata": lease["metadata"], "spec": renewed})
        except Conflict:
            continue
        if lock.fence:
            # Also when it changed hands before: the run that took it over may have ended before its mark.
            _mark(client, lock)
        return lock
    raise Conflict(f"The lock of {workload} changed hands each time it was asked for.", "Find out who else is at work.")


def _mark(client: KubernetesClient, lock: Lock) -> None:
    """Write the fence on the workload: whatever was decided before now meets a conflict."""

    def decide(live: Mapping[str, Any]) -> dict[str, Any] | None:
        if _fence_of(live) >= lock.fence:
            return None
        return {"metadata": {"annotations": {FENCE: str(lock.fence)}}}

    client.update(lock.workload.resource, lock.workload.name, lock.namespace, decide)


def _fence_of(live: Mapping[str, Any]) -> int:
    return int((live["metadata"].get("annotations") or {}).get(FENCE) or 0)


def _spec(incident: str, fence: int, now: datetime.datetime) -> dict[str, Any]:
    moment = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "holderIdentity": incident,
        "leaseDurationSeconds": TTL_SECONDS,
        "acquireTime": moment,
        "renewTime": moment,
        "leaseTransitions": fence,
    }


def _left(spec: Mapping[str, Any], now: datetime.datetime) -> float:
    """Seconds until the lock runs out; a lease without a time is as good as run out."""
    renewed = _moment(spec.get("renewTime"))
    if renewed is None:
        return 0.0
    ends = renewed + datetime.timedelta(seconds=int(spec.get("leaseDurationSeconds") or 0))
    return (ends - now).total_seconds()


def _moment(text: Any) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00")) if text else None
    except ValueError:
        return None


def _held(workload: WorkloadRef, spec: Mapping[str, Any], now: datetime.datetime) -> Precondition:
    return Precondition(
        f"{workload} is locked by incident {spec['holderIdentity']} since {spec.get('acquireTime')}; it runs out in "
        f"{_left(spec, now) / 60:.0f} min unless it is renewed.",
        "Join that incident (incident_id), wait, or take over on purpose (lock_takeover=true).",
        holder=spec["holderIdentity"],
        since=spec.get("acquireTime"),
    )


def _lost(lock: Lock, by: str) -> Conflict:
    return Conflict(
        f"The lock of {lock.workload} is not incident {lock.incident}'s any more: {by} holds it.",
        "Talk to them, then run this again.",
    )
