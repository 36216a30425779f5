"""Asking a family for their screen, over a real server, on both databases: who may, what is kept, what time does."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from controller.assist.sessions import asking
from controller.assist.sessions.rules import GRACE
from controller.assist.sessions.store import find_session, sweep_sessions
from controller.database import utcnow
from controller.machines.registry import revoke_resident_tokens
from controller.settings import Settings
from tests.integration.assist.family import Family, resident
from tests.integration.controller.assist_world import WHY, Served, asked, closed
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(120)


def test_a_whole_session(served: Served) -> None:
    machine, family = served.family("R-000900")
    answer = served.ask(machine, why=f"  {WHY}\n ", minutes=20).json()
    heard = family.hears("assist.ask")
    assert heard == {
        "session": answer["session"],
        "who": "technician",
        "organisation": served.core.settings.workshop_name,
        "why": WHY,
        "minutes": 20,
        "answer_seconds": asking.ANSWER_SECONDS,
    }
    name = answer["session"]
    assert (answer["state"], answer["open"], answer["mine"]) == ("sent", True, True)
    family.says(name, "asked")
    assert served.api.get(f"/api/assist/{name}").json()["state"] == "asked"
    view = served.view(name, served.cookie(served.user))
    with pytest.raises(TimeoutError):
        view.recv(0.5)  # no picture before the yes
    assert family.opened == 0
    family.accepts(name, ends_at=(utcnow() + dt.timedelta(minutes=20)).isoformat())
    assert view.recv(20) == b"RFB 003.008\n"
    view.send(b"what is typed")
    assert view.recv(10) == b"what is typed"

    assert served.api.post(f"/api/assist/{name}/control").status_code == 200
    assert family.hears("assist.ask-control") == {"session": name, "answer_seconds": asking.ANSWER_SECONDS}
    family.says(name, "control-asked")
    assert served.api.post(f"/api/assist/{name}/control").status_code == 409
    family.says(name, "control-accepted", control=True, seconds=30)
    assert served.row(name).control == "given"

    assert served.api.post(f"/api/assist/{name}/stop").status_code == 200
    assert family.hears("assist.stop") == {"session": name}
    family.ends(name, "assistant", seconds=61)
    assert closed(view) == 4410
    row = served.row(name)
    assert (row.state, row.code, row.seconds, row.number) == ("ended", "assistant", 61, 5)
    assert served.api.post(f"/api/assist/{name}/control").status_code == 409

    facts = served.facts()
    assert [(e["kind"], e["body"].get("answer")) for e in facts] == [
        ("assist.asked", None),
        ("assist.answered", "accepted"),
        ("assist.control", "asked"),
        ("assist.control", "given"),
        ("assist.ended", None),
    ]
    me, pc = served.user.actor, f"machine:{machine}"
    assert [e["actor"] for e in facts] == [me, pc, me, pc, pc]
    assert facts[-1]["body"] == {"session": name, "code": "assistant", "seconds": 61, "control": True}
    assert "Martin" not in json.dumps(facts)  # what somebody typed stays out of the ledger


def test_a_machine_that_is_away_is_not_asked(served: Served) -> None:
    with served.core.database.write() as session:
        machine, _ = resident(session, "R-000900")
    assert served.ask(machine).status_code == 409
    assert served.api.get("/api/assist?state=all").json() == []
    assert served.facts() == []


@pytest.mark.parametrize(
    "body", [{"why": ""}, {"why": " \n "}, {"why": "x" * 301}, {"minutes": 4}, {"minutes": 61}, {"why": "a\0b"}]
)
def test_what_can_t_be_asked(served: Served, body: dict[str, Any]) -> None:
    machine, family = served.family("R-000900")
    assert served.ask(machine, **body).status_code in (400, 422)
    assert served.facts() == []
    assert family.heard.empty()


def test_one_person_at_a_time(served: Served) -> None:
    machine, family, name = asked(served)
    first = served.ask(machine, served.other_token)
    assert first.status_code == 409
    assert "somebody else" in first.json()["error"]
    mine = served.ask(machine)
    assert mine.status_code == 409
    assert "you are asking already" in mine.json()["error"]
    family.says(name, "refused")
    assert served.ask(machine, served.other_token).status_code == 200
    assert family.hears("assist.ask")["who"] == "coordinator"
    assert len(served.facts("assist.asked")) == 2


def test_another_machine_can_t_speak_for_this_one(served: Served) -> None:
    """An agent with its own token knows the name of somebody else's session, and says that the family accepted."""
    _, family, name = asked(served)
    _, thief = served.family("R-000901")
    thief.numbers[name] = 1
    thief.accepts(name)
    thief.says(name, "control-accepted", control=True)
    assert (served.row(name).state, served.row(name).control) == ("asked", "none")
    view = served.view(name, served.cookie(served.user))
    with pytest.raises(TimeoutError):
        view.recv(0.5)
    assert thief.opened == 0
    assert len(served.facts()) == 1
    family.numbers[name] = 1
    family.accepts(name)
    assert view.recv(20) == b"RFB 003.008\n"


@pytest.mark.parametrize("body", [{}, {"session": "x"}, {"session": None}, {"number": "1"}, {"state": "open sesame"}])
def test_rubbish_is_acknowledged_and_dropped(served: Served, body: dict[str, Any]) -> None:
    _, family, name = asked(served)
    whole = {"session": name, "state": "accepted", "number": 2, "seconds": 0}
    family.tell("assist.state", (whole | body) if body else {})  # else it would come again for ever
    assert served.row(name).state == "asked"
    assert len(served.facts()) == 1


def test_late_and_repeated_messages(served: Served) -> None:
    _, family, name = asked(served)
    family.says(name, "ended", number=5, code="family", seconds=90)
    family.says(name, "accepted", number=2)
    family.says(name, "ended", number=5, code="family", seconds=90)
    row = served.row(name)
    assert (row.state, row.code, row.number) == ("ended", "family", 5)
    assert [e["kind"] for e in served.facts()] == ["assist.asked", "assist.answered", "assist.ended"]


def test_nobody_heard_of_it_again(served: Served) -> None:
    machine, _, name = asked(served)
    assert sweep_sessions(served.core.database, 90) == 0
    with served.core.database.write() as session:
        row = find_session(session, name)
        row.asked_at -= dt.timedelta(seconds=row.answer_seconds + 1) + GRACE
    assert served.ask(machine, served.other_token).status_code == 200  # a stale question is in nobody's way
    assert (served.row(name).state, served.row(name).code) == ("unheard", "silent")
    assert served.facts("assist.answered")[0]["actor"] == "controller"


def test_the_sweep_closes_what_is_long_over(served: Served, on: tuple[Family, str]) -> None:
    _, name = on
    with served.core.database.write() as session:
        row = find_session(session, name)
        row.ends_at = utcnow() - GRACE - dt.timedelta(seconds=1)
    assert sweep_sessions(served.core.database, 90) == 1
    assert (served.row(name).state, served.row(name).code) == ("ended", "silent")
    assert served.facts("assist.ended")[0]["body"]["seconds"] is None
    assert sweep_sessions(served.core.database, 90) == 0


def test_a_machine_that_was_given_back(served: Served, on: tuple[Family, str]) -> None:
    _, name = on
    view = served.view(name, served.cookie(served.user))
    assert view.recv(20)
    with served.core.database.write() as session:
        revoke_resident_tokens(session, served.row(name).machine_id)
    assert sweep_sessions(served.core.database, 90) == 1
    assert closed(view, 30) == 4410
    assert (served.row(name).state, served.row(name).code) == ("ended", "rights")


def test_reasons_are_forgotten_in_time(served: Served) -> None:
    machine, family, name = asked(served)
    family.says(name, "refused", detail="the button")
    served.ask(machine)
    young = family.hears("assist.ask")["session"]
    family.says(young, "refused")
    with served.core.database.write() as session:
        find_session(session, name).asked_at -= dt.timedelta(days=91)
    sweep_sessions(served.core.database, 90)
    assert (served.row(name).why, served.row(name).detail) == ("", "")
    assert served.row(young).why == WHY


def test_a_restarted_controller_carries_the_session_on(settings: Settings, tmp_path: Path) -> None:
    with Served(settings, tmp_path) as first:
        machine, family, name = asked(first)
        family.accepts(name)
        token, user = family.token, first.user
    first.screen.path.unlink()
    again = Served(settings, tmp_path)
    again.thread.start()
    wait_until(lambda: again.server.started, "the server listens", 30, poll=0.05)
    try:
        with Family(again.url, token, again.screen.path) as back:
            back.offers, back.numbers[name] = True, 2
            view = again.view(name, again.cookie(user))
            assert view.recv(20) == b"RFB 003.008\n"
            back.ends(name, "time", seconds=1800)
            assert closed(view) == 4410
        assert again.row(name).state == "ended"
        assert machine == again.row(name).machine_id
    finally:
        again.stack.close()
        again.server.should_exit = True
        again.thread.join(20)
        again.screen.close()
