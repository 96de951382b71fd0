"""Certificates do what the servers and clients need, and no more."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from hotswap_runbooks.gameday import certificates


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    certificates.create(folder)
    return folder


def read(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())


@pytest.mark.parametrize(("name", "authority"), [("kube-apiserver", "cluster-ca"), ("vault", "vault-ca")])
def test_servers_are_trusted_on_loopback_by_their_authority_only(folder: Path, name: str, authority: str) -> None:
    server, host = read(folder, name), x509.DNSName("localhost")

    def verify(trusted: str) -> None:
        builder = PolicyBuilder().store(Store([read(folder, trusted)])).time(datetime.datetime.now(datetime.UTC))
        builder.build_server_verifier(host).verify(server, [])

    verify(authority)
    with pytest.raises(VerificationError):
        verify("front-proxy-ca")


def test_only_our_own_and_the_responder_are_administrators(folder: Path) -> None:
    def groups(name: str) -> list[str | bytes]:
        return [part.value for part in read(folder, name).subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]

    assert groups("responder") == ["system:masters"]
    assert groups("noaccess") == []
    assert groups("kube-scheduler") == []


def test_keys_are_private(folder: Path) -> None:
    keys = list(folder.glob("*.key"))
    assert len(keys) > 8
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}


def test_an_existing_set_is_kept(folder: Path) -> None:
    before = read(folder, "responder").serial_number
    certificates.create(folder)
    assert read(folder, "responder").serial_number == before
