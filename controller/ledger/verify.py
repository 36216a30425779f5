"""Read the whole chain again and say what does not hold."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.ledger.chain import GENESIS, content_hash, format_time, read_content
from controller.ledger.checkpoint import key_id
from controller.ledger.tables import LedgerCheckpoint, LedgerEntry


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What a verification found. ``faults`` is empty when everything holds."""

    entries: int  # entries read
    checkpoints: int  # checkpoints whose signature was checked
    signed_up_to: int  # number of the newest signed entry, 0 when none
    head: str  # hash of the newest entry
    faults: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether the chain holds."""
        return not self.faults


def verify(session: Session, public: Ed25519PublicKey) -> Verification:
    """Check every entry's hash, its link to the one before, its columns, and every checkpoint's signature."""
    faults: list[str] = []
    hashes: dict[int, str] = {}
    previous, expected = GENESIS, 1
    for entry in session.execute(select(LedgerEntry).order_by(LedgerEntry.seq)).scalars().yield_per(500):
        if entry.seq != expected:
            faults.append(f"entry {expected} is missing: the chain goes on at entry {entry.seq}")
        faults.extend(_entry_faults(entry, previous))
        previous, expected = entry.hash, entry.seq + 1
        hashes[entry.seq] = entry.hash
    checkpoints = session.execute(select(LedgerCheckpoint).order_by(LedgerCheckpoint.seq)).scalars().all()
    for checkpoint in checkpoints:
        faults.extend(_checkpoint_faults(checkpoint, hashes, public))
    if hashes and not checkpoints:  # the first one is signed in the transaction of the first entry
        faults.append("no signed checkpoint is left: whoever removed them could have rewritten every entry")
    return Verification(
        entries=len(hashes),
        checkpoints=len(checkpoints),
        signed_up_to=max((c.seq for c in checkpoints), default=0),
        head=previous,
        faults=tuple(faults),
    )


def _entry_faults(entry: LedgerEntry, previous: str) -> list[str]:
    if content_hash(entry.content) != entry.hash:
        return [f"entry {entry.seq}: its content does not match its hash; it was changed after it was written"]
    content = read_content(entry.content)
    faults = []
    if content["previous"] != previous:
        faults.append(f"entry {entry.seq}: it does not follow the entry before it; an entry was replaced or removed")
    columns = {
        "seq": entry.seq,
        "at": format_time(entry.at),
        "site": entry.site,
        "kind": entry.kind,
        "subject": entry.subject,
    }
    for name, value in columns.items():
        if content[name] != value:
            faults.append(f"entry {entry.seq}: its column {name} says {value!r}, the signed content {content[name]!r}")
    return faults


def _checkpoint_faults(checkpoint: LedgerCheckpoint, hashes: dict[int, str], public: Ed25519PublicKey) -> list[str]:
    name = f"checkpoint at entry {checkpoint.seq}"
    if checkpoint.key_id != key_id(public):
        return [f"{name}: signed by another key ({checkpoint.key_id[:16]}…) than this controller's"]
    try:
        public.verify(base64.b64decode(checkpoint.signature), checkpoint.content.encode())
    except (InvalidSignature, ValueError):
        return [f"{name}: its signature is wrong"]
    content = read_content(checkpoint.content)
    if content["seq"] != checkpoint.seq:
        return [f"{name}: it was signed for entry {content['seq']}"]
    if content["at"] != format_time(checkpoint.at):
        return [f"{name}: its column at says {format_time(checkpoint.at)!r}, the signed content {content['at']!r}"]
    if hashes.get(checkpoint.seq) != content["hash"]:
        return [f"{name}: the entry it signed is missing or was changed"]
    return []
