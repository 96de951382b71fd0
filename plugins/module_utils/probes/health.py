# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The health endpoint: its status and, where it has them, the named checks behind it."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.http import Request, fetch
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line, plain

SOURCE = "health"
_BODY_BYTES = 200_000
_CHECKS = 100


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:  # noqa: ARG001
    """``{url, http_status, healthy, took_ms, body, checks}``; healthy means 2xx, as for a load balancer."""
    if not service.health_url:
        raise NotConfigured("service_health_url is not set.")
    reply = fetch(Request(service.health_url, limit=_BODY_BYTES), deadline)
    return {
        "url": reply.url,
        "http_status": reply.status,
        "healthy": reply.ok,
        "took_ms": reply.took_ms,
        "body": plain(reply.body, 2000),
        "checks": checks(reply.text()),
    }


def checks(body: str) -> dict[str, str] | None:
    """Name and status of each check of a health report as ASP.NET writes it; None when the body is no such report.

    Understands ``{"entries": {name: {"status": …}}}`` as well as ``{"checks": [{"name": …, "status": …}]}``.
    """
    try:
        report = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(report, dict):
        return None
    listed = next((report[key] for key in ("entries", "checks", "results") if key in report), None)
    if isinstance(listed, dict):
        pairs = list(listed.items())
    elif isinstance(listed, list):
        pairs = [(item.get("name"), item) for item in listed if isinstance(item, dict)]
    else:
        return None
    return {
        one_line(str(name), 100): one_line(str(item.get("status") if isinstance(item, dict) else item), 100)
        for name, item in pairs[:_CHECKS]
    }
