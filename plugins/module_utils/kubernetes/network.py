# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong before an answer: refused, no name, not trusted, cut, silent. Each has its own sentence."""

from __future__ import annotations

import ssl
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import RunbookError, TimedOut, Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.request import Request
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.retry import AttemptFailed, Failure
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line


def network_errors() -> tuple[type[Exception], ...]:
    """What the connection pool raises when there is no answer."""
    from urllib3.exceptions import HTTPError

    # A bad answer of a proxy or a header that cannot be sent surfaces as ValueError from the standard library.
    return (HTTPError, OSError, ValueError)


def failure_from(problem: Exception, request: Request, host: str, waited: float) -> AttemptFailed:
    """The sentence for one network error, and whether the request may have arrived.

    ``waited`` counts the seconds the attempt took.
    """
    from urllib3 import exceptions as net

    if isinstance(problem, net.NameResolutionError):
        error: RunbookError = Unreachable(
            f"The name of the API server {host} cannot be resolved while {request.doing}.",
            "Check the server's address, the DNS and the VPN.",
            network="dns",
        )
        return AttemptFailed(error, Failure.FINAL)
    if isinstance(problem, net.ProxyError):
        return _failed(
            "proxy", f"The proxy to the API server {host} does not let us through", request, Failure.NOT_SENT
        )
    # A NewConnectionError is a ConnectTimeoutError as well in urllib3 1 and 2, so it comes first.
    if isinstance(problem, net.NewConnectionError):
        return _no_connection(problem, request, host)
    if isinstance(problem, net.ConnectTimeoutError):
        text = f"Nothing answered at the API server {host} for {waited:.1f} s"
        return _failed("silent", text, request, Failure.NOT_SENT)
    if isinstance(problem, (net.ReadTimeoutError, TimeoutError)):
        error = TimedOut(
            f"The API server {host} did not answer within {waited:.1f} s while {request.doing}.",
            "Look at the health of the API server, and of the network to it.",
            network="timeout",
        )
        return AttemptFailed(error, Failure.UNKNOWN)
    if (trust := _tls_problem(problem)) is not None:
        return AttemptFailed(_not_trusted(trust, request, host), Failure.FINAL)
    if isinstance(problem, (net.ProtocolError, ConnectionError)):
        return _failed("reset", f"The connection to the API server {host} was cut", request, Failure.UNKNOWN)
    text = f"The API server {host} cannot be asked ({type(problem).__name__}: {one_line(str(problem), 200)})"
    return _failed("other", text, request, Failure.FINAL)


def _failed(network: str, text: str, request: Request, failure: Failure) -> AttemptFailed:
    hint = "Check the server's address, that the API server runs, and the network to it."
    return AttemptFailed(Unreachable(f"{text} while {request.doing}.", hint, network=network), failure)


def _no_connection(problem: Exception, request: Request, host: str) -> AttemptFailed:
    cause = problem.__cause__ or problem.__context__
    if isinstance(cause, ConnectionRefusedError) or "refused" in str(problem):
        return _failed("refused", f"The API server {host} refused the connection", request, Failure.NOT_SENT)
    why = one_line(getattr(cause, "strerror", None) or str(problem), 200)
    return _failed("no route", f"The API server {host} cannot be reached ({why})", request, Failure.NOT_SENT)


def _tls_problem(problem: Exception) -> str | None:
    """The text of a TLS failure, however deep it is wrapped; None when it is something else."""
    chain: Any = problem
    while chain is not None:
        if isinstance(chain, ssl.SSLError) and not isinstance(chain, ssl.SSLEOFError):
            return str(chain)
        chain = chain.__cause__ or (chain.args[-1] if chain.args and isinstance(chain.args[-1], Exception) else None)
    return None


def _not_trusted(text: str, request: Request, host: str) -> Unreachable:
    if "CERTIFICATE_VERIFY_FAILED" in text and "Hostname mismatch" not in text and "IP address mismatch" not in text:
        why, hint = "its certificate is not trusted", "Set ca_cert to the cluster's CA; do not turn validation off."
    elif "mismatch" in text or "doesn't match" in text:
        why, hint = "its certificate is for another name", "Use the name the certificate was made for."
    elif "WRONG_VERSION_NUMBER" in text or "record layer" in text:
        why, hint = "it does not speak TLS there", "Check the port, or write http:// if that is meant."
    elif "alert" in text.lower():
        why, hint = "it refused our client certificate", "Check client_cert and client_key, and their end of validity."
    else:
        why, hint = "the TLS handshake failed", "Check the server's address and certificates."
    detail = one_line(text.rsplit("SSLError", maxsplit=1)[-1].strip("\n ()'"), 200)
    return Unreachable(
        f"The API server {host} cannot be used while {request.doing}: {why} ({detail}).", hint, network="tls"
    )
