"""One practice environment as the faults, the command and the tests see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotswap_runbooks.gameday.paths import Paths


@dataclass(frozen=True)
class DatabaseAccess:
    """How to reach PostgreSQL; every role logs in over TCP with a password."""

    host: str
    port: int
    dbname: str
    passwords: dict[str, str]  # role -> password; roles: postgres (superuser), hotswap (the service), runbook (monitoring)

    def dsn(self, role: str = "postgres", application: str = "gameday") -> str:
        """A libpq connection string for one of the roles."""
        raise NotImplementedError


@dataclass(frozen=True)
class VaultAccess:
    """How to reach OpenBao, with what it takes to seal and unseal it (practice only)."""

    url: str
    ca_cert: Path
    root_token: str
    keys: list[str]  # unseal shares, base64
    threshold: int


class Environment:
    """A running practice environment, found through its state folder.

    ``Environment.open()`` raises ``PracticeError`` (exit code 2) where none was started.
    """

    namespace = "default"
    workload = "hotswap-api"  # name of the Deployment and value of the label `app`

    paths: Paths  # .folder .kubeconfig .podlogs .audit_log .inventory .repository .service_config .logs ...

    @classmethod
    def open(cls, folder: Path | None = None) -> Environment:
        """The environment in ``folder`` (default: `.gameday` of the current directory)."""
        raise NotImplementedError

    # Addresses

    @property
    def service_url(self) -> str:
        """Base address of the service's stand-in, without a slash at the end; /health and /metrics below it."""
        raise NotImplementedError

    @property
    def prometheus_url(self) -> str:
        raise NotImplementedError

    @property
    def database(self) -> DatabaseAccess:
        raise NotImplementedError

    @property
    def vault(self) -> VaultAccess:
        raise NotImplementedError

    # Kubernetes

    def api(self) -> Any:
        """A ``kubernetes.client.ApiClient`` of the cluster's administrator; one per environment."""
        raise NotImplementedError

    def apply(self, documents: Iterable[dict[str, Any]]) -> None:
        """Server-side apply of each document (field manager `gameday`, forced)."""
        raise NotImplementedError

    def delete(self, documents: Iterable[dict[str, Any]]) -> None:
        """Delete each document's object; absent ones are fine."""
        raise NotImplementedError

    def manifests(self, pattern: str) -> list[dict[str, Any]]:
        """Documents of the package's `manifests/<pattern>`, sorted by file, with `@DIR@` replaced by the state folder."""
        raise NotImplementedError

    # Parts: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok, metrics-server, postgres, vault, prometheus, service

    def running(self, part: str) -> bool:
        raise NotImplementedError

    def stop(self, part: str) -> None:
        """Stop one part and wait for its end; a stopped one is fine."""
        raise NotImplementedError

    def start(self, part: str) -> None:
        """Start one part again on its old address and data and wait until it answers; a running one is fine."""
        raise NotImplementedError

    def stop_database(self) -> None:
        raise NotImplementedError

    def start_database(self) -> None:
        raise NotImplementedError

    def seal_vault(self) -> None:
        raise NotImplementedError

    def unseal_vault(self) -> None:
        """Send shares until the threshold; an unsealed one is fine."""
        raise NotImplementedError

    # Health

    def health(self) -> tuple[int | None, dict[str, Any] | None]:
        """HTTP status and JSON body of the service's /health; (None, None) when nothing answers within 2 s."""
        raise NotImplementedError
