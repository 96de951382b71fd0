# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service that is on call: where to read, and with which credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_SECRET_OPTIONS = frozenset(
    {
        "api_key",
        "client-key-data",
        "client_secret",
        "login_password",
        "pass",
        "password",
        "passwd",
        "secret",
        "sslpassword",
        "token",
    }
)


class NotConfigured(Exception):
    """The service names nothing to read for this source; the text says which variable is missing."""


@dataclass(frozen=True)
class Service:
    """One service as the inventory describes it; all but the name may be empty.

    ``database``, ``vault`` and ``kubernetes`` hold options under their canonical names. ``prometheus_window`` is a
    PromQL duration, ``log_since_s`` counts seconds.
    """

    name: str
    namespace: str = ""
    workload: str = ""
    container: str = ""
    selector: str = ""
    health_url: str = field(default="", repr=False)
    metrics_url: str = field(default="", repr=False)
    prometheus_url: str = field(default="", repr=False)
    prometheus_job: str = ""
    prometheus_window: str = "5m"
    database: Mapping[str, Any] = field(default_factory=dict, repr=False)
    vault: Mapping[str, Any] = field(default_factory=dict, repr=False)
    kubernetes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    repository: str = ""
    log_since_s: int = 300

    @property
    def job(self) -> str:
        """The value of Prometheus's label ``job`` for this service."""
        return self.prometheus_job or self.name

    def secrets(self) -> frozenset[str]:
        """Every password, token and key of the description, to be kept out of all text.

        A password that is part of a public name is left out: hiding ``hotswap`` would hide ``hotswap-api``, too.
        """
        found = set(_secrets(self.database)) | set(_secrets(self.vault)) | set(_secrets(self.kubernetes))
        for url in (self.health_url, self.metrics_url, self.prometheus_url):
            found.update(_url_password(url))
        public = [self.name, self.namespace, self.workload, self.container, self.selector, self.job]
        public += [str(self.database.get(option) or "") for option in ("login_host", "login_user", "login_db")]
        return frozenset(secret for secret in found if not any(secret in name for name in public))


def _secrets(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _secrets(value)
        elif isinstance(value, list):
            # An inline kubeconfig lists its users.
            for item in value:
                yield from _secrets(item) if isinstance(item, Mapping) else ()
        elif name in _SECRET_OPTIONS and isinstance(value, str) and value:
            yield value
        elif isinstance(value, str):
            yield from _url_password(value)


def _url_password(url: str) -> Iterator[str]:
    if "@" in url and "://" in url:
        try:
            password = urlsplit(url).password
        except ValueError:
            return
        if password:
            yield password
