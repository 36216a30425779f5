"""Calls for help and appointments of one machine: the box on its page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.tables import User
from controller.health.home import is_at_home
from controller.helpdesk.checklist import ANSWER_NAMES
from controller.helpdesk.finding import numbers
from controller.helpdesk.followups import RESULTS, today
from controller.helpdesk.phone import phone_key, shown
from controller.helpdesk.requests import WAITING
from controller.helpdesk.tables import FollowUp, HelpRequest
from controller.machines.tables import Machine
from controller.settings import Settings
from controller.web.views.follow_ups import follow_up_views
from controller.web.views.help_requests import TOPICS, request_views
from controller.web.views.people import Actors

REQUESTS_SHOWN = 50


def help_box(session: Session, machine: Machine, user: User, actors: Actors, *, settings: Settings) -> dict[str, Any]:
    """What ``parts/machine-help.html`` shows."""
    now = today(settings)
    called = numbers(session, [machine.id])
    of_machine = select(HelpRequest).where(HelpRequest.machine_id == machine.id)
    rows = session.execute(of_machine.order_by(HelpRequest.id.desc()).limit(REQUESTS_SHOWN)).scalars().all()
    requests = request_views(session, [(row, machine.name) for row in rows], actors, user.actor)
    return {
        "help": {
            "at_home": is_at_home(machine),
            # Whom nobody has first, then who has waited longest.
            "requests": [
                requests[row.id]
                for row in sorted(rows, key=lambda row: (row.state != "open", row.asked_at))
                if row.state in WAITING
            ],
            "earlier": [requests[row.id] for row in rows if row.state not in WAITING],
            "follow_ups": _follow_ups(session, machine, actors, settings),
            "contact": called.get(machine.id),
            "phone": shown(called[machine.id][1]) if machine.id in called else "",
            "tel": phone_key(called[machine.id][1]) if machine.id in called else "",
            "topics": [(key, label) for key, (label, _) in TOPICS.items()],
            "answers": [("", "not-asked"), *ANSWER_NAMES.items()],
            "results": list(RESULTS.items()),
            "today": now,
        }
    }


def _follow_ups(session: Session, machine: Machine, actors: Actors, settings: Settings) -> list[Any]:
    """Those of the newest hand-over, in order."""
    of_machine = select(FollowUp).where(FollowUp.machine_id == machine.id)
    newest = session.execute(of_machine.order_by(FollowUp.id.desc()).limit(1)).scalar_one_or_none()
    if newest is None:
        return []
    rows = session.execute(of_machine.where(FollowUp.handover == newest.handover).order_by(FollowUp.number))
    found = [(row, machine.name) for row in rows.scalars()]
    called = numbers(session, [machine.id])
    return list(follow_up_views(session, found, actors, today(settings), called).values())
