"""PAdES-B-B: sign a PDF so that any reader finds a changed character (ETSI EN 319 142-1, by pyHanko, offline)."""

from __future__ import annotations

import io

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from controller.erasure.certificates.apart import apart
from controller.trust.signing import SigningIdentity

FIELD = "Signature"
DIGEST = "sha256"


class _SameMetadata(IncrementalPdfFileWriter):
    """Keeps the document's metadata as it was drawn: PDF/A wants both of its copies to say the same."""

    def _update_meta(self) -> None:
        pass


def as_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The same certificate for pyHanko."""
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def sign(pdf: bytes, identity: SigningIdentity, *, reason: str, place: str) -> bytes:
    """``pdf`` with one invisible signature over all of it.

    Args:
        reason: why it is signed, in the document's language.
        place: where.
    """
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple([as_asn1(c) for c in identity.chain])
    key = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = SimpleSigner(
        signing_cert=as_asn1(identity.certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )
    metadata = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm=DIGEST, subfilter=SigSeedSubFilter.PADES, reason=reason, location=place or None
    )
    signed = apart(lambda: PdfSigner(metadata, signer).sign_pdf(_SameMetadata(io.BytesIO(pdf))))
    data: bytes = signed.getvalue()
    return data
