"""What is unknown is neither true nor false, in any expression."""

from datetime import UTC, datetime

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis import language

VIEW = {
    "a": {"one": 1, "text": "Vault is sealed", "no": False, "empty": [], "items": [{"n": 1}, {"n": None}, {"n": 3}]}
}
NOW = datetime(2026, 11, 23, 10, 57, tzinfo=UTC)

CASES = [
    ("a.one == `1`", True),
    ("a.one == `true`", False),
    ("a.no == `0`", False),
    ("a.gone == 'x'", None),
    ("a.gone != 'x'", None),
    ("a.gone > `1`", None),
    ("a.gone == a.gone", None),
    ("a.gone == `null`", True),
    ("a.one != `null`", True),
    ("!(a.gone)", None),
    ("!(a.no)", True),
    ("!(a.one)", False),
    ("!(a.empty)", True),
    ("!(a.gone || a.no)", None),
    ("a.gone || a.one", 1),
    ("a.one > 'x'", None),
    ("length(a.gone)", None),
    ("length(a.one)", None),
    ("contains(a.gone, 'x')", None),
    ("a.items[?n > `1`].n", [3]),
    ("a.items[?n != `1`].n", [3]),
    ("max(a.items[].n)", 3),
    ("sort_by(a.items, &n)", None),
    ("not_null(a.gone, a.one)", 1),
    ("ratio(a.one, `0`)", None),
    ("ratio(`1`, `4`)", 0.25),
    ("mentions(a, 'VAULT')", True),
    ("mentions(a.items, 'vault')", False),
    ("age_seconds('2026-11-23T10:56:00Z')", 60.0),
    ("age_seconds('2026-11-23T10:56:00')", 60.0),
    ("age_seconds('yesterday')", None),
    ("percent(`0.1234`)", "12.3 %"),
    ("duration(`0.85`)", "850 ms"),
    ("duration(`1.5`)", "1.5 s"),
    ("duration(`59`)", "59 s"),
    ("duration(`180`)", "3 min"),
    ("duration(`7200`)", "2 h"),
    ("duration(`400000`)", "5 days"),
    ("size(`536870912`)", "512Mi"),
    ("size(`1610612736`)", "1.5Gi"),
    ("percent(a.gone)", None),
    ("a.items[::0]", None),
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_value(expression, expected):
    value = language.evaluate(language.parse(expression), VIEW, NOW)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize("view", [None, [], "x", 0, {"a": None}, {"a": "x"}, {"a": [1]}])
@pytest.mark.parametrize("expression", [case[0] for case in CASES])
def test_nothing_raises_whatever_the_evidence(expression, view):
    language.evaluate(language.parse(expression), view, NOW)


def test_the_roots_of_an_expression_are_found_outside_projections_only():
    assert language.roots(
        language.parse("length(pods.data.items[?reason == 'x' && ready]) > seen.n || !(health.data)")
    ) == {
        "pods",
        "seen",
        "health",
    }


def test_a_negation_that_binds_too_tightly_is_refused():
    with pytest.raises(ValueError, match=r"write `!\(a\.b\)`"):
        language.parse("!a.b")
