#!/usr/bin/python
# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prove that a service has recovered, and that it stays so."""

from __future__ import annotations

DOCUMENTATION = r"""
module: verify
short_description: Prove that a service has recovered
version_added: 0.1.0
author: The hotswap.runbooks authors
description:
  - Reads rollout, health, error rate and latency again and again until all of them have been good for the whole soak.
  - Error rate and latency come from Prometheus, or where it has no answer from two readings of C(/metrics).
  - No data never passes. A check whose source is not configured is left out and named in the result.
  - Nothing is ever written. In check mode it reads once and does not judge.
options:
  deadline:
    description: Seconds within which the soak must be over. It must be longer than O(soak).
    type: float
    default: 1200
  soak:
    description: Seconds for which everything must be good without a break.
    type: float
    default: 900
  interval:
    description: Seconds between two readings.
    type: float
    default: 5
  error_rate_max:
    description: The share of failed requests, 0 to 1, that the service must stay below.
    type: float
    default: 0.01
  p95_max:
    description: Seconds that the 95th percentile of the request duration must stay below.
    type: float
    default: 0.5
extends_documentation_fragment:
  - hotswap.runbooks.service
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
- name: Prove recovery for a quarter of an hour
  hotswap.runbooks.verify:
    service: hotswap-api
    namespace: default
    workload: deployment/hotswap-api
    health_url: https://api.example.com/health
    prometheus_url: https://prometheus.example.com
    soak: 900
    deadline: 1200

- name: Look once, from metrics alone
  hotswap.runbooks.verify:
    service: hotswap-api
    metrics_url: https://api.example.com/metrics
    soak: 0
"""

RETURN = r"""
summary:
  description: How it ended, in one sentence.
  returned: success
  type: str
  sample: hotswap-api has been good for 15 min.
proof:
  description: What was seen at the end, one sentence per check.
  returned: success
  type: list
  elements: str
  sample: ["3 of 3 are available", "health answers 200", "error rate is 0 %, below 1 %", "p95 is 41 ms, below 500 ms"]
checks:
  description: The verdict of each check, V(pass), V(fail) or V(unknown), with its reason.
  returned: success
  type: dict
  sample: {health: {state: pass, reason: health answers 200}}
not_checked:
  description: Checks that were left out because no source is configured for them.
  returned: success
  type: list
  elements: str
  sample: []
recovered_after_s:
  description: Seconds from the start until the soak that held began.
  returned: success and not in check mode
  type: float
  sample: 4.2
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.context import Context
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, TimedOut
from ansible_collections.hotswap.runbooks.plugins.module_utils.execution import run_module
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.options import KUBERNETES_OPTIONS
from ansible_collections.hotswap.runbooks.plugins.module_utils.outcome import Outcome
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes import health, prometheus, workload
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.evidence import Probe, gather
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.metrics import MetricsProbe
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.recovery import CHECKS, Limits, Soak, judge
from ansible_collections.hotswap.runbooks.plugins.module_utils.service_options import SERVICE_OPTIONS, service_from
from ansible_collections.hotswap.runbooks.plugins.module_utils.slo import Verdict, worst
from ansible_collections.hotswap.runbooks.plugins.module_utils.spec import ModuleSpec

SPEC = ModuleSpec(
    options={
        **SERVICE_OPTIONS,
        **KUBERNETES_OPTIONS,
        "soak": {"type": "float", "default": 900},
        "interval": {"type": "float", "default": 5},
        "error_rate_max": {"type": "float", "default": 0.01},
        "p95_max": {"type": "float", "default": 0.5},
    },
    deadline=1200,
)
READING_SECONDS = 10.0


def run(options: Mapping[str, Any], context: Context) -> Outcome:
    service = service_from(options)
    _refuse_limits_that_prove_nothing(options)
    limits = Limits(error_rate=options["error_rate_max"], p95_s=options["p95_max"])
    if not context.check_mode and options["soak"] >= options["deadline"]:
        raise BadInput(
            f"A soak of {options['soak']:g} s cannot end before a deadline of {options['deadline']:g} s.",
            "Make verify_soak shorter or the deadline longer.",
        )
    soak = Soak(options["soak"])
    probes = (workload, health, prometheus, MetricsProbe())
    told = ""
    while True:
        verdicts = judge(read(service, context.deadline, probes), limits)
        if not verdicts:
            raise BadInput(
                f"There is nothing to verify {service.name} by.",
                "Set service_workload or service_selector, or the address of its health, Prometheus or metrics.",
            )
        held = soak.add(context.deadline.elapsed(), verdicts)
        if context.check_mode:
            return _outcome(f"Would verify {service.name}; now: {_worst(verdicts)}.", verdicts)
        if held:
            data = {"recovered_after_s": round(soak.began or 0.0, 1)}
            return _outcome(f"{service.name} has been good for {_duration(options['soak'])}.", verdicts, data)
        line = f"  {soak.says(context.deadline.elapsed(), verdicts)}"
        if line != told:
            context.progress(line)
            told = line
        if context.deadline.remaining() <= options["interval"]:
            raise TimedOut(
                f"{service.name} did not recover within {_duration(options['deadline'])}: {_worst(verdicts)}.",
                "Triage it again; the last change may not have been the remedy.",
                checks=_as_data(verdicts),
            )
        context.deadline.sleep(options["interval"])


def _refuse_limits_that_prove_nothing(options: Mapping[str, Any]) -> None:
    for name, meant, fits in (
        ("soak", "seconds, zero or more", 0 <= options["soak"] < math.inf),
        ("interval", "seconds, above zero", 0 < options["interval"] < math.inf),
        ("error_rate_max", "a share of all requests, above 0 and at most 1", 0 < options["error_rate_max"] <= 1),
        ("p95_max", "seconds, above zero", 0 < options["p95_max"] < math.inf),
    ):
        if not fits:
            raise BadInput(f"verify_{name} is {options[name]:g}, which cannot be meant.", f"Give {meant}.")


def read(service: Service, deadline: Deadline, probes: Sequence[Probe]) -> dict[str, dict[str, Any]]:
    """One reading of what recovery is judged on."""
    return gather(service, Deadline(min(READING_SECONDS, deadline.remaining())), probes)


def _outcome(summary: str, verdicts: Mapping[str, Verdict], data: Mapping[str, Any] | None = None) -> Outcome:
    found: dict[str, Any] = {
        "proof": [verdict.reason for verdict in verdicts.values()],
        "checks": _as_data(verdicts),
        "not_checked": [name for name in CHECKS if name not in verdicts],
    }
    if found["not_checked"]:
        summary += f" Not checked, because no source is configured: {', '.join(found['not_checked'])}."
    return Outcome(changed=False, summary=summary, data={**found, **(data or {})})


def _as_data(verdicts: Mapping[str, Verdict]) -> dict[str, dict[str, str]]:
    return {name: {"state": verdict.state, "reason": verdict.reason} for name, verdict in verdicts.items()}


def _worst(verdicts: Mapping[str, Verdict]) -> str:
    return worst(verdicts.values()).reason


def _duration(seconds: float) -> str:
    return f"{seconds / 60:g} min" if seconds >= 60 and seconds % 60 == 0 else f"{seconds:g} s"


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
