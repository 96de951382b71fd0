"""What the kubelet does for one pod of the service: start, probe, kill, back off, start again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from hotswap_runbooks.gameday.service import memory, status
from hotswap_runbooks.gameday.service.cluster import ABSENT, Cluster
from hotswap_runbooks.gameday.service.events import PodEvents
from hotswap_runbooks.gameday.service.instance import Crashed, Instance, Surroundings
from hotswap_runbooks.gameday.service.memory import MIB, Memory
from hotswap_runbooks.gameday.service.podlogs import ContainerLog
from hotswap_runbooks.gameday.service.status import Pod

TICK_S = 0.5
PROBE_S = 2.0
PROBE_FAILURES = 2  # so many in a row make a ready container unready
USAGE_STEP = 0.1  # a smaller relative change of the memory is not published
USAGE_S = 2.0


@dataclass(frozen=True)
class Node:
    """What the containers share."""

    cluster: Cluster
    around: Surroundings
    appsettings: Callable[[], Awaitable[str | None]]  # text of the file as mounted now
    needed_memory: Callable[[], int]  # bytes that the users' load takes in each instance


class Container:
    """The service's container of one pod, and the application's instance in it while it runs."""

    def __init__(self, pod: Pod, name: str, node: Node, log: ContainerLog) -> None:
        self.pod = pod
        self.name = name
        self.ready = False
        self.instance: Instance | None = None
        self.memory = Memory(limit=None)
        self._node = node
        self._log = log
        self._events = PodEvents(node.cluster)
        self._seen = asyncio.Event()
        self._published = (0.0, 0)

    @property
    def ending(self) -> bool:
        """The pod is being deleted."""
        return "deletionTimestamp" in self.pod["metadata"]

    def update(self, pod: Pod) -> None:
        """The pod as the watch shows it; a state older than our own last write is no news."""
        if _version(pod) < _version(self.pod):
            return
        self.pod = pod
        self._seen.set()
        if self.ending and self.instance:
            self._end_instance(killed=False)

    async def live(self) -> None:
        """Play the container until the task is cancelled."""
        try:
            while True:
                await self._until(lambda state: "running" in state or "waiting" in state)
                if "running" in self._state():
                    exit_code, reason = await self._run()
                    await self._exit(exit_code, reason)
                await self._back_off()
        finally:
            self._end_instance(killed=False)

    async def _run(self) -> tuple[int, str]:
        """One run of the container, from its start to its exit code and reason."""
        spec = next(c for c in self.pod["spec"]["containers"] if c["name"] == self.name)
        limit = spec.get("resources", {}).get("limits", {}).get("memory")
        self.memory = Memory(limit=memory.parse(limit) if limit else None)
        instance = Instance(spec["image"], self._log.write, self._node.around)
        try:
            await instance.start(await self._read_settings())
        except Crashed as crash:
            return crash.exit_code, "Error"
        self.instance = instance
        ticked = probed = time.monotonic()
        failures = 0
        while not self.ending:
            await asyncio.sleep(TICK_S)
            ticked, passed = time.monotonic(), time.monotonic() - ticked
            self.memory.grow(passed, self._node.needed_memory())
            await self._publish_usage()
            if self.memory.exhausted:
                self._end_instance(killed=True)
                return 137, "OOMKilled"
            if self.memory.filled and (not self.ready or ticked - probed >= PROBE_S):
                probed = ticked
                health = await instance.health()
                failures = 0 if health.healthy else failures + 1
                await self._probed(health.healthy, failures)
            await instance.prune()
        return await asyncio.Future()  # deleted: nothing more happens to it

    async def _read_settings(self) -> str | None:
        while True:
            try:
                return await self._node.appsettings()
            except ABSENT:
                await asyncio.sleep(TICK_S)

    async def _probed(self, healthy: bool, failures: int) -> None:
        if not healthy:
            message = "Readiness probe failed: HTTP probe failed with statuscode: 503"
            await self._events.report(self.pod, "Warning", "Unhealthy", message)
        verdict = healthy or (self.ready and failures < PROBE_FAILURES)
        recorded = status.container(self.pod, self.name) or {}
        if verdict == self.ready == recorded.get("ready"):
            return
        self.ready = verdict and await self._patch_status(status.readiness(self.pod, self.name, True))
        if not verdict:
            await self._patch_status(status.readiness(self.pod, self.name, False))

    async def _exit(self, exit_code: int, reason: str) -> None:
        self._end_instance(killed=True)
        self._log.exited()
        exited = status.exited(self.pod, self.name, exit_code, reason, status.now())
        while not await self._patch_status(exited):
            await asyncio.sleep(TICK_S)
        message = f"Back-off restarting failed container {self.name} in pod {self.pod['metadata']['name']}"
        await self._events.report(self.pod, "Warning", "BackOff", message)

    async def _back_off(self) -> None:
        """Wait out the back-off, counted from the recorded end, and start the container again."""
        known = status.container(self.pod, self.name) or {}
        ended = known.get("lastState", {}).get("terminated", {}).get("finishedAt")
        since = (datetime.now(UTC) - datetime.fromisoformat(ended)).total_seconds() if ended else 0.0
        await asyncio.sleep(max(0.0, status.back_off_s(int(known.get("restartCount", 0))) - since))
        self._log.restarted()
        while not await self._patch_status(status.restarted(self.pod, self.name, status.now())):
            await asyncio.sleep(TICK_S)
        await self._events.report(self.pod, "Normal", "Started", "Started container")

    async def _publish_usage(self) -> None:
        at, used = self._published
        changed = abs(self.memory.used - used) > USAGE_STEP * max(used, MIB) or self.memory.exhausted
        if not changed or (time.monotonic() - at < USAGE_S and not self.memory.exhausted):
            return
        self._published = (time.monotonic(), self.memory.used)
        usage = {"kwok.x-k8s.io/usage-memory": f"{self.memory.used // MIB}Mi", "kwok.x-k8s.io/usage-cpu": "35m"}
        try:
            await self._node.cluster.patch(self._path(), {"metadata": {"annotations": usage}})
        except ABSENT:
            self._published = (time.monotonic(), used)

    async def _patch_status(self, patch: Pod) -> bool:
        """Write the status; True when the API took it (a pod that is gone takes everything)."""
        try:
            self.pod = await self._node.cluster.patch(f"{self._path()}/status", patch)
        except ABSENT as error:
            return getattr(error, "status", None) in (404, 409)
        return True

    def _end_instance(self, *, killed: bool) -> None:
        self.ready = False
        if self.instance:
            self.instance.stop(killed=killed)
            self.instance = None

    async def _until(self, holds: Callable[[dict[str, object]], bool]) -> None:
        while self.ending or not holds(self._state()):
            self._seen.clear()
            await self._seen.wait()

    def _state(self) -> dict[str, object]:
        known = status.container(self.pod, self.name) or {}
        waiting = known.get("state", {}).get("waiting", {})
        # A container that waits for its image has not exited; its start is KWOK's.
        if waiting and waiting.get("reason") != "CrashLoopBackOff":
            return {}
        state: dict[str, object] = known.get("state", {})
        return state

    def _path(self) -> str:
        about = self.pod["metadata"]
        return f"/api/v1/namespaces/{about['namespace']}/pods/{about['name']}"


def _version(pod: Pod) -> int:
    # Comparable as numbers since Kubernetes 1.35 promises it.
    return int(pod["metadata"]["resourceVersion"])
