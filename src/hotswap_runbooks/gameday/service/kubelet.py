"""Follows the service's pods and the two ConfigMaps that matter to them, and keeps one container per pod alive."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Executor

from hotswap_runbooks.gameday.service import cluster as kubernetes
from hotswap_runbooks.gameday.service import memory
from hotswap_runbooks.gameday.service.cluster import Cluster, Object
from hotswap_runbooks.gameday.service.config import ServiceConfig
from hotswap_runbooks.gameday.service.container import Container, Node
from hotswap_runbooks.gameday.service.instance import Surroundings
from hotswap_runbooks.gameday.service.podlogs import ContainerLog
from hotswap_runbooks.gameday.service.vault import VaultReader

CONTAINER = "hotswap-api"
SETTINGS = "hotswap-api-config"  # ConfigMap with the key appsettings.json
LOAD = "hotswap-api-load"  # ConfigMap whose key `memory` says what the users' load needs; absent: the usual


class Kubelet:
    """The containers of every pod that the selector finds, by the pods' uid."""

    def __init__(self, config: ServiceConfig, cluster: Cluster, vault: VaultReader, threads: Executor) -> None:
        self._config = config
        self._cluster = cluster
        around = Surroundings(config.database, vault, threads)
        self._node = Node(cluster, around, self._appsettings, lambda: self._needed_memory)
        self._needed_memory = memory.USUAL
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._logs: dict[str, ContainerLog] = {}
        self.containers: dict[str, Container] = {}

    def serving(self) -> list[Container]:
        """The containers that a load balancer may send requests to."""
        return [c for c in self.containers.values() if c.ready and c.instance and not c.ending]

    async def follow(self) -> None:
        """Watch for ever."""
        await asyncio.gather(self._follow_pods(), self._follow_load())

    def stop(self) -> None:
        """End every container's play; the pods stay as they are."""
        for life in self._lives.values():
            life.cancel()

    async def _follow_pods(self) -> None:
        path = f"/api/v1/namespaces/{self._config.namespace}/pods"
        async for kind, thing in self._cluster.watch(path, labelSelector=self._config.selector):
            if kind == kubernetes.LISTED:
                present = {pod["metadata"]["uid"] for pod in thing["items"]}
                for uid in self.containers.keys() - present:
                    self._forget(uid)
                for pod in thing["items"]:
                    self._see(pod)
                self._sweep_logs()
            elif kind == kubernetes.DELETED:
                self._forget(thing["metadata"]["uid"])
            elif kind in (kubernetes.ADDED, kubernetes.MODIFIED):
                self._see(thing)

    async def _follow_load(self) -> None:
        path = f"/api/v1/namespaces/{self._config.namespace}/configmaps"
        async for kind, thing in self._cluster.watch(path, fieldSelector=f"metadata.name={LOAD}"):
            found = thing["items"] if kind == kubernetes.LISTED else [thing] * (kind != kubernetes.DELETED)
            quantity = found[0].get("data", {}).get("memory") if found else None
            try:
                self._needed_memory = memory.parse(quantity) if quantity else memory.USUAL
            except ValueError as error:
                logging.getLogger(__name__).warning("%s says nothing about memory: %s", LOAD, error)

    def _see(self, pod: Object) -> None:
        about = pod["metadata"]
        if about["uid"] in self.containers:
            self.containers[about["uid"]].update(pod)
            return
        names = [container["name"] for container in pod["spec"]["containers"]]
        name = CONTAINER if CONTAINER in names else names[0]
        log = ContainerLog(self._config.podlogs, about["namespace"], about["name"], name)
        container = Container(pod, name, self._node, log)
        self._logs[about["uid"]] = log
        self.containers[about["uid"]] = container
        # A pod without the label is played by KWOK's own stages; it only gets its log file.
        if about.get("labels", {}).get("sim/probe") == "external":
            life = self._lives[about["uid"]] = asyncio.create_task(container.live())
            life.add_done_callback(_report)

    def _forget(self, uid: str) -> None:
        self.containers.pop(uid, None)
        if life := self._lives.pop(uid, None):
            life.cancel()
        if log := self._logs.pop(uid, None):
            log.remove()

    def _sweep_logs(self) -> None:
        """Remove what pods of an earlier run of this process left."""
        known = {file for log in self._logs.values() for file in (log.current, log.previous)}
        for file in self._config.podlogs.glob(f"{self._config.namespace}_*.log"):
            if file not in known:
                file.unlink(missing_ok=True)

    async def _appsettings(self) -> str | None:
        path = f"/api/v1/namespaces/{self._config.namespace}/configmaps/{SETTINGS}"
        found = await self._cluster.get(path)
        text: str | None = (found or {}).get("data", {}).get("appsettings.json")
        return text


def _report(life: asyncio.Task[None]) -> None:
    if not life.cancelled() and (error := life.exception()):
        logging.getLogger(__name__).error("a container is no longer played", exc_info=error)
