"""The service's counters and histogram, in Prometheus' text format."""

from __future__ import annotations

import gc
import resource
import threading
import time
from pathlib import Path

_STARTED = time.time()

# Seconds; the runbook's limits (0.5, 1 and 2 s at the 95th percentile) are bounds, so they read exactly.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class RequestMetrics:
    """How many requests were served, how many failed, and how long they took."""

    def __init__(self) -> None:
        self.failed = 0
        self.sum = 0.0
        self.buckets = [0] * (len(BOUNDS) + 1)

    @property
    def count(self) -> int:
        return sum(self.buckets)

    def observe(self, seconds: float, *, failed: bool) -> None:
        """Count one request that took ``seconds``."""
        index = next((i for i, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))
        self.buckets[index] += 1
        self.sum += seconds
        self.failed += failed

    def render(self) -> list[str]:
        lines = [
            "# HELP http_req_failed_total Requests answered with a server error.",
            "# TYPE http_req_failed_total counter",
            f"http_req_failed_total {self.failed}",
            "# HELP http_req_duration_seconds Time from a request to its answer.",
            "# TYPE http_req_duration_seconds histogram",
        ]
        below = 0
        for bound, number in zip((*map(str, BOUNDS), "+Inf"), self.buckets, strict=True):
            below += number
            lines.append(f'http_req_duration_seconds_bucket{{le="{bound}"}} {below}')
        return [
            *lines,
            f"http_req_duration_seconds_sum {self.sum:.6f}",
            f"http_req_duration_seconds_count {below}",
        ]


def process_lines(working_set_bytes: int) -> list[str]:
    """What a .NET process also tells; ``working_set_bytes`` is the applications'."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    collections = "\n".join(
        f'dotnet_collection_count_total{{generation="{generation}"}} {stats["collections"]}'
        for generation, stats in enumerate(gc.get_stats())
    )
    return [
        "# HELP process_start_time_seconds Start of the process since the epoch.",
        "# TYPE process_start_time_seconds gauge",
        f"process_start_time_seconds {_STARTED:.3f}",
        "# HELP process_cpu_seconds_total Processor time used.",
        "# TYPE process_cpu_seconds_total counter",
        f"process_cpu_seconds_total {usage.ru_utime + usage.ru_stime:.3f}",
        "# HELP process_working_set_bytes Working set of the applications.",
        "# TYPE process_working_set_bytes gauge",
        f"process_working_set_bytes {working_set_bytes}",
        "# HELP process_open_handles Open handles.",
        "# TYPE process_open_handles gauge",
        f"process_open_handles {_open_handles()}",
        "# HELP process_num_threads Threads.",
        "# TYPE process_num_threads gauge",
        f"process_num_threads {threading.active_count()}",
        "# HELP dotnet_total_memory_bytes Memory the garbage collector knows of.",
        "# TYPE dotnet_total_memory_bytes gauge",
        f"dotnet_total_memory_bytes {int(working_set_bytes * 0.6)}",
        "# HELP dotnet_collection_count_total Garbage collections.",
        "# TYPE dotnet_collection_count_total counter",
        collections,
    ]


def _open_handles() -> int:
    handles = Path("/proc/self/fd")
    return sum(1 for _ in handles.iterdir()) if handles.exists() else 0


def exposition(requests: RequestMetrics, working_set_bytes: int, ready: int) -> str:
    """The whole page at /metrics."""
    return "\n".join(
        [
            *requests.render(),
            "# HELP hotswap_api_ready_instances Instances the load balancer sends requests to.",
            "# TYPE hotswap_api_ready_instances gauge",
            f"hotswap_api_ready_instances {ready}",
            *process_lines(working_set_bytes),
            "",
        ]
    )
