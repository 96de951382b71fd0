"""The load balancer in front of the instances: /health, /metrics and the business requests."""

from __future__ import annotations

import itertools
import json
import time

from aiohttp import web

from hotswap_runbooks.gameday.service import exposition
from hotswap_runbooks.gameday.service.container import Container
from hotswap_runbooks.gameday.service.exposition import RequestMetrics
from hotswap_runbooks.gameday.service.kubelet import Kubelet

NO_UPSTREAM = "no healthy upstream"  # Envoy's words


class Balancer:
    """Sends each request to the next ready instance and counts how it went."""

    def __init__(self, kubelet: Kubelet) -> None:
        self._kubelet = kubelet
        self._turn = itertools.count()
        self.metrics = RequestMetrics()

    @property
    def open(self) -> bool:
        """At least one instance serves."""
        return bool(self._kubelet.serving())

    async def request(self, method: str, path: str) -> int:
        """Serve one business request and count it; the HTTP status."""
        begun = time.monotonic()
        container = self._next()
        status = await container.instance.answer(method, path) if container and container.instance else 503
        self.metrics.observe(time.monotonic() - begun, failed=status >= 500)
        return status

    def application(self) -> web.Application:
        """The HTTP face."""
        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_route("*", "/{path:.*}", self._business)
        return app

    def _next(self) -> Container | None:
        serving = self._kubelet.serving()
        return serving[next(self._turn) % len(serving)] if serving else None

    async def _health(self, _: web.Request) -> web.Response:
        container = self._next()
        if not container or not container.instance:
            return web.Response(status=503, text=NO_UPSTREAM)
        health = await container.instance.health()
        return web.json_response(health.document(), status=200 if health.healthy else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        used = sum(c.memory.used for c in self._kubelet.containers.values() if c.instance)
        page = exposition.exposition(self.metrics, used, len(self._kubelet.serving()))
        return web.Response(body=page.encode(), headers={"Content-Type": exposition.CONTENT_TYPE})

    async def _business(self, request: web.Request) -> web.Response:
        status = await self.request(request.method, request.path)
        if status == 503:
            return web.Response(status=503, text=NO_UPSTREAM)
        if status >= 500:
            problem = {"title": "An error occurred while processing your request.", "status": status}
            return web.Response(status=status, text=json.dumps(problem), content_type="application/problem+json")
        return web.json_response({"service": "hotswap-api", "path": request.path})
