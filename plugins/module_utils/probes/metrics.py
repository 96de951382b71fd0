# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service's own ``/metrics``."""

from __future__ import annotations

from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.http import Request, fetch
from ansible_collections.hotswap.runbooks.plugins.module_utils.openmetrics import Levels, Reading, between, parse
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.together import in_background

SOURCE = "metrics"
_APART = 1.0
"""Seconds between two readings."""


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:
    """``{families, requests, failed, error_rate, p95_s, readings}``.

    ``requests`` and ``failed`` count since the service started. Rates need a second reading and so a second more:
    they are read only where Prometheus does not tell them meanwhile, and are null otherwise.
    """
    if not service.metrics_url:
        raise NotConfigured("service_metrics_url is not set.")
    first = read_metrics(service.metrics_url, deadline)
    latest, levels, readings = first, Levels(None, None, None, None), 1
    second_at = deadline.elapsed() + _APART
    if deadline.remaining() > 2 * _APART and not _told_by_prometheus(service, cluster):
        deadline.sleep(max(0.0, second_at - deadline.elapsed()))
        latest, readings = read_metrics(service.metrics_url, deadline), 2
        levels = between(first, latest)
    return {
        "families": latest.families,
        "requests": latest.requests,
        "failed": latest.failed,
        "error_rate": levels.error_rate,
        "p95_s": levels.p95_s,
        "readings": readings,
    }


def _told_by_prometheus(service: Service, cluster: Cluster) -> bool:
    if not service.prometheus_url:
        return False
    try:
        return in_background(cluster.levels, "levels").result(_APART).error_rate is not None
    except Exception:  # noqa: BLE001 - whatever ails it is told by its own probe
        return False


def read_metrics(url: str, deadline: Deadline) -> Reading:
    """One reading of a metrics page. Raises BadInput for what is none, Unreachable for an error status."""
    reply = fetch(Request(url, headers={"Accept": "text/plain;version=0.0.4;q=1,*/*;q=0.1"}), deadline)
    if not reply.ok:
        error = Unreachable if reply.status >= 500 else BadInput
        raise error(f"{reply.url} answered {reply.status} instead of metrics.", "Check the URL.", status=reply.status)
    text = reply.text()
    # The last line of a page that was cut is no complete sample.
    return parse(text.rpartition("\n")[0] if reply.truncated else text, reply.url)
