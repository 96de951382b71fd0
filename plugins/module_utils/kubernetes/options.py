# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection options of every module that speaks to Kubernetes; documented in doc_fragments/kubernetes.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.settings import ALIASES, ENVIRONMENT

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
    option = {**details, "fallback": (env_fallback, [ENVIRONMENT[name]])}
    if name in ALIASES:
        option["aliases"] = list(ALIASES[name])
    return option


KUBERNETES_OPTIONS: dict[str, dict[str, Any]] = {
    **{name: _option(name, details) for name, details in _DETAILS.items()},
    "proxy_headers": {
        "type": "dict",
        "options": {
            "proxy_basic_auth": {
                "type": "str",
                "no_log": True,
                "fallback": (env_fallback, ["K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH"]),
            },
            "basic_auth": {
                "type": "str",
                "no_log": True,
                "fallback": (env_fallback, ["K8S_AUTH_PROXY_HEADERS_BASIC_AUTH"]),
            },
            "user_agent": {"type": "str", "fallback": (env_fallback, ["K8S_AUTH_PROXY_HEADERS_USER_AGENT"])},
        },
    },
}


def connection_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Of a module's validated options those that ``connection.connect`` takes; the ones not given are left out."""
    return {name: options[name] for name in KUBERNETES_OPTIONS if options.get(name) is not None}
