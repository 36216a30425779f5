"""Looks at machines, and their photos."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class Look(Base):
    """One cosmetic check. Never changed: the newest one counts, the others are its history."""

    __tablename__ = "looks"

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"), index=True)
    form: Mapped[str] = mapped_column(String(16))  # of the machine then: it says which zones there were
    zones: Mapped[dict[str, Any]] = mapped_column(default=dict)  # zone: {"severity", "note"}
    cleaned: Mapped[list[str]] = mapped_column(default=list)  # names of zones.CLEANING_NAMES
    looked_at: Mapped[dt.datetime]
    looked_by: Mapped[str] = mapped_column(String(32))


class Photo(Base):
    """One photo of a machine: its files are ``<sha256>.jpg`` and ``<thumb_sha256>.jpg`` in the photos' folder."""

    __tablename__ = "photos"

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"), index=True)
    look_id: Mapped[int] = mapped_column(ForeignKey("looks.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    thumb_sha256: Mapped[str] = mapped_column(String(64), index=True)
    width_px: Mapped[int]
    height_px: Mapped[int]
    size_bytes: Mapped[int]
    taken_at: Mapped[dt.datetime]  # when it arrived: what the phone said is thrown away with the rest
    taken_by: Mapped[str] = mapped_column(String(32))
