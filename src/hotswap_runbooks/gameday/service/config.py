"""What the stand-in is told at its start: one JSON file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Database:
    """Where the application's database is, and as whom it logs in."""

    host: str
    port: int
    user: str
    password: str
    dbname: str


@dataclass(frozen=True)
class Vault:
    """Where the application's Vault is, and with which token it reads."""

    url: str
    token: str
    ca_cert: Path | None


@dataclass(frozen=True)
class ServiceConfig:
    """The stand-in's surroundings; ``requests_per_second`` is the users' traffic."""

    kubeconfig: Path
    namespace: str
    selector: str
    listen_port: int
    podlogs: Path
    database: Database
    vault: Vault
    requests_per_second: float

    @classmethod
    def read(cls, file: Path) -> ServiceConfig:
        """The configuration in ``file``; KeyError names what is missing."""
        return cls.parse(json.loads(file.read_text()))

    @classmethod
    def parse(cls, raw: dict[str, Any]) -> ServiceConfig:
        """The configuration in a plain dictionary; KeyError names what is missing."""
        database, vault = raw["database"], raw["vault"]
        return cls(
            kubeconfig=Path(raw["kubeconfig"]),
            namespace=raw.get("namespace", "default"),
            selector=raw["selector"],
            listen_port=int(raw["listen_port"]),
            podlogs=Path(raw["podlogs"]),
            database=Database(
                host=database["host"],
                port=int(database["port"]),
                user=database["user"],
                password=database["password"],
                dbname=database["dbname"],
            ),
            vault=Vault(
                url=vault["url"].rstrip("/"),
                token=vault["token"],
                ca_cert=Path(vault["ca_cert"]) if vault.get("ca_cert") else None,
            ),
            requests_per_second=float(raw.get("requests_per_second", 10)),
        )
