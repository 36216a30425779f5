"""Rows of the help desk as the API gives them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.api.views import when
from controller.helpdesk import worklist
from controller.helpdesk.checklist import appointment
from controller.helpdesk.followups import DUE
from controller.helpdesk.tables import FollowUp, FollowUpCall, HelpNote, HelpRequest

URGENCY = {
    worklist.NOBODY_HAS_IT: "waits",
    worklist.BREAKING: "breaking",
    worklist.OVERDUE: "overdue",
    worklist.TODAY: "today",
    worklist.TO_WATCH: "to-watch",
    worklist.UNDER_WAY: "under-way",
    worklist.COMING: "coming",
}


def request_view(session: Session, row: HelpRequest) -> dict[str, Any]:
    """A call for help and what was done."""
    notes = select(HelpNote).where(HelpNote.request_id == row.id).order_by(HelpNote.id)
    return {
        "id": row.id,
        "machine_id": row.machine_id,
        "source": row.source,
        "topic": row.topic,
        "text": row.text,
        "phone": row.phone,
        "language": row.language,
        "machine": row.machine,
        "state": row.state,
        "asked_at": when(row.asked_at),
        "received_at": when(row.received_at),
        "assigned_to": row.assigned_to,
        "solved_at": when(row.solved_at),
        "forgotten_at": when(row.forgotten_at),
        "notes": [
            {"at": when(n.at), "by": n.actor, "what": n.what, "text": n.text} for n in session.execute(notes).scalars()
        ],
    }


def follow_up_view(session: Session, row: FollowUp, today: dt.date) -> dict[str, Any]:
    """An appointment and its calls."""
    calls = select(FollowUpCall).where(FollowUpCall.follow_up_id == row.id).order_by(FollowUpCall.id)
    return {
        "id": row.id,
        "machine_id": row.machine_id,
        "handover": row.handover,
        "handed_over_on": row.handed_over_on,
        "number": row.number,
        "total": row.total,
        "due_on": row.due_on,
        "overdue": row.state == DUE and row.due_on < today,
        "state": row.state,
        "result": row.result,
        "questions": list(appointment(row.number, row.total).questions),
        "answers": row.answers,
        "calls": [
            {"at": when(c.at), "by": c.actor, "result": c.result, "again_on": c.again_on, "notes": c.notes}
            for c in session.execute(calls).scalars()
        ],
    }


def work_view(one: worklist.Work) -> dict[str, Any]:
    """One line of the work list."""
    return {
        "kind": one.kind,
        "id": one.id,
        "machine_id": one.machine_id,
        "urgency": URGENCY[one.tier],
        "since": when(one.since),
        "assigned_to": one.assigned_to,
    }
