# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The API server's failures as the one error tree: what failed, on what, and the next step."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Conflict,
    Denied,
    NotFound,
    Precondition,
    RunbookError,
    Throttled,
    TimedOut,
    Unreachable,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.request import Answer, Request
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.retry import AttemptFailed, Failure
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

_RBAC = re.compile(r'cannot (?P<verb>[a-z]+) (?:resource "(?P<resource>[^"]+)" in API group "(?P<group>[^"]*)"|path ")')
_BLOCKED = "DisruptionBudget"


def status_of(answer: Answer) -> dict[str, Any]:
    """The Status object of a failure, or an empty one when the body is something else."""
    try:
        body = json.loads(answer.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) and body.get("kind") == "Status" else {}


def failure_of(request: Request, answer: Answer) -> AttemptFailed:
    """What an answer other than 2xx means, and whether sending it again could help."""
    status = status_of(answer)
    code = answer.status
    said = _said(status, answer)
    details = status.get("details") or {}
    facts: dict[str, Any] = {"http_status": code, "reason": status.get("reason") or ""}
    if code == 429:
        return _throttled(request, answer, details, said, facts)
    if code in (500, 502, 503, 504):
        return _server_error(request, status, said, facts, retry_after(answer.headers, details))
    return AttemptFailed(_final(request, answer, status, said, facts), Failure.FINAL)


def _final(
    request: Request, answer: Answer, status: Mapping[str, Any], said: str, facts: dict[str, Any]
) -> RunbookError:
    code = answer.status
    if code == 401:
        return Denied(
            f"The API server {answer.host} does not accept our credentials while {request.doing}.",
            "Log in again, or check the token, the client certificate and the context.",
            **facts,
        )
    if code == 403:
        return _forbidden(request, said, facts)
    if code == 404:
        return _absent(request, answer, status, said, facts)
    if code == 409:
        facts["already_exists"] = status.get("reason") == "AlreadyExists"
        return Conflict(f"The API server reports a conflict while {request.doing}: {said}.", **facts)
    if code == 410:
        return Conflict(f"The API server no longer has that state while {request.doing}: {said}.", **facts)
    if code in (400, 422):
        return _invalid(request, status, said, facts)
    if 300 <= code < 400 or not status:
        return Unreachable(
            f"What answers at {answer.host} is not a Kubernetes API server: it sent HTTP {code} while {request.doing}.",
            "Check the server's address, and a proxy or login page in between.",
            **facts,
        )
    return BadInput(f"The API server refuses {request.doing} (HTTP {code}): {said}.", **facts)


def _forbidden(request: Request, said: str, facts: dict[str, Any]) -> Denied:
    refused = _RBAC.search(said)
    if refused is None:
        # Quotas, limit ranges and admission webhooks answer 403 as well; a rule of RBAC would not help.
        return Denied(f"Admission refused {request.doing}: {said}.", "The object was not changed.", **facts)
    # The server names what it asked RBAC for, which is not always what was requested: impersonation comes first.
    verb = refused["verb"]
    resource = refused["resource"] or request.full_resource
    group = request.resource.group if refused["group"] is None else refused["group"]
    namespace = "" if "at the cluster scope" in said else request.namespace
    rule = json.dumps({"apiGroups": [group], "resources": [resource], "verbs": [verb]})
    where = f"namespace {namespace}" if namespace else "the cluster"
    return Denied(
        f"Not allowed to {verb} {resource} in {where}: {said}.",
        f"Add to a {'Role there' if namespace else 'ClusterRole'}: {rule}.",
        verb=verb,
        resource=resource,
        group=group,
        namespace=namespace,
        **facts,
    )


def _absent(
    request: Request, answer: Answer, status: Mapping[str, Any], said: str, facts: dict[str, Any]
) -> RunbookError:
    if not status:
        if answer.body.strip() == b"404 page not found":
            return NotFound(
                f"The API server {answer.host} does not serve {request.resource.group}/{request.resource.version}.",
                "Install what serves it, or check that this is the right cluster.",
                **facts,
            )
        return Unreachable(
            f"What answers at {answer.host} is not a Kubernetes API server: it sent HTTP 404 while {request.doing}.",
            "Check the server's address, and a proxy or login page in between.",
            **facts,
        )
    details = status.get("details") or {}
    if details.get("kind") == "namespaces" and request.resource.plural != "namespaces":
        return NotFound(f"There is no namespace {request.namespace}.", missing="namespace", **facts)
    if request.name and (not details.get("name") or details.get("name") == request.name):
        return NotFound(f"There is no {request.target}.", missing="object", **facts)
    return NotFound(f"Not found while {request.doing}: {said}.", missing="other", **facts)


def _invalid(request: Request, status: Mapping[str, Any], said: str, facts: dict[str, Any]) -> RunbookError:
    causes = [
        _short(f"{cause.get('field', '')}: {cause.get('message', '')}".strip(": "))
        for cause in (status.get("details") or {}).get("causes") or []
    ]
    facts["causes"] = causes
    if request.subresource == "log":
        if "is waiting to start" in said or "is terminated" in said or "trying and failing" in said:
            return Precondition(f"There is no log yet while {request.doing}: {said}.", **facts)
        if "previous terminated container" in said or "is not valid for pod" in said:
            return NotFound(f"There is no such log while {request.doing}: {said}.", **facts)
    listed = f" ({'; '.join(causes[:3])})" if causes and causes[0][:40] not in said else ""
    return BadInput(f"The API server refuses {request.doing}: {said}{listed}.", **facts)


def _throttled(
    request: Request, answer: Answer, details: Mapping[str, Any], said: str, facts: dict[str, Any]
) -> AttemptFailed:
    wait = retry_after(answer.headers, details)
    causes = [cause for cause in details.get("causes") or [] if cause.get("reason") == _BLOCKED]
    if causes:
        error = Precondition(
            f"A disruption budget forbids {request.doing}: {one_line(causes[0].get('message') or said)}.",
            f"Wait until more pods are ready, or look at: kubectl -n {request.namespace} get poddisruptionbudgets",
            blocked_by=_BLOCKED,
            retry_after_s=wait,
            **facts,
        )
        return AttemptFailed(error, Failure.FINAL, wait)
    hint = f"It asked to wait {wait:g} s." if wait else "Try again later."
    error_ = Throttled(
        f"The API server is throttling us while {request.doing}: {said}.", hint, retry_after_s=wait, **facts
    )
    return AttemptFailed(error_, Failure.THROTTLED, wait)


def _server_error(
    request: Request, status: Mapping[str, Any], said: str, facts: dict[str, Any], wait: float | None
) -> AttemptFailed:
    if request.subresource == "eviction" and "more than one PodDisruptionBudget" in said:
        return AttemptFailed(Precondition(f"The pod cannot be evicted: {said}.", **facts), Failure.FINAL)
    text = f"The API server failed with HTTP {facts['http_status']} while {request.doing}: {said}."
    hint = "Look at the health of the API server and of etcd."
    kind = TimedOut if facts["http_status"] == 504 or status.get("reason") == "Timeout" else Unreachable
    return AttemptFailed(kind(text, hint, **facts), Failure.UNKNOWN, wait)


def retry_after(headers: Mapping[str, str], details: Mapping[str, Any]) -> float | None:
    """The server's hint in seconds: the Retry-After header, else the Status' retryAfterSeconds, else None."""
    for value in (headers.get("retry-after"), details.get("retryAfterSeconds")):
        try:
            seconds = float(value) if value is not None else 0.0
        except (TypeError, ValueError):
            continue  # an HTTP date: no API server sends one
        if seconds > 0:
            return seconds
    return None


def _said(status: Mapping[str, Any], answer: Answer) -> str:
    text = str(status.get("message") or "") or answer.body[:2000].decode("utf-8", "replace")
    return _short(text)


def _short(text: str) -> str:
    """One line. A rejected patch is quoted back in full, and what is wrong with it stands at the end."""
    text = one_line(text, None).rstrip(". ")
    return text if len(text) <= 500 else f"{text[:150]} … {text[-300:]}"
