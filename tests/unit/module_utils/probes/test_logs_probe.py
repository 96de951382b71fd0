"""Logs are read from the pods that tell most, also of crashed containers, whatever single logs do."""

import json
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Denied, RunbookError
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes import logs
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service
from loopback import serving

STAMP = "2026-11-23T10:57:00.000000000Z "
WAITING = {
    "code": 400,
    "reason": "BadRequest",
    "message": 'container "api" in pod "x" is waiting to start: ContainerCreating',
}


def pod(name, *, ready=True, restarts=0, ended=None, code=1, created="2026-11-23T10:00:00Z"):
    status = {
        "name": "api",
        "restartCount": restarts,
        "ready": ready,
        "state": {"running": {}} if ready else {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"reason": "Error", "exitCode": code, "finishedAt": ended}} if ended else {},
    }
    return {
        "metadata": {"name": name, "creationTimestamp": created},
        "spec": {"containers": [{"name": "sidecar"}, {"name": "api"}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [status],
        },
    }


def api(pods, texts):
    """An API server's answers: the pods, and for each (pod, previous) a text, a Status, or seconds to hang."""

    def behave(request):
        url = urlsplit(request.path)
        if not url.path.endswith("/log"):
            return send(request, 200, {"kind": "PodList", "metadata": {}, "items": pods})
        name = url.path.split("/")[-2]
        answer = texts.get((name, "previous" in parse_qs(url.query)), "")
        if isinstance(answer, (int, float)):
            request.closing.wait(answer)
            return None
        if callable(answer):
            answer = answer(parse_qs(url.query))
        if isinstance(answer, dict):
            return send(request, answer["code"], {"kind": "Status", "status": "Failure", **answer})
        return send(request, 200, answer)

    return behave


def send(request, code, body):
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    request.send_response(code)
    request.send_header("Content-Type", "text/plain" if isinstance(body, str) else "application/json")
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


def read(pods, texts, seconds=5.0):
    with serving(api(pods, texts)) as server:
        service = Service(
            name="shop",
            namespace="shop",
            selector="app=shop",
            container="api",
            kubernetes={"host": server.url, "api_key": "t"},
        )
        deadline = Deadline(seconds)
        found = logs.read(service, Cluster(service, deadline), deadline)
        asked = [request for request in server.requests if "/log" in request]
    return found, asked


def ago(seconds):
    return (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_named_container_of_each_pod_is_read_capped_and_since_five_minutes():
    found, asked = read(
        [pod("a"), pod("b")], {("a", False): f"{STAMP}ERROR lost 1\n", ("b", False): f"{STAMP}ERROR lost 2\n"}
    )
    (entry,) = found["templates"]
    assert (entry["template"], entry["count"], entry["pods"]) == ("lost <n>", 2, ["a", "b"])
    assert entry["first"] == "2026-11-23T10:57:00Z"
    assert (found["pods_read"], found["previous_used"], found["unread"]) == (2, [], [])
    for request in asked:
        query = parse_qs(urlsplit(request).query)
        assert query["container"] == ["api"]
        assert query["sinceSeconds"] == ["300"]
        assert int(query["limitBytes"][0]) == logs.MAX_BYTES
        assert int(query["tailLines"][0]) == logs.MAX_LINES


def test_row_24_of_a_crashed_container_the_log_before_is_read_and_labelled():
    found, _ = read(
        [pod("a", ready=False, restarts=3, ended=ago(20))], {("a", True): f"{STAMP}crit: A[0]\n{STAMP}      Stopped\n"}
    )
    assert found["previous_used"] == ["a"]
    assert found["templates"][0]["template"] == "Stopped"


def test_between_two_runs_the_same_log_is_not_counted_twice():
    text = f"{STAMP}crit: A[0]\n{STAMP}      Stopped\n"
    found, _ = read([pod("a", ready=False, restarts=3, ended=ago(20))], {("a", False): text, ("a", True): text})
    assert (found["templates"][0]["count"], found["previous_used"]) == (1, ["a"])


def test_a_crash_that_a_pod_got_over_long_ago_is_not_dug_out():
    _, asked = read([pod("a", restarts=1, ended="2026-01-01T00:00:00Z")], {})
    assert not [request for request in asked if "previous" in request]


def test_row_25_a_container_that_waits_to_start_is_no_failure():
    found, _ = read([pod("a", ready=False)], {("a", False): WAITING})
    assert (found["templates"], found["unread"], found["pods_read"]) == ([], [], 1)


def test_not_ready_pods_come_first_then_the_newest():
    pods = [pod(f"old-{number}", created=f"2026-11-23T0{number}:00:00Z") for number in range(8)]
    found, asked = read([*pods, pod("broken", ready=False, created="2026-01-01T00:00:00Z")], {})
    names = {urlsplit(request).path.split("/")[-2] for request in asked}
    assert names == {"broken", "old-7", "old-6", "old-5", "old-4", "old-3"}
    assert found["pods_read"] == logs.MAX_PODS


def test_one_log_that_hangs_costs_only_itself():
    begun = time.monotonic()
    found, _ = read([pod("a"), pod("b")], {("a", False): 30, ("b", False): f"{STAMP}ERROR lost\n"}, seconds=2.0)
    assert time.monotonic() - begun < 2.5
    assert (found["unread"], found["pods_read"]) == (["a"], 1)


def test_when_no_log_may_be_read_the_refusal_is_told():
    refused = {
        "code": 403,
        "reason": "Forbidden",
        "message": 'pods "a" is forbidden: User "x" cannot get resource "pods/log"',
    }
    with pytest.raises(Denied, match="pods/log"):
        read([pod("a")], {("a", False): refused})


def test_when_every_log_hangs_it_is_told_within_the_deadline():
    begun = time.monotonic()
    with pytest.raises(RunbookError):
        read([pod("a")], {("a", False): 30}, seconds=1.0)
    assert time.monotonic() - begun < 1.5


def test_no_pod_is_no_log():
    found, _ = read([], {})
    assert (found["pods_read"], found["templates"], found["error_lines"]) == (0, [], 0)


def kubelet(lines, *, breaks_after=99):
    """As the kubelet has it: the newest ``tailLines``, and of these the oldest ``limitBytes``."""
    asked = []

    def answer(query):
        asked.append(query)
        if len(asked) > breaks_after:
            return {"code": 500, "message": "broken"}
        tail = lines[-int(query["tailLines"][0]) :]
        return "".join(tail)[: int(query["limitBytes"][0])]

    answer.asked = asked
    return answer


def long_log(number, width):
    return [f"{STAMP}ERROR lost order {n} {'x' * width}\n" for n in range(number)]


NEWEST = f"{STAMP}ERROR the newest of all\n"


@pytest.mark.parametrize(
    ("lines", "times"),
    [
        ([*long_log(500, 100), NEWEST], 2),
        # The end is made of longer lines than the beginning.
        ([*long_log(300, 10), *long_log(100, 400), NEWEST], 3),
        ([*long_log(500, 10), *long_log(25, 1000), NEWEST], 3),
    ],
)
def test_row_25_of_a_log_that_is_too_long_the_newest_part_is_read(monkeypatch, lines, times):
    monkeypatch.setattr(logs, "MAX_BYTES", 20_000)
    log = kubelet(lines)
    found, _ = read([pod("a")], {("a", False): log})
    assert len(log.asked) == times
    assert "the newest of all" in {entry["template"] for entry in found["templates"]}
    assert (found["truncated"], found["newest_missing"]) == (True, [])
    assert 10_000 < found["bytes"] < 20_000


def test_where_the_newest_part_cannot_be_read_the_older_one_counts_and_that_is_said(monkeypatch):
    monkeypatch.setattr(logs, "MAX_BYTES", 20_000)
    found, _ = read([pod("a")], {("a", False): kubelet([*long_log(500, 100), NEWEST], breaks_after=1)})
    assert (found["truncated"], found["newest_missing"], found["bytes"]) == (True, ["a"], 20_000)


def test_a_log_that_fits_is_read_once_and_whole(monkeypatch):
    monkeypatch.setattr(logs, "MAX_LINES", 3)
    log = kubelet(long_log(2, 5))
    found, _ = read([pod("a")], {("a", False): log})
    assert (len(log.asked), found["truncated"], found["newest_missing"]) == (1, False, [])
    found, _ = read([pod("a")], {("a", False): kubelet(long_log(4, 5))})
    assert (found["truncated"], found["newest_missing"], found["lines"]) == (True, [], 3)
