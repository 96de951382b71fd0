"""One value of a JSON document, changed in place."""

from __future__ import annotations

import json

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils import json_document, json_text
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput

SETTINGS = """\
{
  "Logging": {"LogLevel": {"Default": "Information", "Microsoft.AspNetCore": "Warning"}},
  "Database": {
    "MaxPoolSize": 20,
    "Host": "däta\\u0062ase"
  },
  "Hosts": ["a", "b"],
  "Empty": {}
}
"""


@pytest.mark.parametrize(
    ("path", "raw", "old", "new"),
    [
        ("Database:MaxPoolSize", "200", '"MaxPoolSize": 20,', '"MaxPoolSize": 200,'),
        ("Database.Host", '"ö"', '"däta\\u0062ase"', '"ö"'),
        ("Hosts:1", '"c"', '["a", "b"]', '["a", "c"]'),
        ("Logging:LogLevel:Microsoft.AspNetCore", '"Error"', '"Warning"', '"Error"'),
    ],
)
def test_only_the_value_changes_and_all_else_stays_as_it_is_written(path, raw, old, new):
    keys = json_document.keys_of(path, json.loads(SETTINGS))
    assert json_text.with_value(SETTINGS, keys, raw) == SETTINGS.replace(old, new)


@pytest.mark.parametrize(
    ("keys", "added"),
    [
        (("Database", "Timeout"), '"Host": "däta\\u0062ase",\n    "Timeout": 1\n  },'),
        (("Logging", "LogLevel", "System"), '"Microsoft.AspNetCore": "Warning", "System": 1}'),
        (("Timeout",), '"Empty": {},\n  "Timeout": 1\n}'),
        (("Empty", "Timeout"), '"Empty": {"Timeout": 1}'),
        (("New", "Section", "Key"), '"New": {"Section": {"Key": 1}}'),
    ],
)
def test_what_is_added_looks_like_its_neighbours_and_goes_without_a_trace(keys, added):
    text = json_text.with_value(SETTINGS, keys, "1")
    assert added in text
    assert json_document.value_at(json.loads(text), keys) == (True, 1)
    depth = next(n for n in range(1, 4) if not json_document.value_at(json.loads(SETTINGS), keys[:n])[0])
    assert json_text.without(text, keys[:depth]) == SETTINGS


@pytest.mark.parametrize("text", ['{"a": 1, "b": 2, "c": 3}', '{\r\n\t"a": 1,\r\n\t"b": 2,\r\n\t"c": 3\r\n}'])
@pytest.mark.parametrize("key", ["a", "b", "c"])
def test_what_is_taken_away_takes_its_comma_along(text, key):
    left = json.loads(json_text.without(text, (key,)))
    assert left == {name: value for name, value in {"a": 1, "b": 2, "c": 3}.items() if name != key}


def test_windows_line_ends_and_a_byte_order_mark_stay():
    text = '\ufeff{\r\n  "a": 1\r\n}\r\n'
    assert json_document.parse(text, "x") == {"a": 1}
    assert json_text.with_value(text, ("a",), "2") == '\ufeff{\r\n  "a": 2\r\n}\r\n'
    assert json_text.with_value(text, ("b",), "2") == '\ufeff{\r\n  "a": 1,\r\n  "b": 2\r\n}\r\n'


def test_a_single_value_holds_no_key_and_a_list_no_name():
    for keys in (("Database", "MaxPoolSize", "Limit"), ("Hosts", "first"), ("Hosts", "2")):
        with pytest.raises(BadInput):
            json_text.with_value(SETTINGS, keys, "1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n  "a": 1,\n}', "line 3, column 1"),
        ('{"a": lots}', "line 1, column 7"),
        ('{"a": 1} // why', "line 1, column 10"),
        ("", "line 1, column 1"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ('{"a": NaN}', "NaN is no JSON value"),
        ("[" * 100_000, "is not sound JSON"),
    ],
)
def test_what_is_not_json_is_refused_with_the_place(text, said):
    with pytest.raises(BadInput) as refused:
        json_document.parse(text, "appsettings.json")
    assert said in refused.value.message
    assert refused.value.message.startswith("appsettings.json is not")


@pytest.mark.parametrize("path", ["Database:", ":Host", "", ".", "Database::Host"])
def test_a_path_without_a_name_is_refused(path):
    with pytest.raises(BadInput):
        json_document.keys_of(path, {})


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("database:maxpoolsize", "Database:MaxPoolSize"),
        ("Database:MaxPoolSise", "Database:MaxPoolSize"),
        ("MaxPoolSize", "Database:MaxPoolSize"),
    ],
)
def test_a_path_that_does_not_exist_is_answered_with_the_nearest(path, nearest):
    error = json_document.not_found(json.loads(SETTINGS), tuple(path.split(":")), "appsettings.json")
    assert nearest in error.hint


@pytest.mark.parametrize(
    ("text", "kind", "old", "raw"),
    [
        ("200", "same", 20, "200"),
        ("1e3", "same", 20, "1e3"),
        ("200", "same", "20", '"200"'),
        ("True", "same", False, "true"),
        ("ä", "same", "x", '"ä"'),
        ("5", "same", None, "5"),
        ("word", "same", None, '"word"'),
        ("200", "string", 20, '"200"'),
        ("200", "number", "lots", "200"),
        ("null", "json", 20, "null"),
        ('{"a": [1]}', "json", {}, '{"a": [1]}'),
    ],
)
def test_a_value_keeps_the_type_that_stands_there_unless_another_is_asked_for(text, kind, old, raw):
    assert json_document.raw_value(text, kind, old, known=True) == raw


@pytest.mark.parametrize(
    ("text", "kind", "old"),
    [("lots", "same", 20), ("020", "same", 20), ("yes", "same", True), ("1", "same", {"a": 1}), ("{", "json", 1)],
)
def test_a_value_of_another_type_is_refused(text, kind, old):
    with pytest.raises(BadInput):
        json_document.raw_value(text, kind, old, known=True)


def test_a_new_value_is_what_it_looks_like():
    assert json_document.raw_value("5", "same", None, known=False) == "5"
    assert json_document.raw_value("false", "same", None, known=False) == "false"
    assert json_document.raw_value("5 s", "same", None, known=False) == '"5 s"'
