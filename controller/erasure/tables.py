"""Authorisations to erase, and what became of each drive."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class EraseAuthorisation(Base):
    """A person's word that these drives of this chassis may be erased. Void once anything differs."""

    __tablename__ = "erase_authorisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id"), index=True)
    chassis: Mapped[dict[str, Any]] = mapped_column(default=dict)  # protocol.Chassis, as inspected
    # protocol.DriveKey + drive_id, plan, and lower: a person said that less than the policy's minimum is enough
    drives: Mapped[list[Any]] = mapped_column(default=list)
    authorised_by: Mapped[str] = mapped_column(String(32))
    authorised_at: Mapped[dt.datetime]
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"))  # set when the lot was pre-authorised
    revoked_at: Mapped[dt.datetime | None]
    revoked_reason: Mapped[str] = mapped_column(String(200), default="")


class Erasure(Base):
    """One erase of one drive: plan → execution → evidence → claim."""

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(primary_key=True)
    drive_id: Mapped[int] = mapped_column(ForeignKey("drives.id"), index=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id"), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    authorisation_id: Mapped[int] = mapped_column(ForeignKey("erase_authorisations.id"))
    job_id: Mapped[str] = mapped_column(String(80), unique=True)
    plan: Mapped[dict[str, Any]] = mapped_column(default=dict)
    evidence: Mapped[dict[str, Any] | None]
    outcome: Mapped[str] = mapped_column(String(12), default="unknown")  # erased, not_erased, unknown
    level: Mapped[str] = mapped_column(String(8), default="")  # clear, purge, ""
    reason: Mapped[str] = mapped_column(Text, default="")  # message id: why it isn't erased
    reason_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    technique: Mapped[str] = mapped_column(String(40), default="")  # protocol.Technique that completed
    notes: Mapped[list[Any]] = mapped_column(default=list)  # said(…): what goes with the claim, as of an eMMC's areas
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class ErasePolicy(Base):
    """What a site asked of erasing, since when. The newest row holds; none is changed or deleted."""

    __tablename__ = "erase_policies"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(32), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)  # policy.Policy.as_dict()
    changed_by: Mapped[str] = mapped_column(String(32))
    changed_at: Mapped[dt.datetime]


class Recheck(Base):
    """The draw for one erased drive, and what a second person's reading found where it was drawn."""

    __tablename__ = "rechecks"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(32))
    erasure_id: Mapped[int] = mapped_column(ForeignKey("erasures.id"), unique=True)
    drive_id: Mapped[int] = mapped_column(ForeignKey("drives.id"), index=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id"), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    share: Mapped[float]  # of the erased drives that are drawn, as the policy said then
    owed: Mapped[bool]  # drawn in any case: an earlier recheck of this drive was never done, or failed
    state: Mapped[str] = mapped_column(String(8))  # spared, drawn, asked, passed, failed
    drawn_at: Mapped[dt.datetime]
    asked_by: Mapped[str] = mapped_column(String(32), default="")
    asked_at: Mapped[dt.datetime | None]
    job_id: Mapped[str] = mapped_column(String(80), default="")
    validator: Mapped[dict[str, Any] | None]
    reason: Mapped[str] = mapped_column(Text, default="")  # message id: why it failed, or was not read
    reason_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ended_at: Mapped[dt.datetime | None]
