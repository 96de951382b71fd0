"""appsettings.json as the application reads it."""

from __future__ import annotations

import json

import pytest

from hotswap_runbooks.gameday import manifests
from hotswap_runbooks.gameday.service import settings
from hotswap_runbooks.gameday.service.exceptions import DotnetException


def _text(**changes: object) -> str:
    database = {"MaxPoolSize": 20, "ConnectionLifetime": 3, "CommandTimeout": 2} | changes
    return json.dumps({"Database": database, "HttpClientTimeout": 10000})


def _refusal(text: str | None) -> str:
    with pytest.raises(DotnetException) as refused:
        settings.read(text)
    return "\n".join(refused.value.lines())


def test_the_shipped_configuration_is_accepted() -> None:
    shipped = next(d for d in manifests.documents("service.yaml", {}) if d["kind"] == "ConfigMap")
    assert settings.read(shipped["data"]["appsettings.json"]).max_pool_size == 20


def test_a_number_written_as_text_is_a_number_as_in_dotnet() -> None:
    assert settings.read(_text(MaxPoolSize="200")).max_pool_size == 200


def test_a_word_instead_of_a_number_names_file_key_and_value() -> None:
    said = _refusal(_text(MaxPoolSize="lots"))
    assert "'Database:MaxPoolSize'" in said
    assert "/app/config/appsettings.json" in said
    assert "System.FormatException: The input string 'lots'" in said


@pytest.mark.parametrize("value", [0, 1001, -5])
def test_a_number_out_of_range_names_the_key_and_the_range(value: int) -> None:
    said = _refusal(_text(MaxPoolSize=value))
    assert said.startswith("Microsoft.Extensions.Options.OptionsValidationException: 'Database:MaxPoolSize'")
    assert f"between 1 and 1000, but is {value}" in said


@pytest.mark.parametrize("text", ["{", "", "[1]", '"x"'])
def test_a_file_that_is_no_json_object_is_refused_by_name(text: str) -> None:
    assert "Failed to load configuration from file '/app/config/appsettings.json'" in _refusal(text)


def test_a_missing_file_and_a_missing_key_are_refused() -> None:
    assert _refusal(None).startswith("System.IO.FileNotFoundException")
    assert "'HttpClientTimeout'" in _refusal(json.dumps({"Database": json.loads(_text())["Database"]}))
