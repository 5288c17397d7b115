"""Certificates for tests: of localhost, for servers with TLS, and of an authority for its clients."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate_in(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost and its key, as files in the folder."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = _built(key, name, name).add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(_private(key))
    return files


class Authority:
    """An authority that issues certificates to clients; its own stands in `file`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key, self._name = ec.generate_private_key(ec.SECP256R1()), _named("test authority")
        basic = x509.BasicConstraints(ca=True, path_length=0)
        own = _built(self._key, self._name, self._name).add_extension(basic, True).sign(self._key, hashes.SHA256())
        self.file = folder / "authority.pem"
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def issued(self, common_name: str, days: int = 1) -> Path:
        """Certificate and key in one file, its user's alone; `days` until it ends, which may have been before now."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _built(key, _named(common_name), self._name, days).sign(self._key, hashes.SHA256())
        file = self._folder / f"{common_name}.key-certificate.pem"
        file.touch(mode=0o600)
        file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + _private(key))
        return file


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _built(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, issuer: x509.Name, days: int = 1
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3))
        .not_valid_after(now + timedelta(days=days))
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain)
