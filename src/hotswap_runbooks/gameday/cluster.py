"""The Kubernetes control plane: etcd, API server, controllers, scheduler."""

from __future__ import annotations

from pathlib import Path

from hotswap_runbooks.gameday import certificates, http, kubeconfig, manifests
from hotswap_runbooks.gameday.blueprint import Blueprint
from hotswap_runbooks.gameday.parts import OK, Part

CLIENTS = ("gameday", "kwok", "service", "metrics-server", "kube-controller-manager", "kube-scheduler")


def prepare(blueprint: Blueprint) -> None:
    """Write the kubeconfigs and the audit policy."""
    paths, server = blueprint.paths, blueprint.address("kube-apiserver", "https")
    for client in CLIENTS:
        kubeconfig.write(blueprint.kubeconfig(client), server, paths.certificates, client)
    kubeconfig.write(paths.kubeconfig, server, paths.certificates, "responder")
    kubeconfig.write(paths.kubeconfig_without_rights, server, paths.certificates, "noaccess")
    (paths.data / "audit-policy.yaml").write_text(manifests.text("audit-policy.yaml", {}), encoding="utf-8")


def grant_reading(blueprint: Blueprint) -> None:
    """Make the account that may only look, and its kubeconfig. Needs the API server."""
    api, paths = blueprint.api(), blueprint.paths
    documents = manifests.documents("reader.yaml", {})
    api.apply(documents)
    account = next(document for document in documents if document["kind"] == "ServiceAccount")
    token = api.token(account, certificates.DAYS * 86400)
    server = blueprint.address("kube-apiserver", "https")
    kubeconfig.write(paths.kubeconfig_read_only, server, paths.certificates, "reader", token)


def etcd(blueprint: Blueprint) -> Part:
    client, peer = blueprint.address("etcd"), blueprint.address("etcd-peer")

    def health() -> str:
        return OK if http.status(f"{client}/health") == 200 else ""

    command = [
        blueprint.binary("etcd"),
        f"--data-dir={blueprint.data('etcd')}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        # A crash of the whole machine may lose this data; it is for practice.
        "--unsafe-no-fsync",
    ]
    return Part("etcd", client, command, health)


def kube_apiserver(blueprint: Blueprint) -> Part:
    address = blueprint.address("kube-apiserver", "https")
    server, kubelet = blueprint.certificate("kube-apiserver"), blueprint.certificate("kubelet-client")
    cluster, front, proxy = (blueprint.certificate(name) for name in ("cluster-ca", "front-proxy-ca", "front-proxy"))
    accounts = blueprint.paths.certificates / "service-accounts"

    def health() -> str:
        try:
            answer = http.request("GET", f"{address}/readyz", ca=cluster.certificate, timeout=3)
        except OSError:
            return ""
        return OK if answer.status == 200 else ""

    command = [
        blueprint.binary("kube-apiserver"),
        f"--etcd-servers={blueprint.address('etcd')}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--secure-port={blueprint.port('kube-apiserver')}",
        f"--tls-cert-file={server.certificate}",
        f"--tls-private-key-file={server.key}",
        f"--client-ca-file={cluster.certificate}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={accounts}.pub",
        f"--service-account-signing-key-file={accounts}.key",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/24",
        f"--kubelet-client-certificate={kubelet.certificate}",
        f"--kubelet-client-key={kubelet.key}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--requestheader-client-ca-file={front.certificate}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={proxy.certificate}",
        f"--proxy-client-key-file={proxy.key}",
        f"--audit-policy-file={blueprint.paths.data / 'audit-policy.yaml'}",
        f"--audit-log-path={blueprint.paths.audit_log}",
    ]
    return Part("kube-apiserver", address, command, health, start_limit=90)


def _component(blueprint: Blueprint, name: str, more: list[str]) -> Part:
    address, access = blueprint.address(name, "https"), blueprint.kubeconfig(name)

    def health() -> str:
        return OK if http.status(f"{address}/healthz") == 200 else ""

    command = [
        blueprint.binary(name),
        f"--kubeconfig={access}",
        f"--authentication-kubeconfig={access}",
        f"--authorization-kubeconfig={access}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={blueprint.port(name)}",
        *more,
    ]
    return Part(name, address, command, health)


def kube_controller_manager(blueprint: Blueprint) -> Part:
    folder: Path = blueprint.paths.certificates
    return _component(
        blueprint,
        "kube-controller-manager",
        [
            f"--service-account-private-key-file={folder / 'service-accounts.key'}",
            f"--root-ca-file={folder / 'cluster-ca.crt'}",
            "--use-service-account-credentials",
        ],
    )


def kube_scheduler(blueprint: Blueprint) -> Part:
    return _component(blueprint, "kube-scheduler", [])
