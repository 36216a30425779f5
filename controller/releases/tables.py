"""What came of the updates of agents."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class AgentUpdate(Base):
    """One attempt of one machine, as its agent told it."""

    __tablename__ = "agent_updates"
    __table_args__ = (Index("ix_agent_updates_version", "to_version", "outcome"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"), index=True)
    attempt: Mapped[str] = mapped_column(String(80), unique=True)  # machine's id, and what the agent called it
    outcome: Mapped[str] = mapped_column(String(12))  # done, rolled-back
    from_version: Mapped[str] = mapped_column(String(64))
    to_version: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(32))  # agent.protocol_updates.UpdateCode
    detail: Mapped[str] = mapped_column(Text)
    seconds: Mapped[int]
    heard_at: Mapped[dt.datetime]
