# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service's own ``/metrics``."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.http import Request, fetch
from ansible_collections.hotswap.runbooks.plugins.module_utils.openmetrics import (
    APART,
    STARTED,
    Levels,
    Reading,
    Readings,
    parse,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.together import in_background

SOURCE = "metrics"
# Behind a load balancer another process may answer each time: so often, and so many seconds, the first is looked for.
_MOST, _SEARCH, _PAUSE = 20, 5.0, 0.25
_UNKNOWN = Levels(None, None, None, None)


class MetricsProbe:
    """The probe with a memory: read again and again, it compares with what it has read before."""

    SOURCE = SOURCE

    def __init__(self) -> None:
        self._readings = Readings()

    def read(self, service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:
        """``{families, requests, failed, error_rate, p95_s, readings, no_rate}``.

        ``requests`` and ``failed`` count since the process started. Rates need a second reading of the same process
        and so a second more: it is taken only where Prometheus does not tell them meanwhile. ``no_rate`` says why
        they are null.
        """
        if not service.metrics_url:
            raise NotConfigured("service_metrics_url is not set.")
        latest, levels = self._take(service, cluster, deadline)
        began, taken, no_rate = deadline.elapsed(), 1, ""
        told = levels is not None or _told_by_prometheus(service, cluster)
        if not told and latest.started is None and not _alone(cluster):
            no_rate = f"/metrics has no {STARTED}, so two readings may be of two processes"
        while levels is None and not told and not no_rate:
            pause = began + APART - deadline.elapsed() if taken == 1 else _PAUSE
            if deadline.remaining() < pause + APART:
                no_rate = "there was no time to read /metrics again"
            elif taken == _MOST or deadline.elapsed() - began > _SEARCH:
                no_rate = f"each of {taken} readings of /metrics came from another process"
            else:
                deadline.sleep(max(0.0, pause))
                latest, levels = self._take(service, cluster, deadline)
                taken += 1
        levels = levels or _UNKNOWN
        if levels.requests == 0:
            no_rate = "there were no requests between two readings of /metrics"
        return {
            "families": latest.families,
            "requests": latest.requests,
            "failed": latest.failed,
            "error_rate": levels.error_rate,
            "p95_s": levels.p95_s,
            "readings": taken,
            "no_rate": no_rate or None,
        }

    def _take(self, service: Service, cluster: Cluster, deadline: Deadline) -> tuple[Reading, Levels | None]:
        reading = read_metrics(service.metrics_url, deadline)
        alone = reading.started is None and _alone(cluster)
        return reading, self._readings.add(time.monotonic(), reading, alone=alone)


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:
    """As MetricsProbe has it, from what is read now alone."""
    return MetricsProbe().read(service, cluster, deadline)


def _alone(cluster: Cluster) -> bool:
    """Whether the workload has a single pod, which then is the only one to answer."""
    try:
        return len(in_background(cluster.pods, "pods").result(APART)) == 1
    except Exception:  # noqa: BLE001 - whatever ails it is told by its own probe
        return False


def _told_by_prometheus(service: Service, cluster: Cluster) -> bool:
    if not service.prometheus_url:
        return False
    try:
        return in_background(cluster.levels, "levels").result(APART).error_rate is not None
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
