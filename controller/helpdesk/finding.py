"""Somebody is on the telephone: which machine is it? By code, by telephone number, by tag, serial number or model."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from controller.helpdesk.phone import phone_key, phone_part
from controller.helpdesk.tables import HelpRequest, HomeContact
from controller.machines.tables import Machine

MOST_WORDS = 8


def matching(q: str) -> list[ColumnElement[bool]]:
    """Conditions on machines that what was typed comes to; none where nothing was typed.

    A whole telephone number finds only who has it; figures that may be a part of one find tags and serials as well.
    """
    key = phone_key(q)
    if key:
        return [Machine.id.in_(_called(key, whole=True)) | _word("".join(q.split()))]
    part = phone_part(q)
    if part:
        return [Machine.id.in_(_called(part, whole=False)) | _word("".join(q.split()))]
    return [_word(word) for word in q.split()[:MOST_WORDS]]


def _word(word: str) -> ColumnElement[bool]:
    columns = (Machine.tag, Machine.serial, Machine.manufacturer, Machine.product)
    return or_(*(column.icontains(word, autoescape=True) for column in columns))


def _called(figures: str, *, whole: bool) -> ColumnElement[int]:
    contacts, requests = HomeContact.phone_key, HelpRequest.phone_key
    if whole:
        of_contacts, of_requests = contacts == figures, requests == figures
    else:
        of_contacts, of_requests = contacts.contains(figures), requests.contains(figures)
    found = select(HomeContact.machine_id).where(of_contacts)
    return found.union(select(HelpRequest.machine_id).where(of_requests))  # type: ignore[return-value]


def numbers(session: Session, machine_ids: list[int]) -> dict[int, tuple[str, str]]:
    """Whom to call about machines: label and number of the contact."""
    rows = session.execute(select(HomeContact).where(HomeContact.machine_id.in_(machine_ids))).scalars()
    return {row.machine_id: (row.label, row.phone) for row in rows}
