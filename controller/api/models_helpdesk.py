"""What the API says about help: documented answers."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, Field

Day = dt.date
Topic = Literal["internet", "slow", "sound", "printer", "document", "program", "password", "virus", "other"]


class NoteModel(BaseModel):
    """One thing that somebody did about a call for help."""

    at: str
    by: str
    what: Literal["note", "to-family", "assigned", "given-back", "solved", "reopened"]
    text: str


class RequestModel(BaseModel):
    """A call for help. Texts and number are empty once they were forgotten."""

    id: int
    machine_id: int
    source: Literal["machine", "phone"]
    topic: Topic
    text: str
    phone: str
    language: str
    machine: dict[str, Any] = Field(description="state of the PC when help was asked for")
    state: Literal["open", "assigned", "solved"]
    asked_at: str
    received_at: str
    assigned_to: str
    solved_at: str | None
    forgotten_at: str | None
    notes: list[NoteModel]


class CallModel(BaseModel):
    """One call of an appointment."""

    at: str
    by: str
    result: Literal["reached", "not-reached", "again"]
    again_on: Day | None
    notes: str


class FollowUpModel(BaseModel):
    """An appointment by telephone after a hand-over."""

    id: int
    machine_id: int
    handover: str
    handed_over_on: Day
    number: int
    total: int
    due_on: Day
    overdue: bool
    state: Literal["due", "done", "ended"]
    result: str
    questions: list[str] = Field(description="ids; their words: /api/help/questions")
    answers: dict[str, Literal["ok", "problem"]]
    calls: list[CallModel]


class WorkModel(BaseModel):
    """One thing that waits for somebody."""

    kind: Literal["request", "alert", "follow-up"]
    id: int
    machine_id: int
    urgency: Literal["waits", "breaking", "overdue", "today", "to-watch", "under-way", "coming"]
    since: str
    assigned_to: str


class FoundModel(BaseModel):
    """A machine that was found."""

    machine_id: int
    name: str


class ContactModel(BaseModel):
    """Whom to call about a machine."""

    label: str
    phone: str
    household: str


class MissingModel(BaseModel):
    """Something that a machine lacks to be called reconditioned."""

    item: str
    text: str


class HandedOverModel(BaseModel):
    """A machine after its hand-over."""

    machine_id: int
    state: str
    missing: list[MissingModel]
    follow_ups: list[FollowUpModel]
