"""The signature's own bytes: the only ones that it can't cover itself. They must be exactly what we would write.

A PDF signature covers the whole file but the place it stands in. Of what stands there (CMS, RFC 5652) the signed
attributes, the signature's value and, through ``signing-certificate-v2``, the signer's certificate are covered too.
The rest (versions, lengths, other certificates, padding) is compared with a container built anew, so that no byte
of the file can change unseen.
"""

from __future__ import annotations

import hashlib
import re

from asn1crypto import algos, cms
from asn1crypto import x509 as asn1_x509

# The signer's kind of key → the signature that we make with it.
ALGORITHMS = {"rsa": "sha256_rsa", "ec": "sha256_ecdsa", "ed25519": "ed25519", "ed448": "ed448"}
BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


class BadContainer(Exception):
    """The signature isn't in the form that we write: an English sentence, for people who look into it."""


def signature_of(pdf: bytes) -> bytes:
    """The CMS structure (DER) of the file's one signature, once its place and form are right.

    Raises:
        BadContainer: what is wrong.
    """
    found = BYTE_RANGE.findall(pdf)
    if len(found) != 1:
        raise BadContainer(f"the file has {len(found)} signatures instead of one")
    start, length, after, rest = (int(n) for n in found[0])
    if start != 0 or after < length or after + rest != len(pdf):
        raise BadContainer("the signature doesn't cover the whole file: something was added, cut off or left out")
    gap = pdf[length:after]
    if gap[:1] != b"<" or gap[-1:] != b">":
        raise BadContainer("the signature isn't where the file says")
    try:
        raw = bytes.fromhex(gap[1:-1].decode("ascii"))
        size = _der_length(raw)
    except (ValueError, IndexError) as error:
        raise BadContainer("the signature's bytes are damaged") from error
    der = raw[:size]
    if gap[1:-1] != der.hex().upper().encode().ljust(len(gap) - 2, b"0"):
        raise BadContainer("the bytes around the signature were changed")
    return der


def _der_length(raw: bytes) -> int:
    """Length of the DER value at the start of ``raw``, its head included."""
    if raw[0] != 0x30:
        raise ValueError("not a sequence")
    if raw[1] < 0x80:
        return 2 + raw[1]
    count = raw[1] & 0x7F
    return 2 + count + int.from_bytes(raw[2 : 2 + count], "big")


def check_container(der: bytes, fingerprints: list[str]) -> None:
    """Compare the signature with one built anew out of its signed parts.

    Args:
        fingerprints: SHA-256 of the certificates that the signed statement names, the signer's first.

    Raises:
        BadContainer: what is wrong.
    """
    try:
        info = cms.ContentInfo.load(der, strict=True)
        data = info["content"]
        signer = data["signer_infos"][0]
        certificates = [c.chosen.dump() for c in data["certificates"]]
        by_hash = {hashlib.sha256(c).hexdigest(): c for c in certificates}
        if sorted(by_hash) != sorted(fingerprints) or len(certificates) != len(fingerprints):
            raise BadContainer("the certificates in the signature are not those that the statement names")
        owner = next(c.chosen for c in data["certificates"] if hashlib.sha256(c.dump()).hexdigest() == fingerprints[0])
        again = _build(data, signer, owner)
    except BadContainer:
        raise
    except Exception as error:  # damaged in any way that a parser can meet
        raise BadContainer("the signature can't be read") from error
    if again != der:
        raise BadContainer("the signature's frame was changed")


def _build(data: cms.SignedData, signer: cms.SignerInfo, owner: asn1_x509.Certificate) -> bytes:
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    # Not as it stands there: plain rsaEncryption would be believed as well.
    known = ALGORITHMS.get(owner.public_key.algorithm)
    algorithm = algos.SignedDigestAlgorithm({"algorithm": known}) if known else signer["signature_algorithm"]
    again = cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": cms.SignedData(
                {
                    "version": "v1",
                    "digest_algorithms": cms.DigestAlgorithms([digest]),
                    "encap_content_info": {"content_type": "data"},
                    "certificates": data["certificates"],
                    "signer_infos": [
                        cms.SignerInfo(
                            {
                                "version": "v1",
                                "sid": cms.SignerIdentifier(
                                    {
                                        "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                                            {"issuer": owner.issuer, "serial_number": owner.serial_number}
                                        )
                                    }
                                ),
                                "digest_algorithm": digest,
                                "signed_attrs": signer["signed_attrs"],
                                "signature_algorithm": algorithm,
                                "signature": signer["signature"].native,
                            }
                        )
                    ],
                }
            ),
        }
    )
    found: bytes = again.dump(force=True)
    return found
