"""What an environment decided is kept privately and read back unchanged."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from hotswap_runbooks.gameday import state
from hotswap_runbooks.gameday.errors import PracticeError


def some_state() -> state.State:
    return state.State(state.VERSION, {"etcd": 1}, {"postgres": "secret"}, {"etcd": "/bin/etcd"}, "/tmp/home")


def test_state_is_read_back_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    state.save(file, some_state())
    assert state.load(file) == some_state()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def test_no_file_is_no_environment(tmp_path: Path) -> None:
    assert state.load(tmp_path / "state.json") is None


@pytest.mark.parametrize("content", ["", "[]", "{", json.dumps({"version": state.VERSION + 1})])
def test_a_state_of_another_version_names_the_way_out(tmp_path: Path, content: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(content)
    with pytest.raises(PracticeError, match="runbook gameday down"):
        state.load(file)


def test_ports_differ_and_lie_outside_the_range_of_clients() -> None:
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    ports = state.free_ports()
    assert len(set(ports.values())) == len(state.PORTS)
    if low > 18000:
        assert not [port for port in ports.values() if low <= port <= high]


def test_a_port_in_use_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not state._is_free(server.getsockname()[1])
