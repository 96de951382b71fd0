"""The stand-in's own configuration file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hotswap_runbooks.gameday.service.config import ServiceConfig

RAW: dict[str, Any] = {
    "kubeconfig": "/x/kubeconfig",
    "selector": "app=hotswap-api",
    "listen_port": 8080,
    "podlogs": "/x/podlogs",
    "database": {"host": "127.0.0.1", "port": "5432", "user": "hotswap", "password": "p", "dbname": "hotswap"},
    "vault": {"url": "https://127.0.0.1:8200/", "token": "t"},
}


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    file = tmp_path / "service.json"
    file.write_text(json.dumps(RAW))
    config = ServiceConfig.read(file)
    assert (config.namespace, config.requests_per_second) == ("default", 10)
    assert config.database.port == 5432
    assert config.vault.url == "https://127.0.0.1:8200"
    assert config.vault.ca_cert is None


@pytest.mark.parametrize("key", sorted(RAW))
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(KeyError, match=key):
        ServiceConfig.parse({name: value for name, value in RAW.items() if name != key})
