"""What changed in machines, as found when their inventories came in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class MachineChange(Base):
    """Everything that one inventory showed to be another than before."""

    __tablename__ = "machine_changes"
    __table_args__ = (Index("ix_machine_changes_machine", "machine_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id", ondelete="SET NULL"))  # the inventory
    boot_id: Mapped[int | None] = mapped_column(ForeignKey("boots.id", ondelete="SET NULL"))
    since: Mapped[dt.datetime]  # when the inventory before it was received
    at: Mapped[dt.datetime]  # when this one was
    changes: Mapped[list[Any]]  # Change.as_json each
