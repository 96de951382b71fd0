# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection options of every module that speaks to Kubernetes; documented in doc_fragments/kubernetes.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.settings import (
    ALIASES,
    PROXY_HEADERS,
    SECRETS,
    from_environment,
    settings_from,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.secrets import secrets_in

# No option falls back to its own variable of the environment: Ansible would add a forgotten variable's host or token
# to the cluster that the inventory names. connection_options() asks for all of them together.
# kubeconfig is a path or the content of one; the key file's path is no secret, its content never passes here.
_DETAILS: dict[str, dict[str, Any]] = {
    "kubeconfig": {"type": "raw"},
    "context": {"type": "str"},
    "host": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "validate_certs": {"type": "bool"},
    "ca_cert": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "proxy": {"type": "str"},
    "no_proxy": {"type": "str"},
    "impersonate_user": {"type": "str"},
    "impersonate_groups": {"type": "list", "elements": "str"},
}


def _option(name: str, details: dict[str, Any]) -> dict[str, Any]:
    return {**details, "aliases": list(ALIASES[name])} if name in ALIASES else details


KUBERNETES_OPTIONS: dict[str, dict[str, Any]] = {
    **{name: _option(name, details) for name, details in _DETAILS.items()},
    "proxy_headers": {
        "type": "dict",
        "options": {name: {"type": "str", "no_log": name in SECRETS} for name in PROXY_HEADERS},
    },
}


def connection_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Of a module's validated options those that lead to the cluster, completed from ``K8S_AUTH_*``.

    The ones not given are left out. Raises BadInput for a value that cannot be meant.
    """
    return settings_from(_given(options))


def with_connection(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The module's options with those of the connection completed; as they are where the module has none."""
    return {**options, **connection_options(options)} if _connects(options) else options


def connection_secrets(options: Mapping[str, Any]) -> set[str]:
    """Passwords, tokens and keys that Ansible does not know to be secret, though it may have to strip them.

    They come from the environment, and from inside a kubeconfig that was given as content. Raises nothing.
    """
    if not _connects(options):
        return set()
    try:
        return set(secrets_in(connection_options(options)))
    except BadInput:
        # Not used either, then; what was given as an option is known.
        return set(secrets_in(from_environment(_given(options))))


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in KUBERNETES_OPTIONS if options.get(name) is not None}


def _connects(options: Mapping[str, Any]) -> bool:
    return "kubeconfig" in options
