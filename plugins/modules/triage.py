#!/usr/bin/python
# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read every source of a service at the same time."""

from __future__ import annotations

DOCUMENTATION = r"""
module: triage
short_description: Read every source of a service at the same time
version_added: 0.1.0
author: The hotswap.runbooks authors
description:
  - Reads the health endpoint, the workload with its pods, events, logs, usage and history, Prometheus, C(/metrics),
    PostgreSQL, every Vault node and the recent commits, all at the same time and under one deadline.
  - Reading never fails the task. A source that refuses, hangs or is missing is itself evidence.
  - Nothing is ever written.
  - The filter P(hotswap.runbooks.diagnose#filter) turns the evidence into causes, a severity and a remedy.
options:
  deadline:
    description: Seconds after which triage ends with what it has, whatever hangs.
    type: float
    default: 10
extends_documentation_fragment:
  - hotswap.runbooks.service
  - hotswap.runbooks.service.sources
  - hotswap.runbooks.postgres.source
  - hotswap.runbooks.vault.source
  - hotswap.runbooks.kubernetes
  - hotswap.runbooks.run
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
    details: Nothing is changed.
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Read everything about a service
  hotswap.runbooks.triage:
    service: hotswap-api
    namespace: default
    workload: deployment/hotswap-api
    health_url: https://api.example.com/health
    prometheus_url: https://prometheus.example.com
    database:
      login_host: postgres.example.com
      login_user: runbook
      login_db: hotswap
    vault:
      urls: [https://vault-0.example.com:8200, https://vault-1.example.com:8200]
  register: read

- name: Say what it means
  ansible.builtin.debug:
    msg: "{{ (read.evidence | hotswap.runbooks.diagnose(read.service)).summary }}"
"""

RETURN = r"""
summary:
  description: How many sources answered, in one sentence.
  returned: success
  type: str
  sample: 12 of 12 sources answered in 0.3 s.
evidence:
  description:
    - One entry per source. C(status) is V(ok), V(failed), V(timeout) or V(skipped); C(data) has the shape that
      C(docs/triage.md) describes for the source; C(error) has C(error_class), C(message) and C(hint).
  returned: success
  type: dict
  sample: {health: {status: ok, took_ms: 4, data: {http_status: 200, healthy: true}, error: null}}
service:
  description: The description of the service that was read, without secrets.
  returned: success
  type: dict
  sample: {name: hotswap-api, namespace: default, workload: deployment/hotswap-api}
took_ms:
  description: Milliseconds for all of it.
  returned: success
  type: int
  sample: 312
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import run_module
from ansible_collections.hotswap.runbooks.plugins.module_utils.http import parse_url, shown
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.kubectl import kubectl
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.options import KUBERNETES_OPTIONS
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.evidence import gather
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.service_options import (
    SERVICE_OPTIONS,
    SOURCE_OPTIONS,
    service_from,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.spec import ModuleSpec

SPEC = ModuleSpec(options={**SERVICE_OPTIONS, **SOURCE_OPTIONS, **KUBERNETES_OPTIONS}, deadline=10)

_TOLD_OF_DATABASE = ("login_host", "login_port", "login_user", "login_db", "login_unix_socket")
_TOLD_OF_VAULT = ("url", "urls")


def run(options: Mapping[str, Any], context: Context) -> Outcome:
    service = service_from(options)
    evidence = gather(service, context.deadline)
    took_ms = round(context.deadline.elapsed() * 1000)
    asked = [entry for entry in evidence.values() if entry["status"] != "skipped"]
    answered = [entry for entry in asked if entry["status"] == "ok"]
    return Outcome(
        changed=False,
        summary=f"{len(answered)} of {len(asked)} sources answered in {took_ms / 1000:.1f} s.",
        data={"evidence": evidence, "service": _described(service), "took_ms": took_ms},
    )


def _described(service: Service) -> dict[str, Any]:
    """What may be shown: where things are, not how one gets in."""
    described = {
        field.name: value
        for field in dataclasses.fields(service)
        if isinstance(value := getattr(service, field.name), str) and value and not field.name.endswith("_url")
    }
    for name in ("health_url", "metrics_url", "prometheus_url"):
        described[name] = _without_credentials(getattr(service, name))
    described["kubectl"] = kubectl(service.kubernetes)
    described["database"] = {key: service.database[key] for key in _TOLD_OF_DATABASE if key in service.database}
    described["vault"] = {key: service.vault[key] for key in _TOLD_OF_VAULT if key in service.vault}
    return described


def _without_credentials(url: str) -> str:
    try:
        return shown(parse_url(url))
    except BadInput:
        return ""


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
