"""Sessions on a family's screen, one row a question."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class AssistSession(Base):
    """One question to a family, and what became of it. What it may become is in ``rules``."""

    __tablename__ = "assist_sessions"
    __table_args__ = (Index("ix_assist_sessions_machine", "machine_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session: Mapped[str] = mapped_column(String(32), unique=True)  # 32 hex digits, used once
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"))
    who: Mapped[str] = mapped_column(String(32))  # the actor that asked
    why: Mapped[str] = mapped_column(Text)  # as shown to the family; may name somebody, so it is forgotten in time
    minutes: Mapped[int]  # how long it was asked for
    answer_seconds: Mapped[int]  # how long the question stays on the screen
    state: Mapped[str] = mapped_column(String(16), index=True)  # rules.State
    code: Mapped[str] = mapped_column(String(24), default="")  # why it is impossible, or why it ended
    control: Mapped[str] = mapped_column(String(16), default="none")  # rules.Control
    control_code: Mapped[str] = mapped_column(String(24), default="")
    detail: Mapped[str] = mapped_column(Text, default="")  # the agent's, English; forgotten with ``why``
    number: Mapped[int] = mapped_column(default=0)  # of the agent's last message that counted
    asked_at: Mapped[dt.datetime]
    heard_at: Mapped[dt.datetime | None]
    accepted_at: Mapped[dt.datetime | None]
    ends_at: Mapped[dt.datetime | None]  # by itself, once it was accepted
    ended_at: Mapped[dt.datetime | None]  # or was refused, or given up
    seconds: Mapped[int] = mapped_column(default=0)  # how long it was on, as the agent says
