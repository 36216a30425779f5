"""The ledger's tables. Triggers (in the first migration) refuse UPDATE and DELETE on both."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class LedgerEntry(Base):
    """One fact. ``content`` is the canonical JSON (RFC 8785) that ``hash`` is the SHA-256 of."""

    __tablename__ = "ledger_entries"

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(BigInteger, "postgresql"), primary_key=True, autoincrement=False
    )
    at: Mapped[dt.datetime]
    site: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(64), index=True)
    subject: Mapped[str] = mapped_column(String(64), index=True)  # "machine:12", "lot:3", "drive:8"
    content: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))


class LedgerCheckpoint(Base):
    """A signature over the chain up to ``seq``: whoever holds it can tell that nothing before was changed."""

    __tablename__ = "ledger_checkpoints"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime]
    content: Mapped[str] = mapped_column(Text)  # canonical JSON: what is signed
    signature: Mapped[str] = mapped_column(Text)  # Ed25519, base64
    key_id: Mapped[str] = mapped_column(String(64))  # SHA-256 of the public key, hex
