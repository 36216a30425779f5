"""Append one fact, in the transaction of the fact itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.database import utcnow
from controller.ledger.chain import GENESIS, content_hash, entry_content
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerEntry


def append(
    session: Session,
    kind: Kind,
    subject: str,
    body: dict[str, Any],
    *,
    actor: str = "controller",
    site: str = "main",
) -> LedgerEntry:
    """Append one entry to the chain, in ``session``'s writing transaction.

    ``actor`` is opaque (``user:3``, ``machine:12``, ``controller``): personal data never enters the ledger.
    ``session`` must come from ``Database.write()``: its transaction is the only one that writes.
    """
    session.flush()
    last = session.execute(select(LedgerEntry.seq, LedgerEntry.hash).order_by(LedgerEntry.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    at = utcnow()
    content = entry_content(
        seq=seq, at=at, site=site, kind=kind.value, subject=subject, actor=actor, body=body, previous=previous
    )
    entry = LedgerEntry(
        seq=seq,
        at=at,
        site=site,
        kind=kind.value,
        subject=subject,
        content=content,
        hash=content_hash(content),
    )
    session.add(entry)
    session.flush()
    return entry
