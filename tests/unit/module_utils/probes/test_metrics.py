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
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes import metrics
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.metrics import MetricsProbe, read
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.service_levels import ServiceLevels
from loopback import Behaviour, answer, serving


def page(failed: int, total: int, started: float | None = 1.7e9) -> str:
    lines = [f"http_req_failed_total {failed}", f"http_req_duration_seconds_count {total}"]
    lines += [f'http_req_duration_seconds_bucket{{le="{le}"}} {total}' for le in ("0.1", "+Inf")]
    lines += [f"process_start_time_seconds {started}"] if started else []
    return "\n".join(lines) + "\n"


def counting(failed: int, total: int, *processes: float | None) -> Behaviour:
    """Counters that grow by ``failed`` and ``total`` each time; the ``processes`` answer in turn."""
    turns = itertools.cycle(enumerate(processes or (1.7e9,)))
    counts = itertools.count(1)

    def behave(request: BaseHTTPRequestHandler) -> None:
        number, started = next(turns)
        n = next(counts) + 1000 * number
        answer(page(n * failed, n * total, started))(request)

    return behave


def pods(number: int) -> Cluster:
    cluster = Cluster(Service("x"), Deadline(5))
    cluster.pods = lambda: [{}] * number  # type: ignore[assignment]
    return cluster


NONE = Cluster(Service("x"), Deadline(60))


def test_without_prometheus_two_readings_give_the_rate() -> None:
    with serving(counting(1, 4)) as server:
        found = read(Service("x", metrics_url=server.url), NONE, Deadline(5))
    assert found == {
        "families": 3,
        "requests": 8,
        "failed": 2,
        "error_rate": 0.25,
        "p95_s": pytest.approx(0.095),
        "readings": 2,
        "no_rate": None,
    }


@pytest.mark.parametrize("processes", [2, 4])
def test_behind_a_load_balancer_two_readings_of_the_same_process_are_compared(processes: int) -> None:
    with serving(counting(1, 4, *(1.7e9 + n for n in range(processes)))) as server:
        found = read(Service("x", metrics_url=server.url), NONE, Deadline(10))
    assert (found["error_rate"], found["readings"]) == (0.25, max(3, processes + 1))


def test_a_search_that_finds_no_process_again_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_SEARCH", 0.6)
    with serving(counting(1, 4, *(1.7e9 + n for n in range(50)))) as server:
        begun = time.monotonic()
        found = read(Service("x", metrics_url=server.url), NONE, Deadline(10))
    assert time.monotonic() - begun < 2
    assert (found["error_rate"], found["p95_s"]) == (None, None)
    assert found["no_rate"] == f"each of {found['readings']} readings of /metrics came from another process"


def test_read_again_it_remembers_the_processes_and_needs_no_second_reading() -> None:
    probe = MetricsProbe()
    with serving(counting(1, 4, 1.7e9, 1.8e9)) as server:
        service = Service("x", metrics_url=server.url)
        assert probe.read(service, NONE, Deadline(5))["readings"] == 3
        time.sleep(1)
        assert probe.read(service, NONE, Deadline(5))["readings"] == 1


def test_without_a_start_time_readings_of_unknown_processes_are_not_compared() -> None:
    for cluster in (NONE, pods(2)):
        with serving(counting(1, 4, None)) as server:
            found = read(Service("x", metrics_url=server.url), cluster, Deadline(5))
        assert (found["readings"], found["error_rate"]) == (1, None)
        assert "process_start_time_seconds" in found["no_rate"]


def test_without_a_start_time_those_of_a_single_pod_are() -> None:
    with serving(counting(1, 4, None)) as server:
        found = read(Service("x", metrics_url=server.url), pods(1), Deadline(5))
    assert (found["readings"], found["error_rate"]) == (2, 0.25)


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
    assert (found["error_rate"], found["p95_s"], found["no_rate"]) == (None, None, None)


def refusing() -> ServiceLevels:
    raise Unreachable("It refused.")


@pytest.mark.parametrize("levels", [refusing, lambda: time.sleep(30), told(None)], ids=["dead", "hangs", "knows none"])
def test_where_prometheus_does_not_tell_it_two_readings_do(levels: Callable[[], ServiceLevels]) -> None:
    with serving(counting(1, 4)) as server:
        found = with_prometheus(server.url, levels)
    assert (found["readings"], found["error_rate"]) == (2, 0.25)


def test_no_time_for_a_second_reading_means_no_rate_and_no_timeout() -> None:
    with serving(counting(1, 4)) as server:
        found = read(Service("x", metrics_url=server.url), NONE, Deadline(0.9))
    assert (found["readings"], found["error_rate"]) == (1, None)
    assert found["no_rate"] == "there was no time to read /metrics again"


def test_a_service_without_traffic_has_no_error_rate() -> None:
    with serving(counting(0, 0)) as server:
        found = read(Service("x", metrics_url=server.url), NONE, Deadline(5))
    assert found["error_rate"] is None
    assert found["no_rate"] == "there were no requests between two readings of /metrics"


def test_garbage_and_error_pages_are_no_metrics() -> None:
    for behaviour, kind in (
        (answer("<html>"), BadInput),
        (answer("gone", 404), BadInput),
        (answer("down", 503), Unreachable),
    ):
        with serving(behaviour) as server, pytest.raises(kind):
            read(Service("x", metrics_url=server.url), NONE, Deadline(5))


def test_a_page_over_the_limit_is_read_up_to_its_last_whole_line() -> None:
    page = "http_req_failed_total 1\nhttp_req_duration_seconds_count 2\n" + "other_metric_name 1\n" * 300_000
    with serving(answer(page)) as server:
        found = with_prometheus(server.url, told(0.0), 10)
    assert (found["failed"], found["requests"]) == (1, 2)
