"""The nodes: kwok plays their kubelets, by the stages in `manifests/stages*.yaml`."""

from __future__ import annotations

import time

from hotswap_runbooks.gameday import http, manifests
from hotswap_runbooks.gameday.blueprint import Blueprint
from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.parts import COLLECTING, OK, Part

_KINDS = "/apis/kwok.x-k8s.io/v1alpha1"


def prepare(blueprint: Blueprint) -> None:
    """Everything kwok reads: its own file, the kinds, the stages. Needs the API server."""
    config = blueprint.data("kwok.yaml")
    config.write_text(manifests.text("kwok.yaml", blueprint.places()), encoding="utf-8")
    api = blueprint.api()
    api.apply(manifests.documents("crds.yaml", {}))
    deadline = time.monotonic() + 20
    while True:
        kinds = api.get(_KINDS) or {}
        if {"stages", "logs"} <= {resource["name"] for resource in kinds.get("resources", [])}:
            break
        if time.monotonic() > deadline:
            raise PracticeError(
                "The API server did not learn kwok's kinds within 20 s.", "See `runbook gameday status`."
            )
        time.sleep(0.05)
    api.apply(manifests.documents("stages*.yaml", blueprint.places()))


def create_nodes(blueprint: Blueprint) -> None:
    """The two nodes; existing ones stay as they are."""
    blueprint.api().create(manifests.documents("nodes.yaml", {}))


def kwok(blueprint: Blueprint) -> Part:
    address = blueprint.address("kwok")

    def health() -> str:
        return OK if http.status(f"{address}/healthz") == 200 else ""

    command = [
        blueprint.binary("kwok"),
        f"--kubeconfig={blueprint.kubeconfig('kwok')}",
        f"--config={blueprint.data('kwok.yaml')}",
        "--enable-crds=Stage,Logs",
        "--manage-all-nodes=true",
        "--cidr=10.244.0.0/16",
        "--node-ip=127.0.0.1",
        f"--node-port={blueprint.port('kwok')}",
        f"--server-address=127.0.0.1:{blueprint.port('kwok')}",
        "--node-lease-duration-seconds=40",
    ]
    # Its own folder as home keeps the user's `~/.kwok` out of it.
    return Part("kwok", address, command, health, environment={"HOME": str(blueprint.paths.data)})


def metrics_server(blueprint: Blueprint) -> Part:
    address, access = blueprint.address("metrics-server", "https"), blueprint.kubeconfig("metrics-server")

    def health() -> str:
        # It is ready only after its first two readings; until then it is alive and says so.
        if http.status(f"{address}/livez") != 200:
            return ""
        return OK if http.status(f"{address}/readyz") == 200 else COLLECTING

    command = [
        blueprint.binary("metrics-server"),
        f"--kubeconfig={access}",
        f"--authentication-kubeconfig={access}",
        f"--authorization-kubeconfig={access}",
        "--bind-address=127.0.0.1",
        f"--secure-port={blueprint.port('metrics-server')}",
        f"--cert-dir={blueprint.data('metrics-server')}",
        "--kubelet-insecure-tls",
        "--kubelet-use-node-status-port",
        "--kubelet-preferred-address-types=InternalIP",
        "--metric-resolution=10s",
        "--kubelet-request-timeout=5s",
    ]
    return Part("metrics-server", address, command, health)


def register_metrics(blueprint: Blueprint) -> None:
    """Let the API server answer metrics.k8s.io through metrics-server."""
    blueprint.api().apply(manifests.documents("metrics-server.yaml", blueprint.places()))
