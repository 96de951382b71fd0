from __future__ import annotations

import json

from ansible.parsing.yaml.objects import AnsibleUnicode
from ansible_collections.hotswap.runbooks.plugins.module_utils.plain import as_plain


class Tagged(str):
    """As Ansible marks the strings of a playbook."""

    def __str__(self):
        return "not this"


def test_marked_values_become_built_in_ones():
    given = {Tagged("key"): [Tagged("a"), {"b": (1, 2.5, True, None)}]}
    plain = as_plain(given)
    assert plain == {"key": ["a", {"b": [1, 2.5, True, None]}]}
    assert type(next(iter(plain))) is str
    assert type(plain["key"][0]) is str


def test_ansibles_own_strings_survive_json():
    assert json.dumps(as_plain(AnsibleUnicode("x"))) == '"x"'


def test_truth_stays_truth():
    assert as_plain(True) is True
