"""Label selectors, read as the API server reads them."""

from __future__ import annotations

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.selectors import selects

LABELS = {"app": "api", "tier": "web", "example.com/team": "a"}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("app=api", True),
        ("app==api,tier=web", True),
        ("app=api,tier=db", False),
        ("app!=web", True),
        ("app!=api", False),
        ("release!=x", True),
        ("tier in (web, db)", True),
        ("tier in (db)", False),
        ("tier notin (db),app", True),
        ("release notin (x)", True),
        ("release in (x)", False),
        ("!release", True),
        ("!app", False),
        ("example.com/team = a", True),
        ("release=", False),
    ],
)
def test_labels_are_selected_as_the_server_would(selector, selected):
    assert selects(selector, LABELS) is selected


@pytest.mark.parametrize("selector", ["", "=x", "app in web", "app=api;tier=web", "(x)", "app=a b"])
def test_what_is_no_selector_is_refused(selector):
    with pytest.raises(BadInput):
        selects(selector, LABELS)
