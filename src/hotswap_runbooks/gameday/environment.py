"""One practice environment as the faults, the command and the tests see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hotswap_runbooks.gameday import (
    application,
    cluster,
    database,
    manifests,
    monitoring,
    nodes,
    state,
    vault,
)
from hotswap_runbooks.gameday.blueprint import Blueprint
from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.kubeapi import Document, KubeApi
from hotswap_runbooks.gameday.parts import OK, Part, Parts, PartStatus
from hotswap_runbooks.gameday.paths import Paths
from hotswap_runbooks.gameday.vault import THRESHOLD, Vault

# In the order in which they are started.
PARTS: dict[str, Callable[[Blueprint], Part]] = {
    "etcd": cluster.etcd,
    "kube-apiserver": cluster.kube_apiserver,
    "kube-controller-manager": cluster.kube_controller_manager,
    "kube-scheduler": cluster.kube_scheduler,
    "kwok": nodes.kwok,
    "metrics-server": nodes.metrics_server,
    "postgres": database.part,
    "vault": vault.part,
    "service": application.part,
    "prometheus": monitoring.part,
}


@dataclass(frozen=True)
class DatabaseAccess:
    """How to reach PostgreSQL; every role logs in over TCP with a password."""

    host: str
    port: int
    dbname: str
    # role -> password; roles: postgres (superuser), hotswap (the service), runbook (monitoring)
    passwords: dict[str, str]

    def dsn(self, role: str = "postgres", application: str = "gameday") -> str:
        """A libpq connection string for one of the roles."""
        return (
            f"host={self.host} port={self.port} dbname={self.dbname} user={role} password={self.passwords[role]} "
            f"connect_timeout=3 application_name={application}"
        )


@dataclass(frozen=True)
class VaultAccess:
    """How to reach OpenBao, with what it takes to seal and unseal it (practice only)."""

    url: str
    ca_cert: Path
    root_token: str
    keys: list[str]  # unseal shares, base64
    threshold: int


class Environment:
    """A running practice environment, found through its state folder."""

    namespace = application.NAMESPACE
    workload = application.WORKLOAD

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.paths: Paths = blueprint.paths
        self.parts = Parts(blueprint.paths)

    @classmethod
    def open(cls, folder: Path | None = None) -> Environment:
        """The environment in ``folder`` (default: `.gameday` of the current directory).

        Raises PracticeError (exit code 2) where none was started.
        """
        paths = Paths.of(folder)
        decided = state.load(paths.state)
        if decided is None:
            raise PracticeError("No practice environment here;", "start it with `runbook gameday up`.", exit_code=2)
        return cls(Blueprint(paths, decided))

    # Addresses

    @property
    def service_url(self) -> str:
        """Base address of the service's stand-in, without a slash at the end; /health and /metrics below it."""
        return self.blueprint.address("service")

    @property
    def prometheus_url(self) -> str:
        return self.blueprint.address("prometheus")

    @property
    def database(self) -> DatabaseAccess:
        port, passwords = self.blueprint.port("postgres"), self.blueprint.state.passwords
        return DatabaseAccess("127.0.0.1", port, database.DATABASE, dict(passwords))

    @property
    def vault(self) -> VaultAccess:
        keys = self._vault.keys()
        return VaultAccess(
            url=self.blueprint.address("vault", "https"),
            ca_cert=self.paths.certificates / "vault-ca.crt",
            root_token=keys.root_token,
            keys=list(keys.shares),
            threshold=THRESHOLD,
        )

    @property
    def _vault(self) -> Vault:
        return Vault(self.blueprint)

    # Kubernetes

    @cached_property
    def kube(self) -> KubeApi:
        """The cluster's API in a few plain calls, as the user `gameday:gameday`; quick to import."""
        return self.blueprint.api()

    def api(self) -> Any:
        """A ``kubernetes.client.ApiClient`` of the user `gameday:gameday`; one per environment."""
        return self._api

    @cached_property
    def _api(self) -> Any:
        from kubernetes import config

        return config.new_client_from_config(config_file=str(self.blueprint.kubeconfig("gameday")))

    def apply(self, documents: Iterable[Document]) -> None:
        """Server-side apply of each document (field manager `gameday`, forced)."""
        self.kube.apply(documents)

    def delete(self, documents: Iterable[Document]) -> None:
        """Delete each document's object; absent ones are fine."""
        self.kube.delete(documents)

    def manifests(self, pattern: str) -> list[Document]:
        """Documents of the package's `manifests/<pattern>`, sorted by file; `@DIR@` is the state folder."""
        return manifests.documents(pattern, self.blueprint.places())

    # Parts

    def part(self, name: str) -> Part:
        """One of PARTS; raises PracticeError for another name."""
        if name not in PARTS:
            raise PracticeError(f"There is no part {name!r}.", f"The parts are {', '.join(PARTS)}.", exit_code=2)
        return PARTS[name](self.blueprint)

    def status(self) -> list[PartStatus]:
        """Every part, in the order in which they are started; all are asked at once."""
        with ThreadPoolExecutor(len(PARTS)) as pool:
            return list(pool.map(lambda name: self.parts.status(self.part(name)), PARTS))

    def running(self, part: str) -> bool:
        return self.parts.process(part) is not None

    def stop(self, part: str) -> None:
        """Stop one part and wait for its end; a stopped one is fine."""
        described = self.part(part)
        self.parts.stop(part, described.politely, described.patience)

    def start(self, part: str) -> bool:
        """Start one part again on its old address and data and wait until it answers; False when it was running."""
        return self.parts.start(self.part(part))

    def stop_database(self) -> None:
        self.stop("postgres")

    def start_database(self) -> None:
        self.start("postgres")

    def seal_vault(self) -> None:
        """Seal; a sealed one is fine."""
        self._vault.seal()

    def unseal_vault(self) -> None:
        """Send shares until the threshold; an unsealed one is fine."""
        self._vault.unseal()

    # Health

    def health(self) -> tuple[int | None, dict[str, Any] | None]:
        """HTTP status and JSON body of the service's /health; (None, None) when nothing answers within 5 s."""
        return application.health(self.blueprint)

    def rollout(self) -> str:
        """`ok` when every pod is of the newest revision and ready, else how far it is, or why that is not known."""
        try:
            return application.rollout(self.blueprint)
        except PracticeError as error:
            return error.message

    def error_rate(self) -> float | None:
        """Share of failed requests over the last seconds, 0 to 1, as Prometheus sees it; None without data."""
        return monitoring.value(self.blueprint, monitoring.ERROR_RATE)

    def trouble(self) -> str:
        """What still keeps the service from being ready; empty when nothing does."""
        rollout = self.rollout()
        if rollout != OK:
            return rollout
        status, _ = self.health()
        if status != 200:
            return f"/health answers {status}" if status else "/health does not answer"
        if monitoring.value(self.blueprint, f'up{{job="{monitoring.JOB}"}}') != 1:
            return "Prometheus has not read the service yet"
        return ""

    def aftermath(self) -> str:
        """What still shows of a fault after its end; empty when nothing does."""
        trouble = self.trouble()
        if trouble:
            return trouble
        failures = monitoring.value(self.blueprint, monitoring.FAILURES)
        if failures is None:
            return "no requests are counted yet"
        return "" if failures == 0 else f"{failures:.0f} of the last requests failed"
