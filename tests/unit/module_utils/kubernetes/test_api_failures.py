"""The API server's own Status objects, as recorded from 1.36, and the sentences they become."""

import json

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import (
    BadInput,
    Conflict,
    Denied,
    NotFound,
    Precondition,
    Throttled,
    TimedOut,
    Unreachable,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.request import Answer, Request
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import DEPLOYMENTS, PODS
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.retry import Failure
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.statuses import failure_of, retry_after

GET = Request("get", DEPLOYMENTS, "hotswap", "hotswap-api")
LOG = Request("get", PODS, "hotswap", "web-1", subresource="log")
EVICT = Request("create", PODS, "hotswap", "web-1", subresource="eviction", idempotent=False)


def failure(request, code, reason="", message="", details=None, headers=None):
    status = {"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": code}
    if details is not None:
        status["details"] = details
    return failure_of(request, Answer(code, headers or {}, json.dumps(status).encode(), "https://api.example"))


@pytest.mark.parametrize(
    ("code", "reason", "kind", "again"),
    [
        (400, "BadRequest", BadInput, Failure.FINAL),
        (401, "Unauthorized", Denied, Failure.FINAL),
        (403, "Forbidden", Denied, Failure.FINAL),
        (404, "NotFound", NotFound, Failure.FINAL),
        (409, "Conflict", Conflict, Failure.FINAL),
        (409, "AlreadyExists", Conflict, Failure.FINAL),
        (410, "Expired", Conflict, Failure.FINAL),
        (415, "UnsupportedMediaType", BadInput, Failure.FINAL),
        (422, "Invalid", BadInput, Failure.FINAL),
        (429, "TooManyRequests", Throttled, Failure.THROTTLED),
        (500, "InternalError", Unreachable, Failure.UNKNOWN),
        (502, "", Unreachable, Failure.UNKNOWN),
        (503, "ServiceUnavailable", Unreachable, Failure.UNKNOWN),
        (504, "Timeout", TimedOut, Failure.UNKNOWN),
    ],
)
def test_each_status_has_its_error_class_and_its_retry(code, reason, kind, again):
    found = failure(GET, code, reason, "something")
    assert type(found.error) is kind
    assert found.failure is again


def test_a_body_of_a_proxy_is_no_status():
    found = failure_of(GET, Answer(403, {"content-type": "text/html"}, b"<html>Access denied</html>", "https://api"))
    assert isinstance(found.error, Denied)
    page = failure_of(GET, Answer(404, {}, b"<html>nothing here</html>", "https://api"))
    assert isinstance(page.error, Unreachable)
    assert "not a Kubernetes API server" in page.error.message


def test_row_22_an_eviction_that_a_budget_forbids_is_no_throttling():
    details = {"causes": [{"reason": "DisruptionBudget", "message": "The disruption budget web needs 1 healthy pods"}]}
    found = failure(EVICT, 429, "TooManyRequests", "Cannot evict pod", {**details, "retryAfterSeconds": 10})
    assert isinstance(found.error, Precondition)
    assert found.failure is Failure.FINAL
    assert "needs 1 healthy pods" in found.error.message
    assert found.error.facts["retry_after_s"] == 10


def test_two_budgets_for_one_pod_are_no_server_error():
    text = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
    found = failure(EVICT, 500, "InternalError", text)
    assert isinstance(found.error, Precondition)
    assert found.failure is Failure.FINAL


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('container "web" in pod "web-1" is waiting to start: ContainerCreating', Precondition),
        ('previous terminated container "web" in pod "web-1" not found', NotFound),
        ("container x is not valid for pod web-1", NotFound),
        ("a container name must be specified for pod web-1, choose one of: [a b]", BadInput),
    ],
)
def test_row_24_and_25_a_log_that_cannot_be_had_says_why(text, kind):
    assert type(failure(LOG, 400, "BadRequest", text).error) is kind


def test_row_23_quota_is_admission_and_no_missing_right():
    text = 'pods "a" is forbidden: exceeded quota: small, requested: limits.memory=1Gi'
    found = failure(Request("create", PODS, "hotswap"), 403, "Forbidden", text)
    assert "exceeded quota: small" in found.error.message
    assert "Role" not in found.error.hint


def test_a_patch_that_is_quoted_back_does_not_fill_the_screen():
    text = 'patch: Invalid value: "{' + "x" * 20000 + '}": json: cannot unmarshal string into spec.replicas'
    details = {"causes": [{"field": "patch", "message": text}]}
    found = failure(GET, 422, "Invalid", text, details)
    assert len(found.error.message) < 1200
    assert "spec.replicas" in found.error.message


def test_terminal_sequences_in_a_message_do_not_reach_the_terminal():
    found = failure(GET, 400, "BadRequest", "bad\x1b[31m red\r\nline")
    assert "\x1b" not in found.error.message
    assert "\n" not in found.error.message


@pytest.mark.parametrize(
    ("headers", "details", "seconds"),
    [
        ({"retry-after": "3"}, {}, 3.0),
        ({"retry-after": "3"}, {"retryAfterSeconds": 9}, 3.0),
        ({}, {"retryAfterSeconds": 9}, 9.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, {"retryAfterSeconds": 2}, 2.0),
        ({"retry-after": "-1"}, {}, None),
        ({"retry-after": "nan"}, {}, None),
        ({}, {}, None),
    ],
)
def test_the_servers_hint_is_read_from_header_or_status(headers, details, seconds):
    assert retry_after(headers, details) == seconds


def test_row_8_the_rule_that_is_missing_is_the_one_the_server_asked_for():
    text = (
        'users "anna" is forbidden: User "bot" cannot impersonate resource "users" in API group "" at the cluster scope'
    )
    error = failure(GET, 403, "Forbidden", text).error
    assert 'ClusterRole: {"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"]}' in error.hint
    text = (
        'deployments.apps "a" is forbidden: User "bot" cannot patch resource "deployments/scale" in API group "apps" '
        'in the namespace "hotswap"'
    )
    error = failure(GET, 403, "Forbidden", text).error
    assert 'Role there: {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["patch"]}' in error.hint
    assert error.facts["namespace"] == "hotswap"
