"""The key and certificate that papers are signed with: the workshop's own, or those that an operator was given."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.trust.certificates import ensure_ca, fitting, load_key
from controller.trust.files import write_private

# RSA: PDF 1.7, which PDF/A-3 is, knows no elliptic curves, and every reader in use checks it.
KEY_BITS = 3072
_making = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class SigningIdentity:
    """Who signs: the key, its certificate, and the certificates between it and its root, that one included."""

    key: PrivateKeyTypes
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def fingerprints(self) -> list[str]:
        """SHA-256 of each certificate (DER), hex, the signer's first."""
        return [c.fingerprint(hashes.SHA256()).hex() for c in (self.certificate, *self.chain)]


def signing_identity(
    keys_dir: Path, workshop: str, certificate: Path | None = None, key: Path | None = None
) -> SigningIdentity:
    """The operator's own identity where ``certificate`` and ``key`` name one, else the workshop's.

    Raises:
        RecyclerieError: a file of the operator's can't be read, or the two don't belong together.
    """
    if certificate is None or key is None:
        certificate, key = ensure_signing_certificate(keys_dir, workshop)
    try:
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        private = load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise RecyclerieError(
            N_("The signing certificate or its key can't be read: {detail}."),
            N_("Look at RECYCLERIE_SIGNING_CERTIFICATE and RECYCLERIE_SIGNING_KEY, or at signing.crt in keys/."),
            detail=error,
        ) from error
    if private.public_key() != chain[0].public_key():
        raise RecyclerieError(
            N_("The signing key does not belong to the first certificate of {file}."),
            N_("Put the signer's own certificate first, then those that vouch for it."),
            file=certificate,
        )
    return SigningIdentity(key=private, certificate=chain[0], chain=tuple(chain[1:]))


def ensure_signing_certificate(keys_dir: Path, workshop: str) -> tuple[Path, Path]:
    """The workshop's own signing certificate and key, made at the first signature. ``(signing.crt, signing.key)``.

    It lives as long as the CA: papers have no trusted timestamp, so a reader asks whether it is valid today.
    """
    with _making:
        return _ensure(keys_dir, workshop)


def _ensure(keys_dir: Path, workshop: str) -> tuple[Path, Path]:
    path, key_path = keys_dir / "signing.crt", keys_dir / "signing.key"
    ca_path, ca_key_path = ensure_ca(keys_dir, workshop)
    ca = x509.load_pem_x509_certificate(ca_path.read_bytes())
    if path.exists() and key_path.exists() and _still_good(path, key_path, ca):
        return path, key_path
    ca_key = load_key(ca_key_path)
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(
            x509.Name(
                [
                    x509.NameAttribute(NameOID.ORGANIZATION_NAME, fitting(workshop)),
                    x509.NameAttribute(NameOID.COMMON_NAME, fitting(workshop)),
                ]
            )
        )
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
        .not_valid_after(ca.not_valid_after_utc)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    write_private(key_path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + ca_path.read_bytes())
    return path, key_path


def _usage() -> x509.KeyUsage:
    """Digital signature and non-repudiation: what readers ask of who signs a document."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _still_good(path: Path, key_path: Path, ca: x509.Certificate) -> bool:
    """Whether the present CA signed it, the key is its own (a crash may leave a new one), and it has not ended."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        certificate.verify_directly_issued_by(ca)
        if load_pem_private_key(key_path.read_bytes(), None).public_key() != certificate.public_key():
            return False
    except Exception:  # damaged, or of another CA: made again
        return False
    return certificate.not_valid_after_utc > dt.datetime.now(dt.UTC)
