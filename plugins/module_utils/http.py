# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One HTTP exchange that ends in time, whatever the other side does."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, TimedOut
from ansible_collections.hotswap.runbooks.plugins.module_utils.http_exchange import Exchange, Trust, as_runbook_error
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

__all__ = ["BODY_LIMIT", "Reply", "Request", "Trust", "fetch", "parse_url", "shown"]

BODY_LIMIT = 4_000_000
"""Bytes of a body that are read unless the caller says otherwise."""


@dataclass(frozen=True)
class Request:
    """What to ask. ``at_most`` seconds for the whole exchange, ``limit`` bytes of body are kept."""

    url: str = field(repr=False)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    at_most: float = 30.0
    limit: int = BODY_LIMIT
    trust: Trust = field(default_factory=Trust)


@dataclass(frozen=True)
class Reply:
    """What came back, of any status. ``truncated`` says that the body was longer than the limit."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool
    took_ms: int

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises BadInput that shows how the body begins, e.g. the HTML page of a proxy."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            what = self.headers.get("content-type", "no content type")
            raise BadInput(
                f"{self.url} answered {self.status} with something that is not JSON ({one_line(what, 80)}): "
                f"{one_line(self.body[:2000], 80)!r}.",
                "Check that the URL points at the server itself and not at a proxy's or a login page.",
                status=self.status,
            ) from error


def fetch(request: Request | str, deadline: Deadline) -> Reply:
    """One request and its reply, whatever its status; redirects are replies and never followed.

    Ends in time also when the other side drips a byte a second. Credentials in the URL are sent as basic
    authentication and never shown. Raises BadInput for a URL that is none, TimedOut with ``facts.doing``, and
    Unreachable with ``facts.reason``: ``refused``, ``dns``, ``tls``, ``reset``, ``protocol`` or ``network``.
    """
    request = Request(request) if isinstance(request, str) else request
    url = parse_url(request.url)
    headers = {"User-Agent": "hotswap.runbooks", "Accept-Encoding": "identity", "Connection": "close"}
    if url.username is not None:
        pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    headers.update(request.headers)
    timeout = deadline.timeout(request.at_most, f"reading {shown(url)}")
    exchange = Exchange(request.method, url, headers, request.body, request.limit, request.trust, timeout)
    worker = threading.Thread(target=exchange.run, name="runbooks-http", daemon=True)
    worker.start()
    worker.join(timeout)
    if exchange.answer is not None:
        return Reply(shown(url), *exchange.answer)
    if exchange.error is None or isinstance(exchange.error, TimeoutError):
        exchange.abandon()
        raise TimedOut(
            f"{request.method} {shown(url)} took longer than {timeout:.3g} s: it was cut off while {exchange.doing}.",
            "Check that the server is not overloaded and that no firewall drops the packets.",
            doing=exchange.doing,
        )
    raise as_runbook_error(exchange.error, url, shown(url)) from exchange.error


def parse_url(url: str) -> SplitResult:
    """The parts of an absolute http or https URL. Raises BadInput."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or not url.isascii() or " " in url:
        scheme, separator, rest = url.partition("://")
        safe = f"{scheme}{separator}{rest.rpartition('@')[2]}"
        raise BadInput(f"{one_line(safe, 200)!r} is not a URL.", "Write it like https://host:port/path.")
    return parts


def shown(parts: SplitResult) -> str:
    """The URL as it may be shown: without user name, password, and the query, which may hold a token."""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "…" if parts.query else "", ""))
