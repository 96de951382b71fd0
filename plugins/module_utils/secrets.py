# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that are known by value are kept out of everything that is shown or stored."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

HIDDEN = "********"
_SHORTEST = 4
_SHORTEST_ENCODED = 6
_SECRET_NAME = re.compile(r"pass(word|wd|phrase)?$|token|secret|api_?key|key-data$|_auth$", re.IGNORECASE)
_SECRET_OPTIONS = frozenset(
    {
        "access-token",
        "api_key",
        "basic_auth",
        "client-key-data",
        "client-secret",
        "client_secret",
        "id-token",
        "login_password",
        "pass",
        "password",
        "passwd",
        "proxy_basic_auth",
        "refresh-token",
        "secret",
        "sslpassword",
        "token",
    }
)
_USER_AND_PASSWORD = re.compile(r"(?<=://)[^/?#\s]*@")
_QUERY = re.compile(r"\?\S*")


class Scrubber:
    """Replaces each known secret, also in its URL, base64, hexadecimal and JSON form, by asterisks.

    Secrets shorter than four characters are left alone: hiding them would garble every text and still tell where
    they are.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        hidden = {form for secret in secrets if len(secret) >= _SHORTEST for form in forms(secret)}
        longest_first = sorted(hidden, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if hidden else None

    def text(self, text: str) -> str:
        return self._pattern.sub(HIDDEN, text) if self._pattern else text

    def data(self, data: Any) -> Any:
        """A copy of JSON-plain ``data`` with the secrets hidden in every string and key."""
        if self._pattern is None:
            return data
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            return {self.data(key): self.data(value) for key, value in data.items()}
        if isinstance(data, (list, tuple)):
            return [self.data(item) for item in data]
        return data


def presentable(options: Any) -> Any:
    """A module's options as they may be shown: without what ``no_log`` cannot know.

    These are passwords and tokens inside URLs, options whose name only says that they hold a secret (as of a mistyped
    option, or inside a kubeconfig that is given inline), and documents in place of a path.
    """
    if isinstance(options, Mapping):
        return {key: HIDDEN if _is_secret(str(key), value) else presentable(value) for key, value in options.items()}
    if isinstance(options, (list, tuple)):
        return [presentable(item) for item in options]
    if isinstance(options, str) and "\n" in options:
        return HIDDEN
    if isinstance(options, str) and "://" in options:
        return _QUERY.sub("?…", _USER_AND_PASSWORD.sub("", options))
    return options


def _is_secret(name: str, value: Any) -> bool:
    if name == "kubeconfig" and isinstance(value, str):
        return is_document(value)
    return bool(value) and not isinstance(value, bool) and bool(_SECRET_NAME.search(name))


def is_document(text: str) -> bool:
    """Whether this is YAML or JSON and not the path of a file with it."""
    return "\n" in text or ": " in text or text.lstrip().startswith("{")


def forms(secret: str) -> set[str]:
    """The secret and the forms in which exceptions, URLs and headers carry it: escaped, quoted, base64, hexadecimal."""
    raw = secret.encode("utf-8", "surrogatepass")
    found = {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(raw, safe=""), quote_plus(raw)}
    # Encoded, fewer bytes would hide unrelated words.
    if len(raw) >= _SHORTEST_ENCODED:
        found |= {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(), raw.hex(), raw.hex().upper()}
    return found


def secrets_in(options: Mapping[str, Any]) -> Iterator[str]:
    """The passwords, tokens and keys among connection options, also inside a kubeconfig that was given as content."""
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from secrets_in(value)
        elif isinstance(value, list):
            # An inline kubeconfig lists its users.
            for item in value:
                yield from secrets_in(item) if isinstance(item, Mapping) else ()
        elif name in _SECRET_OPTIONS and isinstance(value, str) and value:
            yield value
        elif isinstance(value, str):
            yield from url_password(value)


def url_password(url: str) -> Iterator[str]:
    """The password that a URL carries, if it does."""
    if "@" in url and "://" in url:
        try:
            password = urlsplit(url).password
        except ValueError:
            return
        if password:
            yield password
