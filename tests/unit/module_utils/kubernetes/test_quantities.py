"""Quantities as the API server writes them."""

from decimal import Decimal

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.quantity import (
    cores,
    format_bytes,
    format_cores,
    parse_quantity,
    whole_bytes,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("0", 0),
        ("250m", Decimal("0.25")),
        ("12345n", Decimal("0.000012345")),
        ("3u", Decimal("0.000003")),
        ("64Mi", 64 * 2**20),
        ("1.5Gi", 1536 * 2**20),
        ("1k", 1000),
        ("1e3", 1000),
        ("1E3", 1000),
        ("2E", 2 * 10**18),
        ("1Ei", 2**60),
        (".5", Decimal("0.5")),
        ("-1", -1),
        (2, 2),
        ("1m", Decimal("0.001")),
    ],
)
def test_a_quantity_has_its_exact_value(text, value):
    assert parse_quantity(text) == value


@pytest.mark.parametrize("text", ["", "1Kib", "Mi", "1 Gi", "abc", "1K", "0x10", "nan", "inf", "1Gi\n1", None])
def test_what_is_no_quantity_is_refused(text):
    with pytest.raises(BadInput):
        parse_quantity(text)


def test_milli_bytes_round_up_as_the_api_server_does():
    assert whole_bytes("1500m") == 2
    assert cores("100m") == pytest.approx(0.1)


@pytest.mark.parametrize(("count", "text"), [(2**30, "1Gi"), (1536 * 2**20, "1536Mi"), (1000, "1000"), (0, "0")])
def test_bytes_are_written_exactly(count, text):
    assert format_bytes(count) == text
    assert whole_bytes(text) == count


@pytest.mark.parametrize(("count", "text"), [(0.25, "250m"), (2, "2"), (0.0001, "1m"), (1.5, "1500m")])
def test_cores_are_written_in_milli_cores(count, text):
    assert format_cores(count) == text
