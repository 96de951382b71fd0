# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service that is on call: where to read, and with which credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.secrets import secrets_in, url_password


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
        found = set(secrets_in(self.database)) | set(secrets_in(self.vault)) | set(secrets_in(self.kubernetes))
        for url in (self.health_url, self.metrics_url, self.prometheus_url):
            found.update(url_password(url))
        public = [self.name, self.namespace, self.workload, self.container, self.selector, self.job]
        public += [str(self.database.get(option) or "") for option in ("login_host", "login_user", "login_db")]
        return frozenset(secret for secret in found if not any(secret in name for name in public))
