# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One TLS context per login, made at once, so that keys from a kubeconfig need not stay on disk."""

from __future__ import annotations

import ssl
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput


def share_context(rest: Any, configuration: Any) -> None:
    """Give the official REST client a ready context in place of file names.

    urllib3 would read the files again for each connection. Raises BadInput when a file cannot be used.
    """
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    ca_data = getattr(configuration, "ca_cert_data", None)
    _load(context, configuration.ssl_ca_cert, ca_data)
    if configuration.cert_file:
        try:
            context.load_cert_chain(configuration.cert_file, configuration.key_file or None)
        except (OSError, ValueError) as problem:
            raise BadInput(
                f"The client certificate cannot be used: {_why(problem)}.",
                "Check client_cert and client_key, or the user of the kubeconfig.",
            ) from None
    pool = rest.pool_manager.connection_pool_kw
    for name in ("ca_certs", "ca_cert_data", "cert_file", "key_file"):
        pool.pop(name, None)
    pool["ssl_context"] = context


def _load(context: ssl.SSLContext, path: str | None, data: str | bytes | None) -> None:
    try:
        if path or data:
            context.load_verify_locations(cafile=path or None, cadata=data or None)
        elif context.verify_mode != ssl.CERT_NONE:
            context.load_default_certs()
    except (OSError, ValueError) as problem:
        raise BadInput(
            f"The CA certificate {path or 'data'} cannot be used: {_why(problem)}.",
            "Check ca_cert, or the cluster of the kubeconfig.",
        ) from None


def _why(problem: Exception) -> str:
    return getattr(problem, "strerror", None) or getattr(problem, "reason", None) or type(problem).__name__
