"""What a practice environment decided when it was created: ports, passwords, binaries. Written once, then only read."""

from __future__ import annotations

import json
import os
import random
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from hotswap_runbooks.gameday.errors import PracticeError

VERSION = 1
PORTS = (
    "etcd",
    "etcd-peer",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "metrics-server",
    "postgres",
    "vault",
    "vault-cluster",
    "prometheus",
    "service",
)
ROLES = ("postgres", "hotswap", "runbook")


@dataclass(frozen=True)
class State:
    """Everything needed to start a part again exactly as it was."""

    version: int
    ports: dict[str, int]
    passwords: dict[str, str]  # database role -> password
    binaries: dict[str, str]  # program -> absolute path
    postgres_home: str  # data and, where root gives its rights away, the program


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def load(path: Path) -> State | None:
    """The state in a file; None when there is no file. Raises PracticeError when it is not one of ours."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("version") != VERSION:
        raise PracticeError(
            f"{path} was not written by this version of the practice environment.",
            "End it with `runbook gameday down`, then start again.",
        )
    return State(**found)


def save(path: Path, state: State) -> None:
    """Write the state in one step, mode 600: it holds passwords."""
    write_private(path, json.dumps(asdict(state), indent=2) + "\n")


def new_passwords() -> dict[str, str]:
    """A fresh password for each database role."""
    return {role: secrets.token_urlsafe(18) for role in ROLES}


def free_ports(names: tuple[str, ...] = PORTS) -> dict[str, int]:
    """A free loopback port for each name, outside the range from which clients draw their own.

    A stopped server's port from that range could be taken by any client, even by one that connects to it.
    """
    try:
        limit = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        limit = 32768
    low, high = (15000, limit) if limit > 18000 else (1024, limit)
    if high - low < 200:
        low, high = 20000, 65000
    ports: dict[str, int] = {}
    for name in names:
        for _ in range(500):
            port = random.randrange(low, high)  # noqa: S311 - not a secret
            if port not in ports.values() and _is_free(port):
                ports[name] = port
                break
        else:
            raise PracticeError(f"No free port between {low} and {high} on 127.0.0.1.", "End other servers first.")
    return ports


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
