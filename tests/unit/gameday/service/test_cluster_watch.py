"""The watch on the Kubernetes API, against an API that is cut, restarted and forgetful."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from hotswap_runbooks.gameday.service import cluster as kubernetes
from hotswap_runbooks.gameday.service.cluster import Cluster


class Api:
    """An API server whose watches end as told: `cut` mid-stream, `gone` with 410."""

    def __init__(self, endings: list[str]) -> None:
        self._endings = endings
        self.listed = 0

    async def pods(self, request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            self.listed += 1
            return web.json_response({"metadata": {"resourceVersion": str(self.listed)}, "items": []})
        stream = web.StreamResponse()
        await stream.prepare(request)
        pod = {"metadata": {"name": f"pod-{self.listed}", "resourceVersion": "9"}}
        await stream.write(json.dumps({"type": "ADDED", "object": pod}).encode() + b"\n")
        ending = self._endings.pop(0) if self._endings else "hang"
        if ending == "gone":
            error = {"type": "ERROR", "object": {"code": 410, "message": "too old resource version"}}
            await stream.write(json.dumps(error).encode() + b"\n")
        elif ending == "cut":
            assert request.transport
            request.transport.abort()
        elif ending == "hang":
            await asyncio.sleep(30)
        return stream


async def _seen(folder: Path, api: Api, changes: int) -> list[tuple[str, Any]]:
    app = web.Application()
    app.router.add_get("/api/v1/pods", api.pods)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(
        yaml.safe_dump(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
                "clusters": [{"name": "k", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
                "users": [{"name": "u", "user": {"token": "t"}}],
            }
        )
    )
    cluster = Cluster(kubeconfig)
    seen: list[tuple[str, Any]] = []
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                async for kind, thing in cluster.watch("/api/v1/pods"):
                    seen.append((kind, thing))
                    if len(seen) == changes:
                        break
    finally:
        await cluster.close()
        await runner.cleanup()
    return seen


@pytest.mark.parametrize("ending", ["end", "cut", "gone"])
def test_a_watch_that_ends_in_any_way_is_taken_up_by_listing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(kubernetes, "RETRY_S", 0.01)
    api = Api([ending])
    seen = asyncio.run(_seen(tmp_path, api, 4))
    assert [kind for kind, _ in seen] == ["LISTED", "ADDED", "LISTED", "ADDED"]
    assert seen[-1][1]["metadata"]["name"] == "pod-2"
