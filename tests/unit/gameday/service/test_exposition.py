"""The page at /metrics."""

from __future__ import annotations

import re

from hotswap_runbooks.gameday.service.exposition import RequestMetrics, exposition

SAMPLE = re.compile(r'[a-z_]+(\{[a-z_]+="[^"]+"\})? [0-9.e+-]+')


def _value(page: str, name: str) -> float:
    return float(next(line for line in page.splitlines() if line.startswith(f"{name} ")).split()[1])


def test_failures_and_durations_carry_the_runbooks_names() -> None:
    requests = RequestMetrics()
    for seconds, failed in ((0.004, False), (0.03, True), (0.4, False), (12.0, True)):
        requests.observe(seconds, failed=failed)
    page = exposition(requests, working_set_bytes=1, ready=3)
    assert _value(page, "http_req_failed_total") == 2
    assert _value(page, "http_req_duration_seconds_count") == 4
    assert _value(page, 'http_req_duration_seconds_bucket{le="0.5"}') == 3
    assert _value(page, 'http_req_duration_seconds_bucket{le="+Inf"}') == 4
    assert abs(_value(page, "http_req_duration_seconds_sum") - 12.434) < 1e-6


def test_buckets_never_decrease() -> None:
    requests = RequestMetrics()
    for number in range(100):
        requests.observe(number / 20, failed=False)
    page = exposition(requests, working_set_bytes=1, ready=3)
    counts = [int(line.split()[1]) for line in page.splitlines() if "_bucket{" in line]
    assert counts == sorted(counts)
    assert counts[-1] == 100


def test_every_line_is_a_comment_or_a_sample_and_every_family_has_a_type() -> None:
    page = exposition(RequestMetrics(), working_set_bytes=1, ready=0)
    assert page.endswith("\n")
    lines = page.splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    assert all(SAMPLE.fullmatch(line) for line in samples)
    families = {re.sub(r"_(bucket|sum|count)$", "", re.split(r"[ {]", line)[0]) for line in samples}
    assert families == {line.split()[2] for line in lines if line.startswith("# TYPE")}
