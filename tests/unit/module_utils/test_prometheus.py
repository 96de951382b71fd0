"""What Prometheus answers, also when something else answers in its place."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Denied,
    NotFound,
    Throttled,
    TimedOut,
    Unreachable,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.prometheus import (
    NotReady,
    PrometheusClient,
    Vector,
    absent_or,
    duration,
    matcher,
    number,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.service_levels import read_levels
from loopback import Behaviour, answer, serving


def vector(*values: str, **more: object) -> Behaviour:
    result = [{"metric": {"n": str(i)}, "value": [1700000000.0, value]} for i, value in enumerate(values)]
    body = {"status": "success", "data": {"resultType": "vector", "result": result}, **more}
    return answer(json.dumps(body), kind="application/json")


def error(status: int, kind: str, says: str = "no") -> Behaviour:
    return answer(json.dumps({"status": "error", "errorType": kind, "error": says}), status, "application/json")


def ask(behaviour: Behaviour, expression: str = "up") -> Vector:
    with serving(behaviour) as server:
        return PrometheusClient(f"{server.url}/prefix/").query(expression, Deadline(5))


def test_numbers_arrive_as_strings_and_empty_is_none() -> None:
    assert ask(vector("0.25")).only() == 0.25
    assert ask(vector("1.5e-07")).only() == 1.5e-07
    assert ask(vector()).only() is None
    assert ask(vector("1", "2")).only() is None


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "", "x", None, []])
def test_row_80_nan_and_infinity_are_no_numbers(value: object) -> None:
    assert number(value) is None


def test_row_80_a_label_value_cannot_leave_its_quotes() -> None:
    hostile = 'x"} or up{job="y\\\n'
    assert matcher("job", hostile) == 'job="x\\"} or up{job=\\"y\\\\\\n"'
    assert absent_or("job", "a.b|c") == 'job=~"|a\\\\.b\\\\|c"'


@pytest.mark.parametrize("text", ["", "5", "m", "5m]) or vector(0", "0s", "5 m", "-5m"])
def test_what_is_no_duration_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput):
        duration(text)
    assert duration("1h30m") == "1h30m"


def test_the_query_is_posted_below_the_path_prefix() -> None:
    with serving(vector("1")) as server:
        PrometheusClient(f"{server.url}/prefix/").query('up{job="a&b"}', Deadline(5), at=1700000000.5)
    assert server.requests == ["/prefix/api/v1/query"]
    assert parse_qs(server.bodies[0].decode()) == {"query": ['up{job="a&b"}'], "time": ["1700000000.500"]}


def test_warnings_are_kept() -> None:
    assert ask(vector("1", warnings=["partial\x1b[31m data"])).warnings == ("partial data",)


def test_plain_text_503_means_that_it_is_starting() -> None:
    with pytest.raises(NotReady, match="starting or stopping"):
        ask(answer("Service Unavailable", 503))


@pytest.mark.parametrize(
    ("behaviour", "kind", "says"),
    [
        (error(400, "bad_data", "parse error"), BadInput, "400 bad_data: parse error"),
        (error(422, "execution", "many-to-many"), BadInput, "422 execution"),
        (error(503, "timeout"), TimedOut, "503 timeout"),
        (error(500, "internal"), Unreachable, "500 internal"),
        (error(404, "not_found"), NotFound, "404"),
        (answer("slow down", 429), Throttled, "429: slow down"),
        (answer("<html>bad gateway", 502, "text/html"), Unreachable, "502: <html>bad gateway"),
        (answer("<html>log in", 200, "text/html"), BadInput, "not JSON"),
        (answer("denied", 403), Denied, "403"),
        (answer("who", 401), Denied, "401"),
        (answer("", 302, Location="http://login/"), BadInput, "redirects to http://login/"),
        (answer("[]", kind="application/json"), BadInput, "not Prometheus's"),
        (answer('{"status": "ok"}', kind="application/json"), BadInput, "not Prometheus's"),
        (answer('{"status": "success"}', kind="application/json"), BadInput, "not an instant vector"),
        (answer('{"status": "success", "data": {"resultType": "vector", "result": [1]}}'), BadInput, "instant vector"),
        (answer('{"status": "success", "data": {"resultType": "vector"}}'), BadInput, "instant vector"),
        (answer("x" * 3_000_000), BadInput, "more than"),
    ],
)
def test_row_62_each_wrong_answer_gets_its_own_error(behaviour: Behaviour, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind) as caught:
        ask(behaviour)
    assert says in str(caught.value)


def test_nothing_known_is_none_everywhere_and_never_zero() -> None:
    with serving(vector()) as server:
        levels = read_levels(PrometheusClient(server.url), "job", "5m", Deadline(5))
    found = (levels.targets, levels.up, levels.error_rate, levels.requests_per_s, levels.p95_s, levels.age_s)
    assert found == (None,) * 6
    assert levels.alerts == ()


def test_all_levels_come_in_one_round_trip() -> None:
    with serving(vector()) as server:
        read_levels(PrometheusClient(server.url), "job", "5m", Deadline(5), "default")
    assert len(server.requests) == 1
