# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that describe a service; documented in doc_fragments/service.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.options import connection_options
from ansible_collections.hotswap.runbooks.plugins.module_utils.postgres_options import (
    POSTGRES_OPTIONS,
    with_server,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.vault_options import VAULT_OPTIONS

SERVICE_OPTIONS: dict[str, dict[str, Any]] = {
    "service": {"type": "str", "required": True},
    "namespace": {"type": "str"},
    "workload": {"type": "str"},
    "selector": {"type": "str"},
    "health_url": {"type": "str"},
    "metrics_url": {"type": "str"},
    "prometheus_url": {"type": "str"},
    "prometheus_job": {"type": "str"},
    "prometheus_window": {"type": "str", "default": "5m"},
}
SOURCE_OPTIONS: dict[str, dict[str, Any]] = {
    "container": {"type": "str"},
    "database": {"type": "dict", "options": POSTGRES_OPTIONS},
    "vault": {"type": "dict", "options": VAULT_OPTIONS},
    "repository": {"type": "path"},
}
"""What only triage reads."""

_PLACES = ("workload", "selector", "health_url", "metrics_url", "prometheus_url", "database", "vault", "repository")
_PROMQL_DURATION = re.compile(r"(\d+(ms|[smhdwy]))+")


def service_from(options: Mapping[str, Any]) -> Service:
    """The service that the options describe. Raises BadInput when they describe nothing, or nothing exact."""
    name = options["service"]
    given = _given({key: options.get(key) for key in {**SERVICE_OPTIONS, **SOURCE_OPTIONS} if key != "service"})
    if not any(place in given for place in _PLACES):
        raise BadInput(
            f"Nothing is known about the service {name!r}: no variable service_* says where it runs.",
            "Check the inventory (-i) and the limit (-l); inventories/example shows a described service.",
        )
    for key in ("selector", "namespace", "workload"):
        if key in given and not given[key].strip():
            raise BadInput(f"service_{key} of {name} is empty.", "Give it a value, or remove it.")
    if not _PROMQL_DURATION.fullmatch(given["prometheus_window"]):
        raise BadInput(
            f"service_prometheus_window of {name} is {given['prometheus_window']!r}, which is no duration.",
            "Write it as in PromQL, such as 5m.",
        )
    if ("workload" in given or "selector" in given) and "namespace" not in given:
        raise BadInput(
            f"service_namespace of {name} is not set.",
            "Name the namespace in the inventory; it never falls back to another.",
        )
    for key in ("database", "vault"):
        if key in given:
            given[key] = _given(given[key])
    if "database" in given:
        given["database"] = with_server(given["database"])
    return Service(name=name, kubernetes=connection_options(options), **given)


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None}
