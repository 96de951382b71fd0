"""The service's own metrics, read once or twice."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.metrics import read
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.service_levels import ServiceLevels
from loopback import Behaviour, answer, serving


def counting(failed: int, total: int) -> Behaviour:
    """Counters that grow by ``failed`` and ``total`` from one reading to the next."""
    readings = itertools.count(1)

    def behave(request: BaseHTTPRequestHandler) -> None:
        n = next(readings)
        lines = [f"http_req_failed_total {n * failed}", f"http_req_duration_seconds_count {n * total}"]
        lines += [f'http_req_duration_seconds_bucket{{le="{le}"}} {n * total}' for le in ("0.1", "+Inf")]
        answer("\n".join(lines) + "\n")(request)

    return behave


def test_without_prometheus_two_readings_give_the_rate() -> None:
    with serving(counting(1, 4)) as server:
        found = read(Service("x", metrics_url=server.url), None, Deadline(5))
    assert found == {
        "families": 2,
        "requests": 8,
        "failed": 2,
        "error_rate": 0.25,
        "p95_s": pytest.approx(0.095),
        "readings": 2,
    }


def with_prometheus(url: str, levels: Callable[[], ServiceLevels], seconds: float = 5) -> dict[str, Any]:
    service = Service("x", metrics_url=url, prometheus_url="http://127.0.0.1:1")
    cluster = Cluster(service, Deadline(seconds))
    cluster.levels = levels
    return read(service, cluster, Deadline(seconds))


def told(error_rate: float | None) -> Callable[[], ServiceLevels]:
    return lambda: ServiceLevels("5m", 1, 1, error_rate, 2.0, 0.1, 5.0)


def test_where_prometheus_tells_the_rate_one_reading_is_enough_and_no_other_is_made_up() -> None:
    with serving(counting(1, 4)) as server:
        found = with_prometheus(server.url, told(0.0))
    assert (found["readings"], found["requests"], found["failed"]) == (1, 4, 1)
    assert (found["error_rate"], found["p95_s"]) == (None, None)


def refusing() -> ServiceLevels:
    raise Unreachable("It refused.")


@pytest.mark.parametrize("levels", [refusing, lambda: time.sleep(30), told(None)], ids=["dead", "hangs", "knows none"])
def test_where_prometheus_does_not_tell_it_two_readings_do(levels: Callable[[], ServiceLevels]) -> None:
    with serving(counting(1, 4)) as server:
        found = with_prometheus(server.url, levels)
    assert (found["readings"], found["error_rate"]) == (2, 0.25)


def test_no_time_for_a_second_reading_means_no_rate_and_no_timeout() -> None:
    with serving(counting(1, 4)) as server:
        found = read(Service("x", metrics_url=server.url), None, Deadline(0.9))
    assert (found["readings"], found["error_rate"]) == (1, None)


def test_a_service_without_traffic_has_no_error_rate() -> None:
    with serving(counting(0, 0)) as server:
        assert read(Service("x", metrics_url=server.url), None, Deadline(5))["error_rate"] is None


def test_garbage_and_error_pages_are_no_metrics() -> None:
    for behaviour, kind in (
        (answer("<html>"), BadInput),
        (answer("gone", 404), BadInput),
        (answer("down", 503), Unreachable),
    ):
        with serving(behaviour) as server, pytest.raises(kind):
            read(Service("x", metrics_url=server.url), None, Deadline(5))


def test_a_page_over_the_limit_is_read_up_to_its_last_whole_line() -> None:
    page = "http_req_failed_total 1\nhttp_req_duration_seconds_count 2\n" + "other_metric_name 1\n" * 300_000
    with serving(answer(page)) as server:
        found = with_prometheus(server.url, told(0.0), 10)
    assert (found["failed"], found["requests"]) == (1, 2)
