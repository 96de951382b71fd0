"""`python -m hotswap_runbooks.gameday.service --config FILE`: run the stand-in until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aiohttp import web

from hotswap_runbooks.gameday.service import traffic
from hotswap_runbooks.gameday.service.balancer import Balancer
from hotswap_runbooks.gameday.service.cluster import Cluster
from hotswap_runbooks.gameday.service.config import ServiceConfig
from hotswap_runbooks.gameday.service.kubelet import Kubelet
from hotswap_runbooks.gameday.service.vault import VaultReader

THREADS = 8  # for the database's blocking driver


async def serve(config: ServiceConfig) -> None:
    """Play the service until the process is asked to end; a part that fails ends it with an error."""
    config.podlogs.mkdir(parents=True, exist_ok=True)
    cluster, vault = Cluster(config.kubeconfig), VaultReader(config.vault)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="database") as threads:
        kubelet = Kubelet(config, cluster, vault, threads)
        balancer = Balancer(kubelet)
        runner = web.AppRunner(balancer.application(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", config.listen_port).start()
        parts = asyncio.gather(kubelet.follow(), traffic.flow(balancer, config.requests_per_second))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, parts.cancel)
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await parts
        finally:
            kubelet.stop()
            await runner.cleanup()
            await cluster.close()
            await vault.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="hotswap-api", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON file written by `runbook gameday up`")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(serve(ServiceConfig.read(parser.parse_args().config)))


if __name__ == "__main__":
    main()
