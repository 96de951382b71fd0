"""Kubeconfig files that hold everything they need, so that they can be copied."""

from __future__ import annotations

import base64
from pathlib import Path

import yaml

from hotswap_runbooks.gameday.certificates import pair
from hotswap_runbooks.gameday.state import write_private


def write(path: Path, server: str, certificates: Path, client: str, token: str = "") -> None:
    """A kubeconfig for ``client`` with one context called `gameday`.

    It logs in with the token, or, without one, with the certificate of the client's name.
    """

    def embedded(file: Path) -> str:
        return base64.b64encode(file.read_bytes()).decode("ascii")

    if token:
        login = {"token": token}
    else:
        files = pair(certificates, client)
        login = {"client-certificate-data": embedded(files.certificate), "client-key-data": embedded(files.key)}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "gameday",
        "contexts": [{"name": "gameday", "context": {"cluster": "gameday", "user": client, "namespace": "default"}}],
        "clusters": [
            {
                "name": "gameday",
                "cluster": {
                    "server": server,
                    "certificate-authority-data": embedded(certificates / "cluster-ca.crt"),
                },
            }
        ],
        "users": [{"name": client, "user": login}],
    }
    write_private(path, yaml.safe_dump(content, sort_keys=False))
