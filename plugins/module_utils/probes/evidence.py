# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads every source of a service at the same time, under one deadline, and never fails."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import RunbookError, TimedOut
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes import (
    commits,
    database,
    events,
    health,
    history,
    logs,
    metrics,
    pods,
    prometheus,
    usage,
    vault,
    workload,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.secrets import Scrubber
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line
from ansible_collections.hotswap.runbooks.plugins.module_utils.together import Finished, run_together


class Probe(Protocol):
    """A module of this package: one source and how it is read."""

    SOURCE: str

    def read(self, service: Service, cluster: Cluster, deadline: Deadline, /) -> dict[str, Any]: ...


PROBES: tuple[Probe, ...] = (
    commits,
    database,
    events,
    health,
    history,
    logs,
    metrics,
    pods,
    prometheus,
    usage,
    vault,
    workload,
)
Entry = dict[str, Any]


def gather(
    service: Service, deadline: Deadline, probes: Sequence[Probe] = PROBES, cluster: Cluster | None = None
) -> dict[str, Entry]:
    """One entry per source: ``{status: ok|failed|timeout|skipped, took_ms, data, error}``, JSON-plain.

    ``error`` is ``{error_class, message, hint, facts}``. Returns when all have answered, at the deadline at the latest.
    ``cluster`` are the shared reads of the Kubernetes probes; by default one is made for this call.
    """
    given = deadline.remaining()
    # The probes' own deadline ends a little earlier, so that their own account of what hung arrives in time.
    inner = Deadline(given - min(0.5, 0.1 * given))
    shared = cluster if cluster is not None else Cluster(service, inner)
    calls = {probe.SOURCE: partial(probe.read, service, shared, inner) for probe in probes}
    finished = run_together(calls, given)
    scrubber = Scrubber(service.secrets())
    late = round(given * 1000)
    return {
        source: scrubber.data(_entry(finished[source]) if source in finished else _hung(source, given, late))
        for source in calls
    }


def _entry(outcome: Finished[dict[str, Any]]) -> Entry:
    error = outcome.error
    if error is None:
        return _as_entry("ok", outcome.took_ms, data=_finite(outcome.value))
    if isinstance(error, NotConfigured):
        return _as_entry("skipped", outcome.took_ms, error=_error("not_configured", str(error)))
    if isinstance(error, RunbookError):
        status = "timeout" if isinstance(error, TimedOut) else "failed"
        described = _error(error.error_class, error.message, error.hint, error.facts)
        return _as_entry(status, outcome.took_ms, error=described)
    message = f"Reading ended in an unexpected {type(error).__name__}: {error}".rstrip(" :") + "."
    return _as_entry("failed", outcome.took_ms, error=_error("unexpected", message, "Please report this as a bug."))


def _hung(source: str, seconds: float, took_ms: int) -> Entry:
    message = f"Reading {source} did not end within {seconds:.3g} s."
    return _as_entry("timeout", took_ms, error=_error("timeout", message))


def _as_entry(status: str, took_ms: int, data: Any = None, error: Any = None) -> Entry:
    return {"status": status, "took_ms": took_ms, "data": data, "error": error}


def _error(error_class: str, message: str, hint: str = "", facts: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "error_class": error_class,
        "message": one_line(message, 500),
        "hint": one_line(hint, 500),
        "facts": _finite(facts or {}),
    }


def _finite(data: Any) -> Any:
    """``data`` as JSON can hold it: a number that is not one is no fact, and becomes null."""
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, dict):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, (list, tuple, set, frozenset)):
        return [_finite(item) for item in data]
    if data is None or isinstance(data, (str, int)):
        return data
    return str(data)
