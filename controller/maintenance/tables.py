"""What people asked of machines at home, and what came of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base

# waiting: for the machine to be connected. queued: for its turn.
OPEN = ("waiting", "queued", "running")
ENDED = ("succeeded", "failed", "cancelled", "expired")


class MaintenanceAction(Base):
    """One piece of work on one machine. Asked for once, tried until it ends one way or another."""

    __tablename__ = "maintenance_actions"
    __table_args__ = (
        Index("ix_maintenance_actions_machine", "machine_id", "id"),
        Index("ix_maintenance_actions_state", "state"),
        Index("ix_maintenance_actions_batch", "batch"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id"))
    batch: Mapped[str] = mapped_column(String(32), default="")  # what was asked of many machines at once
    action: Mapped[str] = mapped_column(String(16))  # a name of actions.ACTIONS
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(12))
    # Each time that the machine is there again is a generation: one durable workflow each.
    generation: Mapped[int] = mapped_column(default=1)
    tries: Mapped[int] = mapped_column(default=0)  # how often a connected machine did not let the play in
    asked_by: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]  # nobody means it any more after that
    not_before: Mapped[dt.datetime]
    started_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    changed: Mapped[bool | None]  # whether it changed something on the machine
    outcome: Mapped[str] = mapped_column(String(24), default="")  # a code of outcome.WORDS
    detail: Mapped[str] = mapped_column(Text, default="")  # the tools' own words
    bundle_bytes: Mapped[int] = mapped_column(BigInteger, default=0)  # of the log bundle, while it is kept

    @property
    def workflow_id(self) -> str:
        """The durable workflow of the present generation."""
        return f"maintenance-{self.id}-{self.generation}"

    @property
    def work_id(self) -> str:
        """By which the machine knows work that it has already begun, or done."""
        return f"action-{self.id}"


class MaintenanceLog(Base):
    """A line of an action's log."""

    __tablename__ = "maintenance_logs"
    __table_args__ = (Index("ix_maintenance_logs_order", "action_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("maintenance_actions.id", ondelete="CASCADE"))
    at: Mapped[dt.datetime]
    source: Mapped[str] = mapped_column(String(16))  # controller, ansible, machine
    level: Mapped[str] = mapped_column(String(8), default="info")  # info, warning, error
    text: Mapped[str] = mapped_column(Text)
