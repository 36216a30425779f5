"""Calls for help, a contact and appointments for the tests of the dashboard; few, or far too many and far too long."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from sqlalchemy.orm import Session

from controller.database import utcnow
from controller.helpdesk.codes import hear_code
from controller.helpdesk.handover import hand_over
from controller.helpdesk.requests import assign, hear_request, note, solve
from controller.machines.lifecycle import State
from controller.machines.tables import Machine
from tests.acceptance.web import home

PHONE = "06 12 34 56 78"
LONG = "Bonjour, depuis hier plus rien ne marche. " * 23
TOPICS = ("internet", "slow", "sound", "printer", "document", "program", "password", "virus", "other")


def asked(number: int, **changes: Any) -> dict[str, Any]:
    """What the form on a PC sends."""
    return {
        "request": f"{number:032x}",
        "topic": TOPICS[number % len(TOPICS)],
        "text": "L’imprimante ne répond plus depuis hier soir.",
        "phone": PHONE,
        "language": "fr",
        "asked_at": (utcnow() - dt.timedelta(minutes=7 * number)).isoformat(),
        "machine": {
            "uptime_seconds": 93_000,
            "load": [0.7, 0.4, 0.2],
            "memory": {"total_bytes": 8_201_232_384, "available_bytes": 1_200_000_000},
            "disks": [{"mount": "/", "total_bytes": 250_000_000_000, "free_bytes": 9_000_000_000}],
            "batteries": [{"name": "BAT0", "charge_percent": 62}],
            "network": "wifi",
            "updates": 12,
            "restart_wanted": True,
            "failed_units": ["cups.service"],
        },
        **changes,
    }


def machine(session: Session, tag: str, state: State = State.READY) -> Machine:
    """One more machine at home."""
    return home.at_home(session, tag, "ThinkPad T460", state)


def build(session: Session, days_ago: int = 8) -> dict[str, int]:
    """One machine that was handed over: somebody waits, somebody is at it, one call is solved, one is overdue."""
    found = machine(session, "R-000851")
    now = utcnow().date()
    on = now - dt.timedelta(days=days_ago)
    hand_over(session, found, "user:1", on=on, now=now, days=(7, 30, 90), phone=PHONE, label="Mme Benali")
    hear_request(session, found, asked(3))
    second = hear_request(session, found, asked(4, text="", language="ar", phone=""))
    third = hear_request(session, found, asked(8, text="Le mot de passe de ma fille"))
    assert second is not None
    assert third is not None
    assign(session, second, "user:2")
    note(session, second, "user:2", "Elle rappelle jeudi après 17 h.")
    solve(session, third, "user:1", "Nouveau mot de passe choisi ensemble.")
    hear_code(session, found, {"code": "048213", "seconds": 600})
    return {"help": found.id}


def many(session: Session) -> dict[str, int]:
    """Two hundred calls from sixty machines, with everything as long as it may be."""
    draw = random.Random(5)
    machines = [machine(session, f"R-002{n:03d}", State.READY) for n in range(60)]
    now = utcnow().date()
    for one in machines[::2]:
        on = now - dt.timedelta(days=draw.choice((1, 6, 7, 29, 40)))
        hand_over(session, one, "user:1", on=on, now=now, days=(7, 30, 90), phone=PHONE, label="x" * 80)
    for number in range(200):
        text = draw.choice((LONG, "Sans-un-seul-espace" * 50, "", "مشكلة في الطابعة منذ البارحة " * 20, "Court."))
        phone = draw.choice(("", PHONE, "+213 555 12 34 56", "appelez ma voisine svp 06 ?????"))
        request = hear_request(session, draw.choice(machines), asked(number + 100, text=text, phone=phone))
        if request is not None and number % 3 == 0:
            assign(session, request, "user:2")
    return {"many": machines[0].id}
