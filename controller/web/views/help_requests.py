"""Calls for help in words, wherever they are shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.helpdesk.phone import phone_key, shown
from controller.helpdesk.requests import ASSIGNED, OPEN, SOLVED
from controller.helpdesk.tables import HelpNote, HelpRequest
from controller.i18n import N_
from controller.web.views.help_facts import machine_facts
from controller.web.views.people import Actors
from controller.web.views.words import Words

TOPICS = {
    "internet": (N_("Internet"), "wifi"),
    "slow": (N_("The computer is slow"), "hourglass"),
    "sound": (N_("Sound"), "volume-2"),
    "printer": (N_("Printer"), "printer"),
    "document": (N_("A document"), "file-text"),
    "program": (N_("A program"), "layout-dashboard"),
    "password": (N_("A password"), "key-round"),
    "virus": (N_("Something worries them"), "shield-alert"),
    "other": (N_("Something else"), "circle-question-mark"),
}
STATES = {
    OPEN: (N_("nobody has taken it"), "alert"),
    ASSIGNED: (N_("somebody is at it"), "busy"),
    SOLVED: (N_("solved"), "good"),
}
LANGUAGES = {"fr": N_("French"), "ar": N_("Arabic"), "en": N_("English")}
DONE_WORDS = {
    "note": N_("noted"),
    "to-family": N_("wrote to the family"),
    "assigned": N_("took it"),
    "given-back": N_("gave it back"),
    "solved": N_("solved it"),
    "reopened": N_("opened it again"),
}


@dataclass(frozen=True, kw_only=True)
class NoteView:
    """What somebody did or wrote."""

    at: dt.datetime
    who: str
    what: str  # message id
    text: str


@dataclass(frozen=True, kw_only=True)
class RequestView:
    """A call for help as people read it."""

    id: int
    machine_id: int
    machine_name: str
    label: str  # message id
    icon: str
    state: str
    state_label: str  # message id
    tone: str
    text: str
    phone: str
    tel: str
    language: str  # message id, "" where it is not known
    by_phone: bool
    asked_at: dt.datetime
    late: bool  # the PC was offline for long before it could send it
    who: str  # who has it
    mine: bool
    forgotten: bool
    facts: tuple[tuple[str, Words], ...]  # the PC's state then: message id and value
    notes: tuple[NoteView, ...]


def request_views(
    session: Session, rows: Sequence[tuple[HelpRequest, str]], actors: Actors, actor: str
) -> dict[int, RequestView]:
    """Calls for help with their machines' names, by id. ``actor`` looks at them."""
    notes: dict[int, list[NoteView]] = {}
    ids = [row.id for row, _ in rows]
    for one in session.execute(select(HelpNote).where(HelpNote.request_id.in_(ids)).order_by(HelpNote.id)).scalars():
        view = NoteView(at=one.at, who=actors.name(one.actor), what=DONE_WORDS.get(one.what, one.what), text=one.text)
        notes.setdefault(one.request_id, []).append(view)
    return {row.id: _request(row, name, actors, actor, notes.get(row.id, [])) for row, name in rows}


def _request(row: HelpRequest, name: str, actors: Actors, actor: str, notes: list[NoteView]) -> RequestView:
    label, icon = TOPICS.get(row.topic, TOPICS["other"])
    state, tone = STATES[row.state]
    return RequestView(
        id=row.id,
        machine_id=row.machine_id,
        machine_name=name,
        label=label,
        icon=icon,
        state=row.state,
        state_label=state,
        tone=tone,
        text=row.text,
        phone=shown(row.phone),
        tel=phone_key(row.phone),
        language=LANGUAGES.get(row.language, ""),
        by_phone=row.source == "phone",
        asked_at=row.asked_at,
        late=row.received_at - row.asked_at > dt.timedelta(minutes=30),
        who=actors.name(row.assigned_to),
        mine=row.assigned_to == actor,
        forgotten=row.forgotten_at is not None,
        facts=tuple(machine_facts(row.machine)),
        notes=tuple(notes),
    )
