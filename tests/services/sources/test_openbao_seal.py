"""The seal of real OpenBao nodes."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import RunbookError, Unreachable
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.vault import read
from ansible_collections.hotswap.runbooks.plugins.module_utils.vault import read_nodes
from servers import OpenBao, free_port

pytestmark = pytest.mark.services


def test_a_node_from_uninitialised_to_sealed_again(openbao: OpenBao) -> None:
    def node() -> tuple[object, ...]:
        (found,) = read_nodes(openbao.options(), Deadline(10))
        assert (found["reachable"], found["error"]) == (True, None)
        return found["initialized"], found["sealed"], found["standby"], found["progress"]

    assert node() == (False, True, None, 0)
    openbao.initialise()
    assert node() == (True, True, None, 0)
    openbao.unseal(2)
    assert node() == (True, True, None, 2)
    openbao.unseal(3)
    assert node() == (True, False, False, 0)
    openbao.seal()
    assert node() == (True, True, None, 0)


def test_a_sealed_node_says_how_it_is_opened(openbao: OpenBao) -> None:
    openbao.initialise()
    openbao.unseal(1)
    (found,) = read_nodes(openbao.options(), Deadline(10))
    assert (found["threshold"], found["shares"], found["type"]) == (3, 5, "shamir")
    assert found["version"].startswith("2.")
    assert len(found["nonce"]) > 10


def test_row_46_nodes_are_read_one_by_one_and_a_dead_one_hides_none(openbao: OpenBao) -> None:
    dead = f"https://127.0.0.1:{free_port()}"
    service = Service("x", vault=openbao.options(urls=[dead, openbao.url, openbao.url + "/"]))
    found = read(service, None, Deadline(10))  # type: ignore[arg-type]
    assert (found["sealed"], found["total"]) == (1, 2)
    assert [node["reachable"] for node in found["nodes"]] == [False, True]
    assert found["nodes"][0]["sealed"] is None
    assert found["nodes"][0]["error"]["error_class"] == "unreachable"


def test_a_node_that_hangs_costs_its_timeout_and_no_other_node(openbao: OpenBao) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        urls = [f"https://127.0.0.1:{silent.getsockname()[1]}", openbao.url]
        start = time.monotonic()
        hung, good = read_nodes(openbao.options(urls=urls, timeout=0.6), Deadline(10))
        assert time.monotonic() - start < 1
    assert (hung["reachable"], hung["error"]["error_class"]) == (False, "timeout")
    assert good["reachable"]


def test_row_51_an_untrusted_certificate_is_refused_unless_checks_are_off(openbao: OpenBao) -> None:
    service = Service("x", vault=openbao.options(ca_cert=""))
    with pytest.raises(Unreachable, match="not trusted"):
        read(service, None, Deadline(10))  # type: ignore[arg-type]
    trusting = Service("x", vault=openbao.options(ca_cert="", validate_certs=False))
    assert read(trusting, None, Deadline(10))["total"] == 1  # type: ignore[arg-type]


def test_a_ca_file_that_is_missing_is_said(openbao: OpenBao, tmp_path: Path) -> None:
    service = Service("x", vault=openbao.options(ca_cert=str(tmp_path / "missing")))
    with pytest.raises(RunbookError) as caught:
        read(service, None, Deadline(10))  # type: ignore[arg-type]
    assert caught.value.error_class == "bad_input"
