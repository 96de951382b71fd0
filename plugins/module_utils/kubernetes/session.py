# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who we are to a cluster and how to get there; credentials are loaded again when they stop working."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline

_SKEW = datetime.timedelta(seconds=10)


@dataclass(frozen=True)
class Login:
    """One loaded set of credentials on the official configuration and REST client.

    ``proof`` tells two logins apart without keeping a secret; ``expires`` is when a plugin said it ends.
    """

    configuration: Any = field(repr=False)
    rest: Any = field(repr=False)
    proof: str = field(default="", repr=False)
    impersonate: Mapping[str, Any] = field(default_factory=dict)
    user_agent: str = ""
    expires: datetime.datetime | None = None
    context: str = ""

    @property
    def host(self) -> str:
        """The API server's address without a trailing slash."""
        return str(self.configuration.host).rstrip("/")

    def headers(self) -> Any:
        """The headers of identity, as urllib3's multi-valued dictionary: a user can have several groups."""
        from urllib3 import HTTPHeaderDict

        headers = HTTPHeaderDict({"User-Agent": self.user_agent or "hotswap.runbooks"})
        if authorization := self._authorization():
            headers["Authorization"] = authorization
        for name, value in self.impersonate.items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                headers.add(name, str(one))
        return headers

    def _authorization(self) -> str:
        # The official client renamed its key from authorization to BearerToken; both are in use.
        for key in ("BearerToken", "authorization"):
            if key in self.configuration.api_key:
                return str(self.configuration.get_api_key_with_prefix(key) or "").strip()
        if self.configuration.username and self.configuration.password:
            return str(self.configuration.get_basic_auth_token() or "")
        return ""

    def expired(self) -> bool:
        """Whether the plugin's own end of validity has come."""
        return self.expires is not None and datetime.datetime.now(datetime.UTC) >= self.expires - _SKEW


class Session:
    """The current login, shared by all threads of a run."""

    def __init__(self, load: Callable[[Deadline], Login], deadline: Deadline) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._login = load(deadline)

    def login(self, deadline: Deadline) -> Login:
        """The current login, loaded again when its plugin said that it has ended."""
        login = self._login
        return self.renew(login, deadline) or login if login.expired() else login

    def renew(self, refused: Login, deadline: Deadline) -> Login | None:
        """A login newer than the ``refused`` one, or None when loading again gives the same credentials.

        Threads that were refused together load once.
        """
        with self._lock:
            if self._login is not refused:
                return self._login
            fresh = self._load(deadline)
            if fresh.proof == refused.proof:
                return None
            self._login = fresh
            return fresh
