"""What /metrics says, also when it says it badly."""

from __future__ import annotations

import time

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.openmetrics import Levels, Readings, between, parse

PAGE = """\
# HELP http_req_failed_total Failed requests.
# TYPE http_req_failed_total counter
http_req_failed_total{method="GET",path="/a b"} 3
http_req_failed_total{method="PUT",path="quote \\" brace } comma ,"} 1 1700000000000
# TYPE http_req_duration_seconds histogram
http_req_duration_seconds_bucket{le="0.1",path="x"} 80
http_req_duration_seconds_bucket{le="0.1",path="y"} 10
http_req_duration_seconds_bucket{le="0.5",path="x"} 90
http_req_duration_seconds_bucket{le="0.5",path="y"} 10
http_req_duration_seconds_bucket{le="+Inf",path="x"} 90 # {trace_id="abc"} 0.7 1.5
http_req_duration_seconds_bucket{le="+Inf",path="y"} 10
http_req_duration_seconds_sum 4.5e+00
http_req_duration_seconds_count{path="x"} 90
http_req_duration_seconds_count{path="y"} 10
process_start_time_seconds 1.7e9
go_gc_duration_seconds{quantile="0"} NaN
{"a.new.name",label="v"} 1
# EOF
"""


def test_counters_are_summed_over_labels_and_buckets_over_bounds() -> None:
    reading = parse(PAGE)
    assert (reading.failed, reading.requests, reading.started) == (4.0, 100.0, 1.7e9)
    assert reading.buckets == ((0.1, 90.0), (0.5, 100.0), (float("inf"), 100.0))
    assert reading.families == 4


def test_the_counter_is_found_without_its_suffix_and_is_not_counted_twice() -> None:
    assert parse("http_req_failed 7\n").failed == 7
    assert parse("http_req_failed 7\nhttp_req_failed_total 7\n").failed == 7
    assert parse("http_req_failed_created 1.7e9\n").failed is None


def test_absent_metrics_are_unknown_and_not_zero() -> None:
    reading = parse("up 1\n")
    assert (reading.failed, reading.requests, reading.buckets) == (None, None, ())
    assert parse("").families == 0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n<html>\n<head>\n", 2),
        ("<!DOCTYPE html>", 1),
        ('{"status": "ok"}', 1),
        ("\n\nup one\n", 3),
        ("up\n", 1),
        ("foo5\n", 1),
        ('up{a="b" 1\n', 1),
        ("up 1_000\n", 1),
        ("\x00\x01\x02", 1),
        ("x" * 1_000_000, 1),
        ("x{" * 200_000, 1),
        ('x{a="' + "\\" * 200_001, 1),
    ],
)
def test_garbage_is_bad_input_that_names_its_first_line(text: str, line: int) -> None:
    start = time.perf_counter()
    with pytest.raises(BadInput) as caught:
        parse(text, "http://x/metrics")
    assert caught.value.facts["line"] == line
    assert caught.value.message.startswith("http://x/metrics ")
    assert len(caught.value.message) < 250
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("odd", ['some.vendor.metric{a="b"} 3', "<html>", "up", "a metric 1", 'up{a="b" 1'])
def test_an_odd_line_of_somebody_elses_is_skipped(odd: str) -> None:
    assert parse(f"{odd}\n{PAGE}{odd}\n") == parse(PAGE)


@pytest.mark.parametrize("odd", ["http_req_failed_total one", 'http_req_duration_seconds_bucket{le="0.1" 3'])
def test_an_odd_line_of_what_is_counted_would_give_wrong_numbers(odd: str) -> None:
    with pytest.raises(BadInput, match="line 19"):
        parse(f"{PAGE}{odd}\n")


def test_a_rate_comes_from_what_happened_between_two_readings() -> None:
    later = PAGE.replace('path="/a b"} 3', 'path="/a b"} 8').replace('_count{path="x"} 90', '_count{path="x"} 110')
    later = later.replace('le="+Inf",path="x"} 90', 'le="+Inf",path="x"} 110')
    later = later.replace('le="0.5",path="x"} 90', 'le="0.5",path="x"} 110')
    levels = between(parse(PAGE), parse(later))
    assert (levels.failed, levels.requests, levels.error_rate) == (5, 20, 0.25)
    assert levels.p95_s == pytest.approx(0.1 + 0.4 * 0.95)


def test_no_traffic_between_two_readings_is_unknown_and_not_healthy() -> None:
    assert between(parse(PAGE), parse(PAGE)) == Levels(0, 0, None, None)


def levels_of(*pages: str, every: float = 1.0, alone: bool = False) -> list[Levels | None]:
    readings = Readings()
    return [readings.add(n * every, parse(page), alone=alone) for n, page in enumerate(pages)]


LATER = PAGE.replace('path="/a b"} 3', 'path="/a b"} 8').replace('_count{path="x"} 90', '_count{path="x"} 110')
OTHER, OTHER_LATER = (page.replace("1.7e9", "1.8e9") for page in (PAGE, LATER))
NAMELESS, NAMELESS_LATER = (page.replace("process_start", "some_other") for page in (PAGE, LATER))


def test_of_two_processes_behind_one_address_each_is_compared_with_itself() -> None:
    first, second, third, fourth = levels_of(PAGE, OTHER_LATER, LATER, OTHER_LATER)
    assert (first, second) == (None, None)
    assert third is not None
    assert (third.failed, third.requests) == (5, 20)
    assert fourth is not None
    assert fourth.requests == 0


def test_readings_too_close_or_too_far_apart_are_not_compared() -> None:
    assert levels_of(PAGE, LATER, every=0.5) == [None, None]
    assert levels_of(PAGE, LATER, every=31) == [None, None]
    assert levels_of(PAGE, PAGE, LATER, every=0.5)[2] == levels_of(PAGE, LATER)[1]


def test_a_counter_that_went_back_is_another_process_of_the_same_moment() -> None:
    assert levels_of(LATER, PAGE) == [None, None]


def test_without_a_start_time_only_a_process_that_is_alone_is_known_again() -> None:
    assert levels_of(NAMELESS, NAMELESS_LATER) == [None, None]
    assert levels_of(NAMELESS, NAMELESS_LATER, alone=True)[1] == levels_of(PAGE, LATER)[1]


def test_a_large_page_is_read_fast() -> None:
    page = "".join(f'http_server_requests_seconds_bucket{{uri="/api/{i}",le="0.5"}} {i}\n' for i in range(20_000))
    start = time.perf_counter()
    assert parse(page + PAGE).requests == 100
    assert time.perf_counter() - start < 1
