# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From connection options to a client: explicit options, kubeconfig, in-cluster, on the official configuration."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, NotFound
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.client import KubernetesClient
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.exec_plugin import with_plugin_credentials
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.kubeconfig import (
    data_as_files,
    default_path,
    read_kubeconfig,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.official import official
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.session import Login, Session
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.settings import settings_from
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.tls import share_context
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

_COPIED = {
    "host": "host",
    "username": "username",
    "password": "password",
    "validate_certs": "verify_ssl",
    "ca_cert": "ssl_ca_cert",
    "client_cert": "cert_file",
    "client_key": "key_file",
    "proxy": "proxy",
    "no_proxy": "no_proxy",
}
_SUFFICIENT = (("api_key",), ("username", "password"), ("client_cert", "client_key"))


def connect(options: Mapping[str, Any], deadline: Deadline) -> KubernetesClient:
    """A client for the cluster the options name; every call it makes ends at the deadline.

    Explicit options win over the kubeconfig. Without any: ``K8S_AUTH_*``, $KUBECONFIG, ~/.kube/config, in-cluster.
    Nothing is sent. Raises NotFound for a missing kubeconfig or context, BadInput for what cannot be used.
    """
    settings = settings_from(options)
    return KubernetesClient(Session(lambda until: _login(settings, until), deadline), deadline)


def _login(settings: Mapping[str, Any], deadline: Deadline) -> Login:
    """Load everything anew: files, plugin, certificates. Temporary key files are gone when it returns."""
    classes = official()
    configuration = classes.Configuration()
    # The official client's own retries know nothing of our deadline.
    configuration.retries = False
    # One connection per probe and pod that is read at once; a smaller pool would warn on the terminal when it is full.
    configuration.connection_pool_maxsize = 64
    with tempfile.TemporaryDirectory(prefix="runbooks-", dir=_in_memory()) as keys:
        try:
            context, user, expires = _load(configuration, settings, keys, deadline)
        except classes.ConfigException as problem:
            raise BadInput(
                f"The kubeconfig cannot be used: {one_line(str(problem))}.", "Check it with kubectl."
            ) from None
        _override(configuration, settings)
        _check_host(configuration.host)
        rest = classes.RESTClientObject(configuration)
        if configuration.host.lower().startswith("https:"):
            share_context(rest, configuration)
        login = Login(
            configuration=configuration,
            rest=rest,
            impersonate=_impersonation(settings, user),
            user_agent=(settings.get("proxy_headers") or {}).get("user_agent") or "",
            expires=expires,
            context=context,
        )
        return dataclasses.replace(login, proof=_proof(login))


def _in_memory() -> str | None:
    """A folder that is never written to a disk, where there is one; else the system's own for temporary files."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None  # noqa: S108 - the folder in it is ours alone


def _load(
    configuration: Any, settings: Mapping[str, Any], keys: str, deadline: Deadline
) -> tuple[str, Mapping[str, Any], datetime.datetime | None]:
    """Fill the configuration from where it comes from: the context's name, the user's entry, the end of validity."""
    explicit = settings.get("host") and any(all(settings.get(name) for name in names) for names in _SUFFICIENT)
    if explicit:
        return "", {}, None
    source = settings.get("kubeconfig") or default_path()
    if not source and not settings.get("context") and os.environ.get("KUBERNETES_SERVICE_HOST"):
        place = official().incluster_config
        official().InClusterConfigLoader(place.SERVICE_TOKEN_FILENAME, place.SERVICE_CERT_FILENAME).load_and_set(
            configuration
        )
        return "in-cluster", {}, None
    if not source:
        if settings.get("host"):
            return "", {}, None
        raise NotFound(
            "There is no kubeconfig to find a cluster in, and this is not a pod.",
            "Set the option kubeconfig, K8S_AUTH_KUBECONFIG or KUBECONFIG, or host and api_key.",
        )
    return _load_kubeconfig(configuration, source, settings.get("context"), keys, deadline)


def _load_kubeconfig(
    configuration: Any, source: Any, wanted: str | None, keys: str, deadline: Deadline
) -> tuple[str, Mapping[str, Any], datetime.datetime | None]:
    content, context = read_kubeconfig(source, wanted)
    entry = content["contexts"].get_with_name(context)["context"]
    name = entry.safe_get("user")
    found = content["users"].get_with_name(name, safe=True) if name and content.safe_get("users") else None
    expires = None
    if found is not None and isinstance(found["user"].value, dict) and "exec" in found["user"]:
        cluster = content["clusters"].get_with_name(entry["cluster"])
        base = str(Path(cluster.path).parent.absolute()) if cluster.path else ""
        found.value["user"], ends = with_plugin_credentials(found["user"], cluster["cluster"], base, deadline)
        expires = _as_time(ends)
    user = data_as_files(found.value, "user", keys) if found is not None else {}
    data_as_files(content["clusters"].get_with_name(entry["cluster"]).value, "cluster", keys)
    loader = official().KubeConfigLoader(content, active_context=context, config_base_path=None)
    loader.load_and_set(configuration)
    return context, user, expires


def _override(configuration: Any, settings: Mapping[str, Any]) -> None:
    for name, attribute in _COPIED.items():
        if name in settings:
            setattr(configuration, attribute, settings[name])
    # The loader's hook would put its own host back over ours with each header; a refused login is loaded anew instead.
    configuration.refresh_api_key_hook = None
    if api_key := settings.get("api_key"):
        configuration.api_key = {"BearerToken": f"Bearer {str(api_key).strip()}"}
    headers = {k: v for k, v in (settings.get("proxy_headers") or {}).items() if v and k != "user_agent"}
    if headers:
        from urllib3.util import make_headers

        configuration.proxy_headers = make_headers(**headers)


def _check_host(host: str) -> None:
    parts = urlsplit(host)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"{one_line(host)!r} is not the address of an API server.", "Write it as https://host:port.")


def _impersonation(settings: Mapping[str, Any], user: Mapping[str, Any]) -> dict[str, Any]:
    """The headers kubectl would send for the user's ``as`` entries; options win."""
    name = settings.get("impersonate_user") or user.get("as")
    groups = settings.get("impersonate_groups") or user.get("as-groups") or []
    if groups and not name:
        raise BadInput("impersonate_groups needs impersonate_user.", "Set both, or none.")
    if not name:
        return {}
    headers: dict[str, Any] = {"Impersonate-User": name, "Impersonate-Group": list(groups)}
    if user.get("as-uid") and not settings.get("impersonate_user"):
        headers["Impersonate-Uid"] = user["as-uid"]
    return headers


def _proof(login: Login) -> str:
    """A digest of what we show the server. The certificate stands for its key."""
    digest = hashlib.sha256(str(login.headers().get("Authorization", "")).encode())
    if login.configuration.cert_file and login.host.startswith("https:"):
        digest.update(Path(login.configuration.cert_file).read_bytes())
    return digest.hexdigest()


def _as_time(text: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(datetime.UTC) if text else None
    except ValueError:
        return None
