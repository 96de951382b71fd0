# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The wire side of one HTTP exchange.

On the standard library: its client loads in a tenth of the time of larger ones and leaves the socket in our hands,
which a deadline for the whole exchange needs.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import SplitResult, urlunsplit

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, RunbookError, Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

Answer = tuple[int, Mapping[str, str], bytes, bool, int]
"""Status, headers in lower case, body, whether it was cut, milliseconds."""


@dataclass(frozen=True)
class Trust:
    """Whose certificates are believed: those the file ``ca_cert`` signed, else the system's; all if not ``verify``."""

    ca_cert: str = ""
    verify: bool = True


@dataclass
class Exchange:
    """One request on its way; runs in a thread of its own and can be cut off from another."""

    method: str
    url: SplitResult
    headers: Mapping[str, str]
    body: bytes | None
    limit: int
    trust: Trust
    timeout: float
    doing: str = "starting"
    answer: Answer | None = None
    error: BaseException | None = None
    _abandoned: bool = False
    _sock: socket.socket | None = field(default=None, repr=False)

    def run(self) -> None:
        try:
            self.answer = self._exchange()
        except BaseException as error:  # noqa: BLE001  handed to the waiting thread
            self.error = error

    def abandon(self) -> None:
        """Cut the connection under a blocked read, so that the thread ends, too."""
        self._abandoned = True
        if self._sock is not None:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)

    def _exchange(self) -> Answer:
        start = time.monotonic()
        connection = self._connection(start)
        try:
            target = urlunsplit(("", "", self.url.path or "/", self.url.query, ""))
            self.doing = "waiting for the answer"
            connection.request(self.method, target, body=self.body, headers=dict(self.headers))
            response = connection.getresponse()
            self.doing = "reading the body"
            body = self._body(response)
            cut = len(body) > self.limit
            if not cut and response.length:
                raise http.client.IncompleteRead(body, response.length)
            headers = {name.lower(): value for name, value in response.getheaders()}
            return response.status, headers, body[: self.limit], cut, round((time.monotonic() - start) * 1000)
        finally:
            connection.close()

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        parts, size = [], 0
        while size <= self.limit and not self._abandoned:
            part = response.read1(min(65536, self.limit + 1 - size))
            if not part:
                break
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    def _connection(self, start: float) -> http.client.HTTPConnection:
        tls = self.url.scheme == "https"
        host, port = self.url.hostname or "", port_of(self.url)
        context = _tls_context(self.trust.ca_cert, self.trust.verify) if tls else None
        connection = http.client.HTTPConnection(host, port)
        connection.default_port = 443 if tls else 80  # the usual port stays out of the Host header
        self._sock = self._connect(host, port, start)
        if context is not None:
            self.doing = "agreeing on TLS"
            self._sock = context.wrap_socket(self._sock, server_hostname=host)
        connection.sock = self._sock
        return connection

    def _connect(self, host: str, port: int, start: float) -> socket.socket:
        self.doing = "looking up the name"
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        self.doing = "connecting"
        problem = OSError("no address")
        for tried, (family, kind, protocol, _name, address) in enumerate(addresses):
            # A dead first address must leave time for the second.
            left = (self.timeout - (time.monotonic() - start)) / (len(addresses) - tried)
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(max(0.05, left))
                sock.connect(address)
                sock.settimeout(self.timeout)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                sock.close()
                problem = error
            else:
                return sock
        raise problem


def port_of(url: SplitResult) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


@lru_cache(maxsize=8)
def _tls_context(ca_cert: str, verify: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_cert or None)
    except OSError as error:  # ssl.SSLError is one, too
        reason = one_line(error.strerror or str(error), 200)
        raise BadInput(
            f"The CA certificate {ca_cert!r} cannot be used: {reason}.", "Name a readable PEM file."
        ) from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


# Kinds of exception, reason, what is said, next step; the first that fits counts.
_FAILURES: tuple[tuple[tuple[type[BaseException], ...], str, str, str], ...] = (
    (
        (ssl.SSLCertVerificationError,),
        "tls",
        "The certificate of {where} is not trusted: {why}.",
        "Name the CA that signed it, and use the host name that the certificate was made for.",
    ),
    (
        (ssl.SSLError,),
        "tls",
        "{where} and this machine cannot agree on TLS: {why}.",
        "Check the port, and whether the URL is http or https.",
    ),
    (
        (socket.gaierror, UnicodeError),
        "dns",
        "The name {host} cannot be resolved.",
        "Check the spelling, the name server and the VPN.",
    ),
    (
        (ConnectionRefusedError,),
        "refused",
        "{where} refused the connection.",
        "Nothing listens there: check the port and whether the server runs.",
    ),
    (
        (ConnectionError, http.client.IncompleteRead, http.client.RemoteDisconnected),
        "reset",
        "{where} closed the connection before {url} was answered.",
        "The server may be restarting: look at its logs.",
    ),
    (
        (http.client.HTTPException,),
        "protocol",
        "{where} answered with something that is not HTTP: {why}.",
        "Check the port, and whether the URL is http or https.",
    ),
    ((OSError,), "network", "{where} cannot be reached: {why}.", "Check the network between here and there."),
)


def as_runbook_error(error: BaseException, url: SplitResult, shown: str) -> BaseException:
    """``error`` as a person can act on it; one that is not about the network comes back as it is."""
    if isinstance(error, RunbookError):
        return error
    for kinds, reason, says, hint in _FAILURES:
        if isinstance(error, kinds):
            message = says.format(host=url.hostname, where=f"{url.hostname}:{port_of(url)}", url=shown, why=_why(error))
            return Unreachable(message, hint, reason=reason)
    return error


def _why(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        text = error.verify_message
    elif isinstance(error, ssl.SSLError):
        text = (error.reason or "").replace("_", " ").lower()
    else:
        text = getattr(error, "strerror", None) or ""
    return one_line(text or str(error) or type(error).__name__, 120)
