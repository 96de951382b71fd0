# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The names that a person's commands need, from the service's description and from what was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.hotswap.runbooks.plugins.module_utils.diagnosis.reading import Evidence

_DATABASE_KEYS = (("host", "login_host"), ("port", "login_port"), ("user", "login_user"), ("name", "login_db"))


def plain_service(service: Mapping[str, Any]) -> dict[str, Any]:
    """The description with short names: ``service_namespace`` and ``namespace`` mean the same."""
    short = {str(key).removeprefix("service_"): value for key, value in service.items() if value not in (None, "")}
    return {"name": "the service", **short}


def names(service: Mapping[str, Any], evidence: Evidence, seen: Mapping[str, Any]) -> dict[str, Any]:
    """Fields for manual steps; a name that is not known is missing. Nothing secret is among them."""
    known: dict[str, Any] = {
        key: service.get(key) for key in ("namespace", "workload", "container", "selector", "health_url", "repository")
    }
    known["name"] = service["name"]
    known["kubectl"] = service.get("kubectl")
    known["service_host"] = urlsplit(str(service.get("health_url") or "")).hostname
    workload = evidence.data("workload")
    if not known["workload"] and workload.get("kind") and workload.get("name"):
        known["workload"] = f"{str(workload['kind']).lower()}/{workload['name']}"
    containers = evidence.items("workload", "containers")
    if not known["container"] and containers:
        known["container"] = containers[0].get("name")
    # Where a pod was killed and nothing tells which of its containers, the service's own is not to be raised for it.
    known["memory_container"] = seen.get("memory_container") or (
        None if seen.get("out_of_memory") else service.get("container")
    )
    known["selector"] = known["selector"] or evidence.data("pods").get("selector")
    known.update(_pods(seen), **_revision(evidence), **_database(service), **_vault(service, evidence))
    return known


def _pods(seen: Mapping[str, Any]) -> dict[str, Any]:
    troubled = [*(seen.get("pods_failing") or ()), *(seen.get("unready") or ())]
    return {"pod": troubled[0] if troubled else None}


def _revision(evidence: Evidence) -> dict[str, Any]:
    target = evidence.data("history").get("rollback_target")
    if not isinstance(target, Mapping):
        return {}
    images = target.get("images")
    image = ", ".join(str(one) for one in images) if isinstance(images, list) else None
    return {"revision": target.get("revision"), "image": image}


def _database(service: Mapping[str, Any]) -> dict[str, Any]:
    described = service.get("database")
    if not isinstance(described, Mapping):
        return {}
    known = {f"database_{short}": described.get(key) for short, key in _DATABASE_KEYS}
    known["database_host"] = known["database_host"] or described.get("login_unix_socket")
    return {key: value for key, value in known.items() if value not in (None, "")}


def _vault(service: Mapping[str, Any], evidence: Evidence) -> dict[str, Any]:
    nodes = evidence.items("vault", "nodes")
    sealed = [str(node["url"]) for node in nodes if node.get("sealed") is True and node.get("url")]
    described = service.get("vault")
    described = described if isinstance(described, Mapping) else {}
    urls = described.get("urls") or [described.get("url")]
    return {
        "sealed_node": sealed,
        "vault_node": [str(node["url"]) for node in nodes if node.get("url")] or [url for url in urls if url],
        "threshold": next((node["threshold"] for node in nodes if node.get("threshold")), None),
    }
