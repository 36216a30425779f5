"""Spare parts in stock, and every move of them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class Part(Base):
    """One heap of equal parts, from one origin at one price: ``count`` of them are there."""

    __tablename__ = "parts"
    # An id is never given again: it is the part's name in the ledger.
    __table_args__ = (
        CheckConstraint("count >= 0", name="count_not_negative"),
        Index("ix_parts_stock", "site", "kind", "count"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(12))  # kinds.PartKind
    label: Mapped[str] = mapped_column(String(120))  # what is printed on it; may be empty
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)  # memory, drives
    memory_type: Mapped[str] = mapped_column(String(8), default="")  # DDR3, DDR4
    form_factor: Mapped[str] = mapped_column(String(8), default="")  # SODIMM, DIMM
    interface: Mapped[str] = mapped_column(String(8), default="")  # SATA, NVMe
    fits: Mapped[str] = mapped_column(String(200), default="")  # models that it fits, ";" between them
    origin: Mapped[str] = mapped_column(String(8))  # kinds.Origin
    origin_machine_id: Mapped[int | None] = mapped_column(ForeignKey("machines.id"), index=True)
    cost_cents: Mapped[int] = mapped_column(default=0)  # of one
    place: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[str] = mapped_column(String(8))  # kinds.PartState
    count: Mapped[int]
    added_at: Mapped[dt.datetime]
    added_by: Mapped[str] = mapped_column(String(32))

    @property
    def subject(self) -> str:
        """Its name in the ledger."""
        return f"part:{self.id}"


class PartMove(Base):
    """One change of a heap's count."""

    __tablename__ = "part_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))  # added, taken, returned, counted, discarded
    delta: Mapped[int]
    left: Mapped[int]  # the count after it
    machine_id: Mapped[int | None] = mapped_column(ForeignKey("machines.id"), index=True)  # into or out of which
    reason: Mapped[str] = mapped_column(Text, default="")  # as typed; never in the ledger
    returns_id: Mapped[int | None] = mapped_column(ForeignKey("part_moves.id"), unique=True)  # the taking undone
    moved_at: Mapped[dt.datetime]
    moved_by: Mapped[str] = mapped_column(String(32))
