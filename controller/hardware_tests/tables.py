"""What hardware tests found."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class HardwareTest(Base):
    """One result of one test on one thing, as the machine told it (agent.protocol_tests.HardwareTestResult)."""

    __tablename__ = "hardware_tests"
    __table_args__ = (Index("ix_hardware_tests_latest", "machine_id", "name", "target", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"))
    boot_id: Mapped[int | None] = mapped_column(ForeignKey("boots.id", ondelete="SET NULL"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    source: Mapped[str] = mapped_column(String(120), unique=True)  # a result that comes twice is kept once
    name: Mapped[str] = mapped_column(String(32))
    subsystem: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(String(120), default="")
    outcome: Mapped[str] = mapped_column(String(12))  # pass, degraded, fail, skipped, timed_out
    reason: Mapped[str] = mapped_column(Text, default="")
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    automatic: Mapped[bool]
    seconds: Mapped[float] = mapped_column(Float, default=0.0)
    started_at: Mapped[str] = mapped_column(String(40))  # the machine's own clock
    received_at: Mapped[dt.datetime]
