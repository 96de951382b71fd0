"""Rates, quantiles and verdicts; no data never passes."""

from __future__ import annotations

import math

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.slo import (
    FAIL,
    PASS,
    UNKNOWN,
    Verdict,
    bucket_increase,
    error_rate,
    increase,
    judge,
    quantile,
    worst,
)

INF = math.inf
NAN = math.nan


@pytest.mark.parametrize(
    ("failed", "total", "rate"),
    [
        (0, 100, 0.0),
        (1, 3, 1 / 3),
        (5, 5, 1.0),
        (6, 5, 1.0),
        (0, 0, None),
        (1, 0, None),
        (None, 5, None),
        (1, None, None),
        (NAN, 5, None),
        (1, NAN, None),
        (INF, 5, None),
        (1, INF, None),
        (-1, 5, None),
        (0, -5, None),
    ],
)
def test_an_error_rate_is_known_only_with_traffic(failed: float, total: float, rate: float | None) -> None:
    assert error_rate(failed, total) == rate


@pytest.mark.parametrize(
    ("before", "after", "grown"),
    [(3, 5, 2), (5, 5, 0), (100, 4, 4), (None, 4, None), (4, None, None), (NAN, 4, None), (4, INF, None)],
)
def test_a_counter_that_was_reset_has_grown_from_zero(before: float, after: float, grown: float | None) -> None:
    assert increase(before, after) == grown


def test_a_quantile_is_prometheus_own() -> None:
    # histogram_quantile(0.95, ...) of these buckets: rank 95 of 100, in (0.25, 0.5] with 40 below and 60 inside.
    buckets = [(0.1, 10.0), (0.25, 40.0), (0.5, 100.0), (INF, 100.0)]
    assert quantile(0.95, buckets) == pytest.approx(0.25 + 0.25 * (95 - 40) / 60)
    assert quantile(0.05, buckets) == pytest.approx(0.05)
    assert quantile(1, buckets) == 0.5


def test_what_falls_into_the_last_bucket_counts_as_the_last_bound() -> None:
    assert quantile(0.95, [(0.1, 1.0), (1.0, 2.0), (INF, 100.0)]) == 1.0


@pytest.mark.parametrize(
    "buckets",
    [
        [],
        [(INF, 5.0)],
        [(0.1, 0.0), (INF, 0.0)],
        [(0.1, 5.0), (0.5, 9.0)],
        [(0.1, NAN), (INF, 5.0)],
        [(0.1, 1.0), (INF, NAN)],
    ],
)
def test_a_quantile_without_observations_is_unknown(buckets: list[tuple[float, float]]) -> None:
    assert quantile(0.95, buckets) is None


def test_buckets_in_any_order_and_with_a_dip_still_give_a_quantile() -> None:
    assert quantile(0.5, [(INF, 10.0), (0.2, 9.0), (0.1, 10.0)]) == pytest.approx(0.05)


def test_one_smaller_bucket_means_that_all_of_them_were_reset() -> None:
    before, after = [(0.1, 5.0), (INF, 50.0)], [(0.1, 6.0), (INF, 7.0)]
    assert bucket_increase(before, after) == after
    assert bucket_increase([(0.1, 5.0), (INF, 6.0)], after) == [(0.1, 1.0), (INF, 1.0)]
    assert bucket_increase([(0.2, 5.0), (INF, 6.0)], after) is None
    assert bucket_increase([], after) is None


@pytest.mark.parametrize("value", [None, NAN, INF, -INF])
def test_row_80_what_is_no_number_is_unknown_and_never_passes(value: float | None) -> None:
    assert judge("error rate", value, 0.01).state == UNKNOWN


def test_the_limit_itself_does_not_pass() -> None:
    assert judge("error rate", 0.0099, 0.01, "%") == Verdict(PASS, "error rate is 0.99 %, below 1 %")
    assert judge("error rate", 0.01, 0.01, "%").state == FAIL
    assert judge("p95", 0.5, 0.5, "s") == Verdict(FAIL, "p95 is 500 ms, not below 500 ms")


def test_a_failure_outweighs_the_unknown_and_the_unknown_outweighs_a_pass() -> None:
    good, bad, open_ = Verdict(PASS, "a"), Verdict(FAIL, "b"), Verdict(UNKNOWN, "c")
    assert worst([good, open_, bad]) == bad
    assert worst([good, open_]) == open_
    assert worst([good, good]).passed
    assert worst([]).state == UNKNOWN
