# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prometheus: error rate, latency, targets and alerts, and the error rate before the current revision."""

from __future__ import annotations

import datetime
import time
from functools import partial
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import RunbookError
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import current_revision
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.prometheus import NotReady, PrometheusClient
from ansible_collections.hotswap.runbooks.plugins.module_utils.service_levels import (
    ServiceLevels,
    read_error_rate,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.together import in_background

SOURCE = "prometheus"
_HOUR = 3600.0
# Kubernetes may hang: Prometheus's own answer waits this long for it, in seconds.
_PATIENCE = 1.0


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:
    """The levels over ``service.prometheus_window``; shares are 0 to 1, times are seconds, what is not known is null.

    ``error_rate_before`` is that of the same window before the current revision began, or of an hour ago.
    """
    if not service.prometheus_url:
        raise NotConfigured("service_prometheus_url is not set.")
    client = PrometheusClient(service.prometheus_url)
    window = service.prometheus_window
    before = in_background(partial(_error_rate_before, client, service, cluster, deadline), "error-rate-before")
    ready = True
    try:
        levels = cluster.levels()
    except NotReady:
        ready, levels = False, ServiceLevels(window, None, None, None, None, None, None)
    try:
        error_rate_before = before.result(min(_PATIENCE, deadline.remaining())) if ready else None
    except Exception:  # noqa: BLE001  an extra: without it the source is no worse than without history
        error_rate_before = None
    return {
        "ready": ready,
        "window": window,
        "up": levels.up,
        "targets": levels.targets,
        "error_rate": levels.error_rate,
        "error_rate_before": error_rate_before,
        "requests_per_s": levels.requests_per_s,
        "p95_s": levels.p95_s,
        "age_s": levels.age_s,
        "alerts": list(levels.alerts),
        "warnings": list(levels.warnings),
    }


def _error_rate_before(
    client: PrometheusClient, service: Service, cluster: Cluster, deadline: Deadline
) -> float | None:
    began = _revision_began(service, cluster)
    at = began if began is not None else time.time() - _HOUR
    return read_error_rate(client, service.job, service.prometheus_window, deadline, at=at)


def _revision_began(service: Service, cluster: Cluster) -> float | None:
    """When the current revision was first rolled out, in unix seconds; None when that is not known."""
    if not service.workload and not service.selector:
        return None
    try:
        current = current_revision(cluster.workload(), cluster.revisions())
    except RunbookError:
        return None
    # A template that came back, as after a rollback, keeps the date of its first time.
    if current is None or current.earlier_numbers or not current.created:
        return None
    return datetime.datetime.fromisoformat(current.created).timestamp()
