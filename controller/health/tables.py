"""Reports: what agents observed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class Report(Base):
    """An inventory snapshot or a health sample, as received."""

    __tablename__ = "reports"
    __table_args__ = (Index("ix_reports_latest", "machine_id", "kind", "received_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"))
    boot_id: Mapped[int | None] = mapped_column(ForeignKey("boots.id", ondelete="SET NULL"))
    message_id: Mapped[str] = mapped_column(String(64), unique=True)  # a repeated message is stored once
    kind: Mapped[str] = mapped_column(String(16))  # inventory, health
    taken_at: Mapped[str] = mapped_column(String(40))  # the machine's own clock
    received_at: Mapped[dt.datetime]
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)
