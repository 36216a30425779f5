"""Whom a reader believes: the workshop's certificates and ledger keys, as the workshop publishes them in one file."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from controller.erasure.certificates.office import Office
from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.ledger.checkpoint import key_id
from controller.trust.certificates import ensure_ca
from controller.trust.signing import SigningIdentity

SCHEMA = "recyclerie.keys/1"


@dataclass(frozen=True, kw_only=True)
class Anchors:
    """What a paper is held against. ``ledger_keys`` are ids (SHA-256, hex); empty: any."""

    certificates: Sequence[x509.Certificate]
    ledger_keys: frozenset[str] = frozenset()


def published(office: Office, identity: SigningIdentity) -> dict[str, Any]:
    """The file that the workshop publishes: who signs its papers, which key signs its ledger. Nothing secret."""
    settings = office.settings
    pems = [identity.certificate, *identity.chain]
    ca, _ = ensure_ca(settings.keys_dir, settings.workshop_name)
    own = x509.load_pem_x509_certificate(ca.read_bytes())
    pems += [] if own in pems else [own]
    public = office.keys.ledger.public_key()
    return {
        "schema": SCHEMA,
        "workshop": settings.workshop_name,
        "site": settings.site,
        "certificates": [c.public_bytes(Encoding.PEM).decode() for c in pems],
        "ledger_keys": [
            {
                "id": key_id(public),
                "ed25519": base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode(),
            }
        ],
    }


def read_anchors(data: bytes, name: str) -> Anchors:
    """Anchors from a published key file (JSON) or from certificates (PEM).

    Raises:
        RecyclerieError: it is neither.
    """
    try:
        if data.lstrip()[:1] == b"{":
            body = json.loads(data)
            if body["schema"] != SCHEMA:
                raise ValueError(f"schema {body['schema']}")
            certificates = [x509.load_pem_x509_certificate(pem.encode()) for pem in body["certificates"]]
            return Anchors(certificates=certificates, ledger_keys=frozenset(k["id"] for k in body["ledger_keys"]))
        return Anchors(certificates=x509.load_pem_x509_certificates(data))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise RecyclerieError(
            N_("{file} holds no certificates: {detail}."),
            N_("Give the workshop's key file (JSON) or certificates (PEM)."),
            file=name,
            detail=error,
        ) from error
