"""Certificates of the practice environment, made on the spot; nothing outside trusts them."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS = 365


@dataclass(frozen=True)
class Pair:
    """A certificate's file and its key's file."""

    certificate: Path
    key: Path


def pair(folder: Path, name: str) -> Pair:
    """Where the certificate ``name`` lies."""
    return Pair(folder / f"{name}.crt", folder / f"{name}.key")


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=DAYS))
    )


def _name(common: str, organization: str = "") -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)


class Authority:
    """A certificate authority with its files in ``folder``."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = _new_key()
        self._subject = _name(name)
        key_id = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self._key_id = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id)
        certificate = (
            _builder(self._subject, self._subject, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(certificates=True), critical=True)
            .add_extension(key_id, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.files = pair(folder, name)
        self.files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def client(self, name: str, common: str, organization: str = "") -> None:
        """A client's certificate: who it is (CN) and its group (O)."""
        self._issue(name, _name(common, organization), ExtendedKeyUsageOID.CLIENT_AUTH)

    def server(self, name: str, hosts: list[str]) -> None:
        """A server's certificate for loopback and more ``hosts``."""
        names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
        for host in hosts:
            try:
                names.append(x509.IPAddress(ipaddress.ip_address(host)))
            except ValueError:
                names.append(x509.DNSName(host))
        self._issue(name, _name(name), ExtendedKeyUsageOID.SERVER_AUTH, x509.SubjectAlternativeName(names))

    def _issue(
        self,
        name: str,
        subject: x509.Name,
        purpose: x509.ObjectIdentifier,
        alternative: x509.SubjectAlternativeName | None = None,
    ) -> None:
        key, files = _new_key(), pair(self._folder, name)
        builder = (
            _builder(subject, self._subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(self._key_id, critical=False)
        )
        if alternative:
            builder = builder.add_extension(alternative, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        _write_key(files.key, key)
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def write_signing_pair(folder: Path, name: str) -> None:
    """A key pair without a certificate: NAME.key and NAME.pub."""
    key = _new_key()
    _write_key(folder / f"{name}.key", key)
    (folder / f"{name}.pub").write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def create(folder: Path) -> None:
    """All certificates of one environment; an existing complete set is kept."""
    done = folder / "complete"
    if done.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    cluster = Authority(folder, "cluster-ca")
    cluster.server("kube-apiserver", ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.0.0.1"])
    # One name for the person on call and one for each of our own parts, so that the audit log tells them apart.
    for name in ("responder", "gameday", "kwok", "service", "metrics-server", "kubelet-client"):
        cluster.client(name, name if name == "responder" else f"gameday:{name}", "system:masters")
    for name in ("kube-controller-manager", "kube-scheduler"):
        cluster.client(name, f"system:{name}")
    cluster.client("noaccess", "noaccess")
    Authority(folder, "front-proxy-ca").client("front-proxy", "front-proxy-client")
    write_signing_pair(folder, "service-accounts")
    Authority(folder, "vault-ca").server("vault", [])
    done.touch()
