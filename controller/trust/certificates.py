"""The controller's own certificate authority and the certificate it serves with (X.509, ECDSA P-256)."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from controller.trust.files import write_private

# A PC whose CMOS battery is dead boots with an old clock: our certificates are valid since well before.
NOT_BEFORE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
CA_YEARS = 25
SERVER_DAYS = 825  # the longest that browsers accept from a private CA
RENEW_DAYS = 60


def fitting(text: str, limit: int = 64) -> str:
    """``text`` cut to what a name in a certificate may hold: 64 bytes of UTF-8, never empty."""
    return text.encode()[:limit].decode(errors="ignore").strip() or "Recyclerie"


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The ECDSA key in ``path``."""
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} does not hold an ECDSA key; move it away and start again to make a new one")
    return key


def ensure_ca(keys_dir: Path, name: str) -> tuple[Path, Path]:
    """The CA's certificate and key files, made at the first call. Returns ``(ca.crt, ca.key)``."""
    certificate_path, key_path = keys_dir / "ca.crt", keys_dir / "ca.key"
    if certificate_path.exists() and key_path.exists():
        return certificate_path, key_path
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{fitting(name, 40)} CA")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(now + dt.timedelta(days=365 * CA_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_private(key_path, _pem(key))
    certificate_path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return certificate_path, key_path


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def ensure_server_certificate(keys_dir: Path, names: list[str], workshop: str) -> tuple[Path, Path]:
    """The certificate that the controller serves with, for all of ``names`` (addresses or host names).

    Made again when a name is new or when it ends within 60 days. Returns ``(tls.crt, tls.key)``; the first
    holds the chain.
    """
    ca_path, ca_key_path = ensure_ca(keys_dir, workshop)
    path, key_path = keys_dir / "tls.crt", keys_dir / "tls.key"
    wanted = list(dict.fromkeys([*names, "localhost", "127.0.0.1"]))
    ca, ca_key = x509.load_pem_x509_certificate(ca_path.read_bytes()), load_key(ca_key_path)
    if path.exists() and key_path.exists() and _still_good(path, key_path, ca, wanted):
        return path, key_path
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted[0][:64])]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(now + dt.timedelta(days=SERVER_DAYS))
        .add_extension(x509.SubjectAlternativeName([_alternative(n) for n in wanted]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    write_private(key_path, _pem(key))
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + ca_path.read_bytes())
    return path, key_path


def _still_good(path: Path, key_path: Path, ca: x509.Certificate, names: list[str]) -> bool:
    """Whether it is ours, whole (a crash may leave a new key beside an old certificate), and for these names."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        certificate.verify_directly_issued_by(ca)
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if load_key(key_path).public_key() != certificate.public_key():
            return False
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    left = certificate.not_valid_after_utc - dt.datetime.now(dt.UTC)
    return left > dt.timedelta(days=RENEW_DAYS) and all(_alternative(n) in alternatives for n in names)
