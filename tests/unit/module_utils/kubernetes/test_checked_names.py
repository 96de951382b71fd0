"""Names: never empty, never out of their path, and a wrong one is answered with the nearest."""

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.names import (
    checked_name,
    checked_namespace,
    checked_selector,
    nearest,
    nearest_hint,
)


@pytest.mark.parametrize("name", ["", "../x", "A", "a/b", "a b", "-a", "a-", "a" * 64, "a;rm", "a\n", "%2e", None])
def test_row_73_what_cannot_be_a_namespace_is_refused(name):
    with pytest.raises(BadInput):
        checked_namespace(name)


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "a b", "a\n", "a" * 254, None])
def test_row_73_what_cannot_be_a_name_is_refused(name):
    with pytest.raises(BadInput):
        checked_name(name, "pod")


def test_what_is_a_name_passes_unchanged():
    assert checked_namespace("hotswap-1") == "hotswap-1"
    assert checked_name("web.1-a", "pod") == "web.1-a"
    assert checked_selector("app=web", "pods") == "app=web"
    assert checked_selector(None, "pods") == ""


def test_the_nearest_names_come_best_first():
    assert nearest("hotswap-apo", ["hotswap-api", "hotswap-web", "store"])[0] == "hotswap-api"
    assert nearest("api", ["hotswap-api", "store"]) == ["hotswap-api"]
    assert nearest("zzz", ["hotswap-api", "store"]) == []


def test_the_hint_lists_what_there_is_when_nothing_is_near():
    assert nearest_hint("zzz", ["b", "a"], "pod") == "There are: a, b."
    assert nearest_hint("zzz", [f"n{i}" for i in range(9)], "pod").endswith("and 4 more.")
    assert nearest_hint("zzz", [], "pod in namespace x") == "There is no pod in namespace x at all."
