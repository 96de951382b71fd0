"""The gatherer: everything at once, never late, never failing, never telling a secret."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition, TimedOut
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.evidence import PROBES, gather
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service

PASSWORD = "p4ss/w+rd"
SERVICE = Service("hotswap-api", database={"login_password": PASSWORD}, vault={"token": "hvs.token"})


def probe(source: str, read: Callable[[], Any]) -> Any:
    return SimpleNamespace(SOURCE=source, read=lambda service, cluster, deadline: read())


def failing(error: BaseException) -> Callable[[], Any]:
    def read() -> Any:
        raise error

    return read


def gathered(*probes: Any, seconds: float = 5) -> dict[str, dict[str, Any]]:
    return gather(SERVICE, Deadline(seconds), probes, cluster=object())


def test_sources_are_read_at_the_same_time() -> None:
    together = threading.Barrier(5, timeout=3)
    found = gathered(*(probe(str(i), lambda: {"place": together.wait()}) for i in range(5)))
    assert {entry["status"] for entry in found.values()} == {"ok"}


def test_a_source_that_hangs_is_a_timeout_and_delays_nobody_past_the_deadline() -> None:
    start = time.monotonic()
    found = gathered(probe("hangs", lambda: time.sleep(30)), probe("answers", lambda: {"x": 1}), seconds=0.4)
    assert 0.3 < time.monotonic() - start < 0.7
    assert found["answers"] == {"status": "ok", "took_ms": found["answers"]["took_ms"], "data": {"x": 1}, "error": None}
    assert found["hangs"]["status"] == "timeout"
    assert found["hangs"]["took_ms"] == pytest.approx(400, abs=20)
    assert found["hangs"]["error"]["message"] == "Reading hangs did not end within 0.4 s."


def test_a_probe_that_keeps_its_own_deadline_tells_its_own_story() -> None:
    def read(service: Service, cluster: Any, deadline: Deadline) -> dict[str, Any]:
        deadline.sleep(60)
        raise TimedOut("Node 3 hung.")

    found = gather(SERVICE, Deadline(0.5), [SimpleNamespace(SOURCE="vault", read=read)], cluster=object())  # type: ignore[list-item]
    assert (found["vault"]["status"], found["vault"]["error"]["message"]) == ("timeout", "Node 3 hung.")


def test_an_error_is_evidence_with_its_class_hint_and_facts() -> None:
    found = gathered(probe("database", failing(Precondition("No slot.", "Wait.", sqlstate="53300"))))
    assert found["database"]["status"] == "failed"
    expected = {"error_class": "precondition", "message": "No slot.", "hint": "Wait.", "facts": {"sqlstate": "53300"}}
    assert found["database"]["error"] == expected


def test_what_is_not_configured_is_skipped_and_says_why() -> None:
    entry = gathered(probe("vault", failing(NotConfigured("service_vault is not set."))))["vault"]
    assert entry["status"] == "skipped"
    assert entry["error"]["message"] == "service_vault is not set."


@pytest.mark.parametrize("error", [KeyError("x"), SystemExit(3), KeyboardInterrupt(), RecursionError(), MemoryError()])
def test_whatever_a_probe_raises_stays_with_it(error: BaseException) -> None:
    found = gathered(probe("bad", failing(error)), probe("good", lambda: {}))
    assert found["bad"]["status"] == "failed"
    assert found["bad"]["error"]["error_class"] == "unexpected"
    assert type(error).__name__ in found["bad"]["error"]["message"]
    assert found["good"]["status"] == "ok"


def test_row_53_secrets_leave_in_no_form() -> None:
    forms = [PASSWORD, "p4ss%2Fw%2Brd", base64.b64encode(PASSWORD.encode()).decode(), PASSWORD.encode().hex()]
    told = " ".join(forms)
    found = gathered(
        probe("error", failing(ValueError(told))),
        probe("data", lambda: {"lines": [told, {"key " + PASSWORD: told}], "token": "hvs.token"}),
        probe("facts", failing(Precondition(told, told, dsn=told))),
    )
    text = json.dumps(found)
    assert not [form for form in [*forms, "hvs.token"] if form in text]
    assert "********" in text


def test_a_password_that_is_the_services_name_does_not_garble_the_report() -> None:
    service = Service("hotswap-api", database={"login_password": "hotswap", "login_user": "hotswap"})
    entry = gather(service, Deadline(2), [probe("x", lambda: {"name": "hotswap-api"})], cluster=object())["x"]
    assert entry["data"] == {"name": "hotswap-api"}


def test_a_service_shows_no_secret_when_it_is_printed() -> None:
    assert PASSWORD not in repr(SERVICE)
    assert "pw12345" not in repr(Service("x", health_url="http://me:pw12345@host/"))
    assert Service("x", prometheus_url="http://me:pw12345@host/").secrets() == {"pw12345"}


def test_the_result_is_plain_json_without_nan() -> None:
    entry = gathered(probe("x", lambda: {"a": float("nan"), "b": (1, {2}), 3: None}))["x"]
    assert entry["data"] == {"a": None, "b": [1, [2]], "3": None}
    json.dumps(entry, allow_nan=False)


def test_messages_are_one_line_without_terminal_codes() -> None:
    entry = gathered(probe("x", failing(Precondition("first\x1b[31m\nsecond" + "x" * 5000))))["x"]
    assert entry["error"]["message"].startswith("first second")
    assert len(entry["error"]["message"]) == 500


def test_a_service_of_which_only_the_name_is_known_skips_everything() -> None:
    found = gather(Service("nameless"), Deadline(5))
    assert list(found) == sorted(found)
    assert len(found) == len(PROBES)
    assert {source: entry["status"] for source, entry in found.items() if entry["status"] != "skipped"} == {}


_EVERYTHING_HANGS = """
import json, sys, time
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.evidence import gather
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service
at = f"127.0.0.1:{sys.argv[1]}"
service = Service(
    "x", "default", "deployment/x",
    health_url=f"http://{at}/", metrics_url=f"https://{at}/", prometheus_url=f"http://{at}/",
    database={"login_host": "127.0.0.1", "login_port": int(sys.argv[1])},
    vault={"urls": [f"https://{at}"]}, kubernetes={"host": f"https://{at}"},
)
start = time.monotonic()
found = gather(service, Deadline(1))
print(json.dumps({"took": time.monotonic() - start, "status": {s: e["status"] for s, e in found.items()}}))
"""


def test_when_every_dependency_hangs_the_deadline_holds_and_the_process_ends() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=200) as silent:
        start = time.monotonic()
        command = [sys.executable, "-c", _EVERYTHING_HANGS, str(silent.getsockname()[1])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(command, capture_output=True, check=True, timeout=30, env=environment)
        whole = time.monotonic() - start
    found = json.loads(done.stdout)
    assert found["took"] < 1.3
    assert whole < 4
    assert found["status"].pop("commits") == "skipped"
    assert set(found["status"].values()) == {"timeout"}
