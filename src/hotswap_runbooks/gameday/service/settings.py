"""The application's `appsettings.json`: read at the container's start, refused in .NET's words when it is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hotswap_runbooks.gameday.service.exceptions import DotnetException

FILE = "/app/config/appsettings.json"
_BINDER = (
    "Microsoft.Extensions.Configuration.ConfigurationBinder.BindProperty(PropertyInfo property, Object instance)",
)
_LOADER = ("Microsoft.Extensions.Configuration.FileConfigurationProvider.Load(Boolean reload)",)

# key: lowest and highest accepted value
_NUMBERS = {
    "Database:MaxPoolSize": (1, 1000),
    "Database:ConnectionLifetime": (0, 86_400),
    "Database:CommandTimeout": (1, 600),
    "HttpClientTimeout": (1, 600_000),
}


@dataclass(frozen=True)
class Settings:
    """The values the application works with: seconds, except ``http_client_timeout`` in milliseconds."""

    max_pool_size: int
    connection_lifetime: int
    command_timeout: int
    http_client_timeout: int


def read(text: str | None) -> Settings:
    """The settings in ``text``; DotnetException names the file and the key that is wrong."""
    document = _document(text)
    values = {key: _number(document, key) for key in _NUMBERS}
    return Settings(
        max_pool_size=values["Database:MaxPoolSize"],
        connection_lifetime=values["Database:ConnectionLifetime"],
        command_timeout=values["Database:CommandTimeout"],
        http_client_timeout=values["HttpClientTimeout"],
    )


def _document(text: str | None) -> dict[str, Any]:
    if text is None:
        message = (
            "The configuration file 'appsettings.json' was not found and is not optional. "
            f"The expected physical path was '{FILE}'."
        )
        raise DotnetException("System.IO.FileNotFoundException", message, _LOADER)
    try:
        document = json.loads(text)
    except ValueError as error:
        parse = DotnetException("System.FormatException", f"Could not parse the JSON file: {error}.")
        raise DotnetException(
            "System.IO.InvalidDataException", f"Failed to load configuration from file '{FILE}'.", _LOADER, parse
        ) from error
    if not isinstance(document, dict):
        parse = DotnetException("System.FormatException", "Top-level JSON element must be an object.")
        raise DotnetException(
            "System.IO.InvalidDataException", f"Failed to load configuration from file '{FILE}'.", _LOADER, parse
        )
    return document


def _number(document: dict[str, Any], key: str) -> int:
    value: Any = document
    for part in key.split(":"):
        value = value.get(part) if isinstance(value, dict) else None
    try:
        number = int(str(value))
    except ValueError as error:
        shape = DotnetException("System.FormatException", f"The input string '{value}' was not in a correct format.")
        message = f"Failed to convert configuration value at '{key}' to type 'System.Int32' (file '{FILE}')."
        raise DotnetException("System.InvalidOperationException", message, _BINDER, shape) from error
    low, high = _NUMBERS[key]
    if not low <= number <= high:
        message = f"'{key}' in '{FILE}' must be between {low} and {high}, but is {number}."
        raise DotnetException("Microsoft.Extensions.Options.OptionsValidationException", message, _BINDER)
    return number
