"""The events a kubelet reports about one pod; the same one again only raises its count."""

from __future__ import annotations

import time
from typing import Any

from hotswap_runbooks.gameday.service.cluster import ABSENT, Cluster
from hotswap_runbooks.gameday.service.status import Pod, now

QUIET_S = 10.0  # between two reports of the same event


class PodEvents:
    """Reports for one pod; a report that the API does not take is dropped, as the kubelet does."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._counts: dict[tuple[str, str], int] = {}
        self._reported: dict[tuple[str, str], tuple[float, str]] = {}

    async def report(self, pod: Pod, kind: str, reason: str, message: str) -> None:
        """One event; ``kind`` is Normal or Warning."""
        key = (reason, message)
        count = self._counts[key] = self._counts.get(key, 0) + 1
        at, name = self._reported.get(key, (0.0, ""))
        if name and time.monotonic() - at < QUIET_S:
            return
        path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/events"
        try:
            if name:
                await self._cluster.patch(f"{path}/{name}", {"count": count, "lastTimestamp": now()})
            else:
                created = await self._cluster.create(path, _event(pod, kind, reason, message))
                name = created["metadata"]["name"]
        except ABSENT:
            name = ""
        self._reported[key] = (time.monotonic(), name)


def _event(pod: Pod, kind: str, reason: str, message: str) -> dict[str, Any]:
    at = now()
    about = pod["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{about['name']}.", "namespace": about["namespace"]},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": about["name"],
            "namespace": about["namespace"],
            "uid": about["uid"],
        },
        "type": kind,
        "reason": reason,
        "message": message,
        "source": {"component": "kubelet", "host": pod["spec"].get("nodeName", "")},
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }
