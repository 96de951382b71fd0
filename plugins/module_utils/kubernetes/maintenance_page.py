# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection's own maintenance page: a ConfigMap and a Deployment that answer 503 with Retry-After. Pure.

The pods listen where the Service already sends its requests, so that only its selector is switched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import fingerprint

IMAGE = "nginxinc/nginx-unprivileged:1.29-alpine"
LABEL = "runbooks.hotswap/maintenance-page"
MANIFEST = "runbooks.hotswap/manifest"
CONFIG = "nginx.conf"
_CONFIG_FOLDER = "/etc/maintenance"
_FIRST_NAMED_PORT = 18080

_NGINX = """\
pid /tmp/nginx.pid;
error_log stderr warn;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  client_body_temp_path /tmp/client;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  access_log off;
  server_tokens off;
  # An upload is answered as everything else is, not refused for its size.
  client_max_body_size 0;
  server {{
{listen}
    default_type text/plain;
    add_header Retry-After {retry_after} always;
    add_header Cache-Control no-store always;
    location / {{ return 503 "The service is down for maintenance. Please try again later.\\n"; }}
  }}
}}
"""


def page_name(service: str) -> str:
    """The name of the page's objects for a Service of that name."""
    return f"{service[:50].rstrip('-.')}-maintenance"


def page_labels(service: str) -> dict[str, str]:
    """What the page's pods are selected by."""
    return {LABEL: service}


def page_manifests(service: Mapping[str, Any], image: str, retry_after: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The ConfigMap and the Deployment of the page for a live Service. Raises Precondition when it has no TCP port."""
    name = str(service["metadata"]["name"])
    labels = page_labels(name)
    ports = _container_ports(service)
    listen = "\n".join(_listen(port["containerPort"], service) for port in ports)
    config = {CONFIG: _NGINX.format(listen=listen, retry_after=retry_after)}
    pod = _pod(page_name(name), image, ports)
    # The mark changes with the configuration too: pods do not start anew by themselves when a ConfigMap changes.
    mark = fingerprint({"config": config, "pod": pod})
    template = {"metadata": {"labels": {**labels, MANIFEST: mark}}, "spec": pod}
    metadata = {"name": page_name(name), "labels": labels}
    spec = {
        "replicas": 1,
        "progressDeadlineSeconds": 120,
        "selector": {"matchLabels": labels},
        "template": template,
    }
    return {"metadata": metadata, "data": config}, {"metadata": metadata, "spec": spec}


def manifest_mark(deployment: Mapping[str, Any]) -> str:
    """The label value of exactly the pods that the page's Deployment describes now."""
    return str((deployment["spec"]["template"]["metadata"].get("labels") or {}).get(MANIFEST, ""))


def _container_ports(service: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each port that the Service's requests arrive at, once; a name gets a number of the page's own."""
    targets = list(
        dict.fromkeys(
            port.get("targetPort", port["port"])
            for port in service["spec"].get("ports") or []
            if port.get("protocol", "TCP") == "TCP"
        )
    )
    if not targets:
        raise Precondition(
            f"Service {service['metadata']['name']} has no TCP port that a page could answer on.",
            "Name a Service of your own to switch to (maintenance_page_service).",
        )
    numbers = {target for target in targets if isinstance(target, int)}
    free = (number for number in range(_FIRST_NAMED_PORT, 65535) if number not in numbers)
    return [
        {"containerPort": target} if isinstance(target, int) else {"containerPort": next(free), "name": target}
        for target in targets
    ]


def _listen(port: int, service: Mapping[str, Any]) -> str:
    families = service["spec"].get("ipFamilies") or ["IPv4"]
    lines = [f"    listen {port};"] if "IPv4" in families else []
    if "IPv6" in families:
        lines.append(f"    listen [::]:{port} ipv6only=on;")
    return "\n".join(lines)


def _pod(name: str, image: str, ports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A pod that the strictest pod security standard admits; as nobody in particular it may listen below 1024."""
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 5,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 101,
            "seccompProfile": {"type": "RuntimeDefault"},
            "sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
        },
        "containers": [
            {
                "name": "page",
                "image": image,
                "command": ["nginx", "-c", f"{_CONFIG_FOLDER}/{CONFIG}", "-g", "daemon off;"],
                "ports": [dict(port) for port in ports],
                "readinessProbe": {"tcpSocket": {"port": ports[0]["containerPort"]}, "periodSeconds": 1},
                "resources": {
                    "requests": {"cpu": "10m", "memory": "16Mi"},
                    "limits": {"cpu": "100m", "memory": "32Mi"},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [
                    {"name": "config", "mountPath": _CONFIG_FOLDER, "readOnly": True},
                    {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - inside the container, where nginx writes
                ],
            }
        ],
        "volumes": [
            {"name": "config", "configMap": {"name": name}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "16Mi"}},
        ],
    }
