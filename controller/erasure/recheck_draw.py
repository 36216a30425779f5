"""Which erased drives a second person reads again: drawn by nobody, checked by anybody. Pure.

The draw of a drive hangs on the hash of the ledger entry that says that it was erased (``drive.claim``) and on the
workshop's signing key: the controller signs ``recyclerie.recheck-draw/1|<hash>`` with the ledger's Ed25519 key, whose
signatures are determined (RFC 8032); the first 53 bits of the SHA-256 of the signature, divided by 2⁵³, are the draw.
The drive is drawn when that is below the policy's share.

Nobody at the bench can know it beforehand (it needs the key) or choose it (an entry can't be written again, and a
drive that was drawn stays drawn until it was read). Afterwards anybody who has the public key can check each draw.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PURPOSE = "recyclerie.recheck-draw/1"


def sign_draw(key: Ed25519PrivateKey, claim_hash: str) -> str:
    """The signature that decides, base64."""
    return base64.b64encode(key.sign(_message(claim_hash))).decode()


def number_of(signature: str) -> float:
    """The draw: at least 0, below 1."""
    digest = hashlib.sha256(base64.b64decode(signature)).digest()
    return float(int.from_bytes(digest[:8], "big") >> 11) / 2**53


def is_drawn(signature: str, share: float, *, owed: bool = False) -> bool:
    """Whether the drive is read again; a share of 1 draws every drive, 0 none but those that are owed one."""
    return owed or number_of(signature) < share


def draw_faults(body: dict[str, Any], public: Ed25519PublicKey) -> list[str]:
    """What does not hold in the body of a ``recheck.drawn`` entry."""
    try:
        signature = str(body["signature"])
        public.verify(base64.b64decode(signature, validate=True), _message(str(body["claim"]["hash"])))
        expected = is_drawn(signature, float(body["share"]), owed=bool(body["owed"]))
        if body["drawn"] is not expected:
            return [f"it says {'drawn' if body['drawn'] else 'spared'}, the signature says the contrary"]
    except (LookupError, TypeError, ValueError, InvalidSignature) as error:
        return [f"its signature does not belong to its claim ({type(error).__name__})"]
    return []


def _message(claim_hash: str) -> bytes:
    return f"{PURPOSE}|{claim_hash}".encode()
