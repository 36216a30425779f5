"""Calls for help, codes, contacts and appointments. All of it may name people: none of it is in the ledger."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class HelpRequest(Base):
    """A call for help: written on the PC, or taken down by somebody of the workshop."""

    __tablename__ = "help_requests"
    # A message may come twice; the family's PC makes up its name, so it is only unique together with the machine.
    __table_args__ = (UniqueConstraint("machine_id", "request", name="uq_help_requests_request"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"), index=True)
    request: Mapped[str] = mapped_column(String(32))  # hex
    source: Mapped[str] = mapped_column(String(8))  # machine, phone
    topic: Mapped[str] = mapped_column(String(16))  # agent.protocol_assist.HELP_TOPICS
    text: Mapped[str] = mapped_column(Text, default="")  # personal; emptied by controller.helpdesk.forget
    phone: Mapped[str] = mapped_column(String(30), default="")  # personal, as typed
    phone_key: Mapped[str] = mapped_column(String(20), default="", index=True)  # personal, controller.helpdesk.phone
    language: Mapped[str] = mapped_column(String(2), default="")  # of the form: fr, ar, en
    machine: Mapped[dict[str, Any]] = mapped_column(default=dict)  # its state when help was asked for
    state: Mapped[str] = mapped_column(String(8), index=True)  # open, assigned, solved
    told: Mapped[str] = mapped_column(String(8), default="")  # the state that its PC was last told; "": to tell again
    asked_at: Mapped[dt.datetime]  # when the form was sent; the PC may have been offline for days after
    received_at: Mapped[dt.datetime]
    assigned_to: Mapped[str] = mapped_column(String(32), default="")  # user:7
    solved_at: Mapped[dt.datetime | None]
    forgotten_at: Mapped[dt.datetime | None]  # when text, phone and notes were deleted

    @property
    def subject(self) -> str:
        """The topic of the bus on which its changes are told."""
        return f"help:{self.id}"


class HelpNote(Base):
    """What somebody did about a call for help, or wrote about it."""

    __tablename__ = "help_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("help_requests.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime]
    actor: Mapped[str] = mapped_column(String(32))  # user:7
    what: Mapped[str] = mapped_column(String(12))  # note, to-family, assigned, given-back, solved, reopened
    text: Mapped[str] = mapped_column(Text, default="")  # personal


class HelpCode(Base):
    """Six digits on a PC's screen, for a few minutes."""

    __tablename__ = "help_codes"

    # One for each machine: a newer code takes the older one's place.
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), index=True)
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)


class HomeContact(Base):
    """Whom to call about a machine at home. Households come later: ``household`` is theirs, opaque."""

    __tablename__ = "home_contacts"

    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"), primary_key=True)
    label: Mapped[str] = mapped_column(String(80), default="")  # personal: who answers
    phone: Mapped[str] = mapped_column(String(30), default="")  # personal, as typed
    phone_key: Mapped[str] = mapped_column(String(20), default="", index=True)  # personal
    household: Mapped[str] = mapped_column(String(32), default="")
    updated_at: Mapped[dt.datetime]
    updated_by: Mapped[str] = mapped_column(String(32))


class FollowUp(Base):
    """An appointment by telephone after a hand-over."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        UniqueConstraint("machine_id", "handover", "number", name="uq_follow_ups_place"),
        Index("ix_follow_ups_due", "state", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"))
    handover: Mapped[str] = mapped_column(String(32))  # names one hand-over of the machine, opaque
    handed_over_on: Mapped[dt.date]
    number: Mapped[int]  # 1, 2, 3…
    total: Mapped[int]  # how many there are
    due_on: Mapped[dt.date]  # moves when the family asks to be called again
    state: Mapped[str] = mapped_column(String(8))  # due, done, ended (the machine came back)
    result: Mapped[str] = mapped_column(String(12), default="")  # of the last call: reached, not-reached, again
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)  # question → ok, problem
    closed_at: Mapped[dt.datetime | None]


class FollowUpCall(Base):
    """One call of an appointment."""

    __tablename__ = "follow_up_calls"

    id: Mapped[int] = mapped_column(primary_key=True)
    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_ups.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime]
    actor: Mapped[str] = mapped_column(String(32))
    result: Mapped[str] = mapped_column(String(12))
    again_on: Mapped[dt.date | None]
    notes: Mapped[str] = mapped_column(Text, default="")  # personal
