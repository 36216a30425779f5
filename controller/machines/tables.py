"""Machines, what they are known by, their boots, drives and donation lots."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from controller.database import Base
from controller.machines.lifecycle import State


class Lot(Base):
    """What one donor gives at once."""

    __tablename__ = "lots"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(16), unique=True)  # L-2026-0001
    donor_name: Mapped[str] = mapped_column(String(160))
    donor_kind: Mapped[str] = mapped_column(String(16))  # public, company, person, association
    regime: Mapped[str] = mapped_column(String(32))  # free, cg3p (public donor, never resold)
    received_on: Mapped[dt.date | None]
    expected_count: Mapped[int] = mapped_column(default=0)
    profile: Mapped[str] = mapped_column(String(32))
    notes: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[dt.datetime]
    created_by: Mapped[str] = mapped_column(String(32))
    # Every machine of this lot may be erased once inspected.
    preauthorised_at: Mapped[dt.datetime | None]
    preauthorised_by: Mapped[str | None] = mapped_column(String(32))


class Machine(Base):
    """One donated computer."""

    __tablename__ = "machines"
    # An id is never given again: it is the machine's name in the ledger.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's own convention

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(32), index=True)
    tag: Mapped[str | None] = mapped_column(String(16), unique=True)  # R-000123
    state_name: Mapped[str] = mapped_column("state", String(16), index=True)
    state_since: Mapped[dt.datetime]
    held_reason: Mapped[str] = mapped_column(Text, default="")  # message id or text
    held_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    held_return: Mapped[str | None] = mapped_column(String(16))  # the state to return to
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"), index=True)
    manufacturer: Mapped[str] = mapped_column(String(120), default="")
    product: Mapped[str] = mapped_column(String(160), default="")
    serial: Mapped[str] = mapped_column(String(120), default="")
    form: Mapped[str] = mapped_column(String(16), default="other")  # laptop, desktop, all-in-one, mini, tablet, other
    profile: Mapped[str | None] = mapped_column(String(32))  # overrides the lot's
    bench: Mapped[str] = mapped_column(String(40), default="")  # where it is
    created_at: Mapped[dt.datetime]
    accepted_at: Mapped[dt.datetime | None]  # until then it is in quarantine
    accepted_by: Mapped[str | None] = mapped_column(String(32))
    last_heard_at: Mapped[dt.datetime | None]
    # Of the installed account, until its first sign-in forces a change; printed on the installation notice.
    first_password: Mapped[str] = mapped_column(String(64), default="")
    conflict_with: Mapped[list[int]] = mapped_column(default=list)  # machines it may be the same as
    lot: Mapped[Lot | None] = relationship(lazy="joined")

    @property
    def state(self) -> State:
        """Where it is in its life."""
        return State(self.state_name)

    @property
    def name(self) -> str:
        """Its tag, or ``machine-<id>`` before it has one."""
        return self.tag or f"machine-{self.id}"

    @property
    def model(self) -> str:
        """Manufacturer and product, as people say it."""
        return " ".join(part for part in (self.manufacturer, self.product) if part)

    @property
    def subject(self) -> str:
        """Its name in the ledger."""
        return f"machine:{self.id}"


class MachineIdentifier(Base):
    """One thing that a machine is known by (see controller.machines.identity)."""

    __tablename__ = "machine_identifiers"
    __table_args__ = (
        UniqueConstraint("machine_id", "kind", "value"),
        Index("ix_identifier_value", "kind", "value"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    value: Mapped[str] = mapped_column(String(200))
    strength: Mapped[str] = mapped_column(String(8))  # strong, weak
    first_seen: Mapped[dt.datetime]
    last_seen: Mapped[dt.datetime]


class Boot(Base):
    """One time that a machine was switched on: its announcement, token and pinned SSH host keys."""

    __tablename__ = "boots"

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"), index=True)
    mode: Mapped[str] = mapped_column(String(8))  # live, resident
    boot_id: Mapped[str] = mapped_column(String(64))
    secret_hash: Mapped[str] = mapped_column(String(64), index=True)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    status: Mapped[str] = mapped_column(String(12))  # quarantined, accepted, ended, refused
    address: Mapped[str] = mapped_column(String(64))
    ssh_host_keys: Mapped[list[str]] = mapped_column(default=list)
    announcement: Mapped[dict[str, Any]] = mapped_column(default=dict)
    announced_at: Mapped[dt.datetime]
    last_heard_at: Mapped[dt.datetime]
    linked: Mapped[bool] = mapped_column(default=False)
    machine: Mapped[Machine] = relationship(lazy="joined")


class ResidentToken(Base):
    """The token of an installed system: made at install, revoked when the machine is gone over again."""

    __tablename__ = "resident_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]


class Drive(Base):
    """A storage device, with its own identity and history: it can move between machines."""

    __tablename__ = "drives"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(String(255), unique=True)  # wwn:…, or model|serial
    wwn: Mapped[str] = mapped_column(String(64), default="")
    serial: Mapped[str] = mapped_column(String(120), default="")
    model: Mapped[str] = mapped_column(String(120), default="")
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    transport: Mapped[str] = mapped_column(String(16), default="")
    rotational: Mapped[bool | None]
    machine_id: Mapped[int | None] = mapped_column(ForeignKey("machines.id"), index=True)  # where it is now
    path: Mapped[str] = mapped_column(String(64), default="")  # last seen as
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the inventory's own entry
    first_seen: Mapped[dt.datetime]
    last_seen: Mapped[dt.datetime]

    @property
    def subject(self) -> str:
        """Its name in the ledger."""
        return f"drive:{self.id}"
