"""The service's users: a small fixed rate of requests, so that error rates and latencies mean something."""

from __future__ import annotations

import asyncio
import itertools
import logging

from hotswap_runbooks.gameday.service.balancer import Balancer

REQUESTS = (
    ("GET", "/api/v1/deployments"),
    ("GET", "/api/v1/deployments/1042"),
    ("POST", "/api/v1/approvals"),
    ("GET", "/api/v1/modules"),
    ("GET", "/api/v1/clusters/production"),
)
AT_ONCE = 50  # requests in flight; more are not sent, as a client with a pool would not


async def flow(balancer: Balancer, per_second: float) -> None:
    """Send requests for ever, from the moment the service first opens; a slow answer does not slow the next request."""
    while not balancer.open:
        await asyncio.sleep(0.1)
    running: set[asyncio.Task[int]] = set()
    for method, path in itertools.cycle(REQUESTS):
        if len(running) < AT_ONCE:
            task = asyncio.create_task(balancer.request(method, path))
            running.add(task)
            task.add_done_callback(running.discard)
            task.add_done_callback(_report)
        await asyncio.sleep(1 / per_second)


def _report(task: asyncio.Task[int]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logging.getLogger(__name__).error("a request failed inside the stand-in", exc_info=error)
