# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connection options by their canonical names, completed from the environment as kubernetes.core's users know it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.kubeconfig import parse_kubeconfig
from ansible_collections.hotswap.runbooks.plugins.module_utils.secrets import is_document

ENVIRONMENT = {
    "kubeconfig": "K8S_AUTH_KUBECONFIG",
    "context": "K8S_AUTH_CONTEXT",
    "host": "K8S_AUTH_HOST",
    "api_key": "K8S_AUTH_API_KEY",
    "username": "K8S_AUTH_USERNAME",
    "password": "K8S_AUTH_PASSWORD",
    "validate_certs": "K8S_AUTH_VERIFY_SSL",
    "ca_cert": "K8S_AUTH_SSL_CA_CERT",
    "client_cert": "K8S_AUTH_CERT_FILE",
    "client_key": "K8S_AUTH_KEY_FILE",
    "proxy": "K8S_AUTH_PROXY",
    "no_proxy": "K8S_AUTH_NO_PROXY",
    "impersonate_user": "K8S_AUTH_IMPERSONATE_USER",
    "impersonate_groups": "K8S_AUTH_IMPERSONATE_GROUPS",
}
ALIASES = {
    "validate_certs": ("verify_ssl",),
    "ca_cert": ("ssl_ca_cert",),
    "client_cert": ("cert_file",),
    "client_key": ("key_file",),
}
PROXY_HEADERS = {
    "proxy_basic_auth": "K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH",
    "basic_auth": "K8S_AUTH_PROXY_HEADERS_BASIC_AUTH",
    "user_agent": "K8S_AUTH_PROXY_HEADERS_USER_AGENT",
}
NAMES = (*ENVIRONMENT, "proxy_headers")
SECRETS = frozenset({"api_key", "password", "proxy_basic_auth", "basic_auth"})
# Whoever names a cluster must not get another one, or another one's credentials, from a forgotten variable.
_CLUSTER = ("kubeconfig", "context", "host")
_TRUE, _FALSE = ("yes", "on", "1", "true", "y", "t"), ("no", "off", "0", "false", "n", "f")


def settings_from(options: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The options that were given, under their canonical names; what is missing comes from ``K8S_AUTH_*``.

    The environment adds nothing once the options name a cluster. A kubeconfig that is text becomes the content it is.
    Raises BadInput for an unknown option, and for a value that cannot be meant.
    """
    aliases = {alias: name for name, others in ALIASES.items() for alias in others}
    found: dict[str, Any] = {}
    for given, value in options.items():
        name = aliases.get(given, given)
        if name not in NAMES:
            raise BadInput(f"{given!r} is not a Kubernetes connection option.", f"There are: {', '.join(NAMES)}.")
        if value is not None and value != "":
            found[name] = value
    found = from_environment(found, environ) | found
    if isinstance(found.get("kubeconfig"), str) and is_document(found["kubeconfig"]):
        found["kubeconfig"] = parse_kubeconfig(found["kubeconfig"], "The text given as kubeconfig")
    if "validate_certs" in found:
        found["validate_certs"] = _as_bool(found["validate_certs"])
    if "impersonate_groups" in found:
        found["impersonate_groups"] = _as_list(found["impersonate_groups"])
    return found


def from_environment(options: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What ``K8S_AUTH_*`` says about the cluster, as it reads; nothing where the options name one."""
    if any(options.get(name) for name in _CLUSTER):
        return {}
    environ = os.environ if environ is None else environ
    found: dict[str, Any] = {name: environ[variable] for name, variable in ENVIRONMENT.items() if environ.get(variable)}
    headers = {name: environ[variable] for name, variable in PROXY_HEADERS.items() if environ.get(variable)}
    return found | ({"proxy_headers": headers} if headers else {})


def _as_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise BadInput(f"validate_certs is {value!r}, which is neither yes nor no.")


def _as_list(value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value
    return [str(part).strip() for part in parts if str(part).strip()]
