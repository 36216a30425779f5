"""Signed checkpoints: Ed25519 over the newest entry's number and hash."""

from __future__ import annotations

import base64
import hashlib

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.database import utcnow
from controller.ledger.chain import format_time
from controller.ledger.tables import LedgerCheckpoint, LedgerEntry


def key_id(public: Ed25519PublicKey) -> str:
    """SHA-256 of the raw public key, hex."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def make_checkpoint(session: Session, key: Ed25519PrivateKey) -> LedgerCheckpoint | None:
    """Sign the chain's newest entry; ``None`` when there is nothing new to sign."""
    last = session.execute(select(LedgerEntry).order_by(LedgerEntry.seq.desc()).limit(1)).scalar_one_or_none()
    if last is None or session.get(LedgerCheckpoint, last.seq) is not None:
        return None
    at = utcnow()
    identity = key_id(key.public_key())
    content = rfc8785.dumps({"seq": last.seq, "hash": last.hash, "at": format_time(at), "key": identity})
    checkpoint = LedgerCheckpoint(
        seq=last.seq,
        at=at,
        content=content.decode(),
        signature=base64.b64encode(key.sign(content)).decode(),
        key_id=identity,
    )
    session.add(checkpoint)
    return checkpoint
