# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks Prometheus: numbers arrive as strings, no data arrives as success, and neither may pass for a fact."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Denied,
    NotFound,
    Precondition,
    RunbookError,
    Throttled,
    TimedOut,
    Unreachable,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.http import Reply, Request, Trust, fetch
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

_DURATION = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+")
_ANSWER_LIMIT = 2_000_000


@dataclass(frozen=True)
class Sample:
    """One element of an instant vector; ``value`` is None where Prometheus says NaN or infinite."""

    labels: Mapping[str, str]
    value: float | None


@dataclass(frozen=True)
class Vector:
    """The answer to one query. ``warnings`` mean that it may be incomplete."""

    samples: tuple[Sample, ...]
    warnings: tuple[str, ...] = ()

    def only(self) -> float | None:
        """The value of the only sample; None when there is none, several, or no number."""
        return self.samples[0].value if len(self.samples) == 1 else None


class NotReady(Precondition):
    """Prometheus runs, but is starting or stopping."""


class PrometheusClient:
    """Reads from one Prometheus server, whose ``url`` may have a path prefix."""

    def __init__(self, url: str, trust: Trust | None = None, headers: Mapping[str, str] | None = None) -> None:
        self._base = url.rstrip("/")
        self._trust = trust or Trust()
        self._headers = dict(headers or {})

    def query(self, expression: str, deadline: Deadline, *, at: float | None = None) -> Vector:
        """An instant query, at ``at`` (unix seconds) or now. Raises the RunbookError that fits the answer."""
        url = f"{self._base}/api/v1/query"
        body = f"query={quote(expression, safe='')}" + ("" if at is None else f"&time={at:.3f}")
        headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        request = Request(
            url, method="POST", headers=headers, body=body.encode(), trust=self._trust, limit=_ANSWER_LIMIT
        )
        reply = fetch(request, deadline)
        return _vector(reply, _envelope(reply))


def matcher(label: str, value: str) -> str:
    """``label="value"`` for a selector; no value can leave its quotes."""
    return f'{label}="{_quoted(value)}"'


def absent_or(label: str, value: str) -> str:
    """A matcher for series that carry ``value`` in ``label``, or do not have the label."""
    return f'{label}=~"|{_quoted(re.escape(value))}"'


def duration(text: str) -> str:
    """``text`` when it is a PromQL duration like ``5m`` or ``1h30m``. Raises BadInput."""
    if not _DURATION.fullmatch(text) or not any(digit in "123456789" for digit in text):
        raise BadInput(f"{one_line(text, 40)!r} is not a duration of PromQL.", "Write it like 30s, 5m or 1h30m.")
    return text


def number(text: Any) -> float | None:
    """A sample's value, which Prometheus writes as a string; NaN and infinities are None."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _envelope(reply: Reply) -> Mapping[str, Any]:
    """The JSON object of an answer. Raises the error that the answer stands for."""
    if reply.status == 503 and not reply.body.lstrip().startswith(b"{"):
        raise NotReady(f"{reply.url} is not ready: it is starting or stopping.", "Ask again in a minute.", status=503)
    if 300 <= reply.status < 400:
        where = one_line(reply.headers.get("location", "elsewhere"), 200)
        raise BadInput(f"{reply.url} redirects to {where}.", "Name the URL of Prometheus itself.", status=reply.status)
    if reply.status in (401, 403):
        raise Denied(f"{reply.url} answered {reply.status}: it wants other credentials.", status=reply.status)
    if reply.truncated:
        raise BadInput(f"{reply.url} answered with more than {_ANSWER_LIMIT} bytes.", "Ask for less.")
    if reply.status >= 400 and not reply.body.lstrip().startswith(b"{"):
        raise _failure(reply, "", one_line(reply.body[:2000], 120) or "no text")
    answer = reply.json()
    if not isinstance(answer, dict) or answer.get("status") not in ("success", "error"):
        raise BadInput(
            f"{reply.url} answered with JSON that is not Prometheus's.", "Check the URL and its path prefix."
        )
    if answer["status"] == "error":
        raise _failure(reply, str(answer.get("errorType", "")), one_line(str(answer.get("error", "")), 300))
    return answer


def _failure(reply: Reply, kind: str, says: str) -> RunbookError:
    message = f"{reply.url} answered {reply.status}{f' {one_line(kind, 40)}' if kind else ''}: {says}."
    facts = {"status": reply.status, "error_type": kind}
    if kind == "timeout":
        return TimedOut(message, "Use a shorter window.", **facts)
    if reply.status == 429:
        return Throttled(message, "Ask less often.", **facts)
    if reply.status == 404:
        return NotFound(message, "Check the URL and its path prefix.", **facts)
    if reply.status >= 500:
        return Unreachable(message, "Look at the logs of Prometheus, and of the proxy before it.", **facts)
    return BadInput(message, "Check the names of the metrics, and the URL.", **facts)


def _vector(reply: Reply, answer: Mapping[str, Any]) -> Vector:
    warnings = tuple(one_line(str(text), 200) for text in answer.get("warnings") or [])
    try:
        data = answer["data"]
        if data["resultType"] == "scalar":
            return Vector((Sample({}, number(data["result"][1])),), warnings)
        samples = tuple(
            Sample({str(k): str(v) for k, v in item["metric"].items()}, number(item.get("value", (0, None))[1]))
            for item in data["result"]
        )
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise BadInput(f"{reply.url} answered with JSON that is not an instant vector.", "Check the URL.") from error
    return Vector(samples, warnings)
