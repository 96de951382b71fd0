# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the options that describe a service."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  service:
    description: The name of the service.
    type: str
    required: true
  namespace:
    description: The namespace of the workload. It never falls back to another one.
    type: str
  workload:
    description: Kind and name, such as V(deployment/hotswap-api).
    type: str
  selector:
    description:
      - A label selector of the pods, such as V(app=hotswap-api). By default, the workload's own.
      - Without O(workload) it must match the pods of exactly one.
    type: str
  health_url:
    description: The health endpoint; 2xx means healthy.
    type: str
  metrics_url:
    description:
      - The metrics in Prometheus' text format, with the counter C(http_req_failed_total) and the histogram
        C(http_req_duration_seconds).
      - Rates come from two readings of the same process, which C(process_start_time_seconds) tells apart from others
        behind a load balancer. Without it they are known only for a workload with a single pod.
    type: str
  prometheus_url:
    description: The base address of the Prometheus server that scrapes the service.
    type: str
  prometheus_job:
    description: The value of the label C(job). By default, the name of the service.
    type: str
  prometheus_window:
    description: The window of rates, as a PromQL duration.
    type: str
    default: 5m
"""

    # What only triage reads.
    SOURCES = r"""
options:
  container:
    description: The container whose logs and limits count. By default, the first one.
    type: str
  repository:
    description: A git checkout whose recent commits are listed.
    type: path
"""
