"""Service levels from a real Prometheus that scrapes a real page."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.prometheus import read
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.prometheus import PrometheusClient
from ansible_collections.hotswap.runbooks.plugins.module_utils.service_levels import (
    ServiceLevels,
    error_rate_expression,
    read_levels,
)
from servers import Prometheus, Target, wait_for

pytestmark = pytest.mark.services

WINDOW = "2s"


def levels(server: Prometheus, job: str = "hotswap-api") -> ServiceLevels:
    return read_levels(PrometheusClient(server.url), job, WINDOW, Deadline(10), "default")


def reading(service: Service, workload: Callable[[], Any], revisions: Callable[[], Any] = list) -> Any:
    """What the probe reads beside a cluster that answers so."""
    cluster = Cluster(service, Deadline(10))
    cluster.workload, cluster.revisions = workload, revisions
    return read(service, cluster, Deadline(10))


def with_a_revision_that_began(when: float) -> tuple[Callable[[], Any], Callable[[], Any]]:
    created = datetime.datetime.fromtimestamp(when, datetime.UTC).isoformat()
    revision = SimpleNamespace(number=2, name="x", created=created, earlier_numbers=())
    annotations = {"deployment.kubernetes.io/revision": "2"}
    return lambda: {"metadata": {"annotations": annotations}}, lambda: [revision]


def test_the_levels_of_a_failing_service(prometheus: Prometheus) -> None:
    wait_for(lambda: len(levels(prometheus).alerts) == 3 and levels(prometheus).error_rate is not None, "The rules")
    found = levels(prometheus)
    assert (found.targets, found.up) == (1, 1)
    assert found.error_rate == pytest.approx(0.25, abs=0.01)
    assert found.requests_per_s is not None
    assert found.requests_per_s > 5
    assert found.p95_s == pytest.approx(0.19)
    assert found.age_s is not None
    assert 0 <= found.age_s < 2
    assert found.warnings == ()


def test_alerts_are_the_services_own_or_nobodys(prometheus: Prometheus) -> None:
    wait_for(lambda: len(levels(prometheus).alerts) == 3, "The rules")
    assert levels(prometheus).alerts == (
        {"name": "HighErrorRate", "state": "firing", "severity": "sev-2"},
        {"name": "OursByJob", "state": "firing", "severity": None},
        {"name": "Pending", "state": "pending", "severity": None},
    )


def test_row_80_a_job_that_nobody_scrapes_is_unknown_and_not_healthy(prometheus: Prometheus) -> None:
    found = levels(prometheus, "nobody")
    assert (found.targets, found.up, found.error_rate, found.requests_per_s, found.p95_s) == (None,) * 5


@pytest.mark.parametrize("job", ['x"} or up{job="other', "x\\", "x\n", "{}", "Ω☃", "x') or vector(1"])
def test_row_80_no_name_of_a_job_reads_another_ones_levels(prometheus: Prometheus, job: str) -> None:
    assert levels(prometheus, job).targets is None


def test_a_target_that_is_down_is_counted_and_has_no_rates(prometheus: Prometheus) -> None:
    wait_for(lambda: levels(prometheus, "dead").targets == 1, "The dead target")
    found = levels(prometheus, "dead")
    assert (found.up, found.error_rate) == (0, None)


def test_a_wrong_query_says_what_prometheus_says(prometheus: Prometheus) -> None:
    with pytest.raises(BadInput, match="bad_data"):
        PrometheusClient(prometheus.url).query("sum(", Deadline(10))


def test_the_error_rate_before_the_revision_is_that_of_the_window_before_it(
    prometheus: Prometheus, target: Target
) -> None:
    target.failed = 0
    wait_for(lambda: levels(prometheus).error_rate == 0, "A service without failures")
    began = time.time()
    target.failed = 4
    wait_for(lambda: (levels(prometheus).error_rate or 0) > 0.9, "A service that only fails")
    service = Service("hotswap-api", workload="deployment/x", prometheus_url=prometheus.url, prometheus_window=WINDOW)
    found = reading(service, *with_a_revision_that_began(began))
    assert found["error_rate"] > 0.9
    assert found["error_rate_before"] == pytest.approx(0, abs=0.01)
    assert (found["ready"], found["window"], found["up"], found["targets"]) == (True, WINDOW, 1, 1)


def test_without_history_the_error_rate_before_is_unknown(prometheus: Prometheus) -> None:
    service = Service("hotswap-api", workload="deployment/x", prometheus_url=prometheus.url)
    assert read(service, Cluster(service, Deadline(10)), Deadline(10))["error_rate_before"] is None


def test_a_cluster_that_hangs_holds_prometheus_up_for_a_second_only(prometheus: Prometheus) -> None:
    service = Service("hotswap-api", workload="deployment/x", prometheus_url=prometheus.url)
    start = time.monotonic()
    found = reading(service, lambda: time.sleep(20))
    assert time.monotonic() - start < 1.5
    assert (found["ready"], found["error_rate_before"]) == (True, None)


def test_no_traffic_is_unknown_and_not_a_rate_of_zero(prometheus: Prometheus, target: Target) -> None:
    target.requests = target.failed = 0
    wait_for(lambda: levels(prometheus).requests_per_s == 0, "The end of the traffic")
    found = levels(prometheus)
    assert (found.error_rate, found.p95_s) == (None, None)


def test_row_80_numbers_of_a_service_that_died_are_stale_and_not_its_levels(
    prometheus: Prometheus, target: Target
) -> None:
    target.requests, target.failed = 4, 1
    wait_for(lambda: levels(prometheus).error_rate is not None, "Traffic")
    target.close()
    wait_for(lambda: levels(prometheus).up == 0, "The scrape's failure")
    client, window = PrometheusClient(prometheus.url), "1m"
    assert client.query(error_rate_expression("hotswap-api", window), Deadline(10)).only() is not None
    found = read_levels(client, "hotswap-api", window, Deadline(10))
    assert (found.up, found.age_s, found.error_rate, found.requests_per_s, found.p95_s) == (0, None, None, None, None)
