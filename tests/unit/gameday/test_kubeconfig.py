"""A kubeconfig holds everything it needs, and one way to log in."""

from __future__ import annotations

from pathlib import Path

import yaml

from hotswap_runbooks.gameday import certificates, kubeconfig


def test_a_token_is_the_only_way_in_where_there_is_one(tmp_path: Path) -> None:
    certificates.create(tmp_path / "certificates")
    file = tmp_path / "kubeconfig"
    kubeconfig.write(file, "https://127.0.0.1:1", tmp_path / "certificates", "reader", token="given")
    content = yaml.safe_load(file.read_text())
    assert content["users"] == [{"name": "reader", "user": {"token": "given"}}]
    assert content["contexts"][0]["context"]["user"] == "reader"
    assert file.stat().st_mode & 0o777 == 0o600


def test_without_one_the_certificate_of_the_name_is_embedded(tmp_path: Path) -> None:
    certificates.create(tmp_path / "certificates")
    file = tmp_path / "kubeconfig"
    kubeconfig.write(file, "https://127.0.0.1:1", tmp_path / "certificates", "noaccess")
    (user,) = yaml.safe_load(file.read_text())["users"]
    assert set(user["user"]) == {"client-certificate-data", "client-key-data"}
