"""What a person waived of the list, for one machine."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class GateWaiver(Base):
    """One item that a person let pass for one machine. It holds only while the item stands as it stood then."""

    __tablename__ = "gate_waivers"
    __table_args__ = (UniqueConstraint("machine_id", "item"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"))
    item: Mapped[str] = mapped_column(String(160))
    was: Mapped[str] = mapped_column(String(8))  # untested, failed
    reason: Mapped[str] = mapped_column(String(16))  # waivers.REASONS
    note: Mapped[str] = mapped_column(Text, default="")  # in the person's own words: never in the ledger
    waived_at: Mapped[dt.datetime]
    waived_by: Mapped[str] = mapped_column(String(32))
