"""What is kept of a machine at home: thin series, what it was like at hand-over, and alerts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class HealthPoint(Base):
    """What one series was over an hour, a day or a week (UTC): lowest, mean, highest of ``n`` samples."""

    __tablename__ = "health_points"
    __table_args__ = (
        UniqueConstraint("machine_id", "series", "period", "at", name="uq_health_points_place"),
        Index("ix_health_points_age", "period", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"))
    series: Mapped[str] = mapped_column(String(80))  # kind, or kind:part (controller.health.series)
    period: Mapped[str] = mapped_column(String(4))  # hour, day, week
    at: Mapped[dt.datetime]  # its beginning
    low: Mapped[float]
    mean: Mapped[float]
    high: Mapped[float]
    n: Mapped[int]


class HomeHealth(Base):
    """One machine at home: the state that changes are measured against, and the newest of each part."""

    __tablename__ = "home_health"

    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[dt.datetime]  # when the baseline was taken
    baseline: Mapped[dict[str, Any]] = mapped_column(default=dict)  # controller.health.baseline
    latest: Mapped[dict[str, Any]] = mapped_column(default=dict)  # newest facts of each part, with their times
    sampled_at: Mapped[dt.datetime]  # the newest sample


class HealthAlert(Base):
    """Something that changed for the worse. At most one that isn't closed for each machine, kind and part."""

    __tablename__ = "health_alerts"
    __table_args__ = (Index("ix_health_alerts_place", "machine_id", "kind", "part"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))  # controller.health.rules.KINDS
    part: Mapped[str] = mapped_column(String(80))  # a drive's serial, a mount point; "" where there is only one
    level: Mapped[str] = mapped_column(String(8))  # warning, urgent
    state: Mapped[str] = mapped_column(String(12), index=True)  # open, acknowledged, closed
    message: Mapped[str] = mapped_column(Text)  # message id
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    opened_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]  # when it was last seen to be so
    gone_since: Mapped[dt.datetime | None]  # it isn't so any more, but not for long enough yet
    handled_by: Mapped[str] = mapped_column(String(32), default="")  # who acknowledged or closed it; "" by itself
    note: Mapped[str] = mapped_column(Text, default="")
    closed_at: Mapped[dt.datetime | None]
    # Closed by a person while it is still so: stays closed until it was gone once, or gets worse.
    quiet: Mapped[bool] = mapped_column(default=False)
