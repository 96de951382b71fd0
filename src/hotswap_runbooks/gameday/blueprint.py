"""Everything the parts are made from: where the files are, and what was decided for this environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hotswap_runbooks.gameday.certificates import Pair, pair
from hotswap_runbooks.gameday.kubeapi import KubeApi
from hotswap_runbooks.gameday.paths import Paths
from hotswap_runbooks.gameday.state import State


@dataclass(frozen=True)
class Blueprint:
    """One environment's paths and decisions."""

    paths: Paths
    state: State

    def port(self, name: str) -> int:
        """The loopback port of a part."""
        return self.state.ports[name]

    def address(self, name: str, scheme: str = "http") -> str:
        """`http://127.0.0.1:PORT` of a part."""
        return f"{scheme}://127.0.0.1:{self.port(name)}"

    def binary(self, name: str) -> str:
        return self.state.binaries[name]

    def certificate(self, name: str) -> Pair:
        return pair(self.paths.certificates, name)

    def kubeconfig(self, client: str) -> Path:
        """The kubeconfig of one of our own parts."""
        return self.paths.certificates / f"{client}.kubeconfig"

    def data(self, name: str) -> Path:
        """A part's own folder."""
        return self.paths.data / name

    def api(self) -> KubeApi:
        """The cluster's API as `gameday:gameday`."""
        return KubeApi(self.address("kube-apiserver", "https"), self.paths.certificates)

    def places(self) -> dict[str, str | Path | int]:
        """What the manifests' `@NAME@` stand for."""
        return {"DIR": self.paths.folder, "METRICS_SERVER_PORT": self.port("metrics-server")}
