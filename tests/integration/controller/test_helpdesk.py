"""Calls for help, codes, hand-over, appointments, forgetting: over the API and the link, on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from agent.protocol_assist import HELP_CODE, HELP_REQUEST
from controller.access.roles import Role
from controller.agents.link import _store
from controller.core import Core
from controller.database import utcnow
from controller.helpdesk.codes import hear_code, machines_with
from controller.helpdesk.followups import days_of, end_all, plan, today
from controller.helpdesk.requests import MAX_WAITING, hear_request
from controller.helpdesk.tables import FollowUp, FollowUpCall, HelpCode, HelpNote, HelpRequest, HomeContact
from controller.helpdesk.telling import tell_once
from controller.helpdesk.tending import tend
from controller.ledger.tables import LedgerEntry
from controller.machines.lifecycle import State
from controller.machines.moves import hold, move, release
from controller.machines.registry import get_machine, new_machine
from controller.machines.tables import Boot, Machine, ResidentToken
from controller.settings import Settings
from tests.integration.controller.playing import app_of, bearer, core_of, person, serving
from tests.integration.controller.test_home_health import at_home

SECRETS = ("Nadia", "Benali", "0612345678", "06 12 34 56 78", "imprimante rouge", "fils aîné")


def asked(number: int = 1, **changes: Any) -> dict[str, Any]:
    """What the form on a PC sends."""
    return {
        "request": f"{number:032x}",
        "topic": "printer",
        "text": "L’imprimante rouge ne marche plus",
        "phone": "06 12 34 56 78",
        "language": "fr",
        "asked_at": (utcnow() - dt.timedelta(hours=2)).isoformat().replace("+00:00", "Z"),
        "machine": {"uptime_seconds": 3600},
        **changes,
    }


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A controller with machine 1 at home, and a technician who is signed in."""
    with serving(settings) as found:
        _, token = person(core_of(found), Role.TECHNICIAN)
        found.headers.update(bearer(token))
        with core_of(found).database.write() as session:
            at_home(session)
        yield found


@pytest.fixture
def home(client: TestClient) -> Core:
    """The same, its core."""
    return core_of(client)


def say(core: Core, body: dict[str, Any]) -> None:
    with core.database.write() as session:
        hear_request(session, get_machine(session, 1), body)


def kinds(core: Core) -> list[str]:
    with core.database.read() as session:
        rows = session.execute(select(LedgerEntry.kind).order_by(LedgerEntry.seq)).scalars()
        return [kind for kind in rows if kind.split(".")[0] in ("help", "followup", "home")]


def ledger_text(core: Core) -> str:
    with core.database.read() as session:
        return "\n".join(session.execute(select(LedgerEntry.content)).scalars())


def test_from_the_call_to_its_end(client: TestClient, home: Core) -> None:
    say(home, asked())
    say(home, asked())  # a message that came twice
    [found] = client.get("/api/help/requests").json()
    assert (found["state"], found["topic"], found["source"]) == ("open", "printer", "machine")
    assert found["asked_at"] < found["received_at"]
    url = f"/api/help/requests/{found['id']}"
    assert client.post(f"{url}/assign").json()["state"] == "assigned"
    assert client.post(f"{url}/notes", json={"text": "Nadia rappelle demain"}).status_code == 200
    assert client.post(f"{url}/notes", json={"text": "  "}).status_code == 400
    solved = client.post(f"{url}/solve", json={"text": "câble remis"}).json()
    assert [one["what"] for one in solved["notes"]] == ["assigned", "note", "solved"]
    assert client.post(f"{url}/solve").status_code == 409
    assert client.post(f"{url}/assign").status_code == 409
    assert client.post(f"{url}/reopen", json={"text": "de nouveau"}).json()["state"] == "assigned"
    assert client.post(f"{url}/reopen").status_code == 409
    assert client.post(f"{url}/give-back").json()["assigned_to"] == ""
    assert kinds(home) == ["help.asked", "help.solved", "help.reopened"]
    assert client.get("/api/help/requests/99").status_code == 404
    assert not [word for word in SECRETS if word in ledger_text(home)]


def test_somebody_elses_call_is_only_taken_over_on_purpose(client: TestClient, home: Core) -> None:
    say(home, asked())
    _, other = person(home, Role.COORDINATOR)
    assert client.post("/api/help/requests/1/assign").status_code == 200
    assert client.post("/api/help/requests/1/assign").status_code == 200
    assert client.post("/api/help/requests/1/assign", headers=bearer(other)).status_code == 409
    taken = client.post("/api/help/requests/1/assign", headers=bearer(other), json={"take_over": True}).json()
    assert taken["assigned_to"] != "user:1"


@pytest.mark.parametrize(
    "strange",
    [
        {"topic": "something else"},
        {"text": "x" * 90_000, "phone": "9" * 500, "language": "de" * 50},
        {"machine": {"x": "y" * 100_000}},
        {"machine": "nothing"},
        {"asked_at": "yesterday"},
        {"asked_at": "2126-01-01T00:00:00Z"},
        {"asked_at": "2020-01-01T00:00:00Z"},
        {"asked_at": None, "text": None, "phone": None, "topic": None, "language": None, "machine": None},
    ],
)
def test_what_a_machine_says_is_bounded(client: TestClient, home: Core, strange: dict[str, Any]) -> None:
    say(home, asked(**strange))
    [found] = client.get("/api/help/requests").json()
    assert len(json.dumps(found)) < 4000
    assert found["asked_at"] <= found["received_at"]


def test_a_call_without_a_name_is_none_and_a_mad_machine_fills_no_list(client: TestClient, home: Core) -> None:
    for name in ("", "../../etc", "A" * 32, None, 7):
        with pytest.raises(ValueError, match="name"):
            say(home, asked(request=name))
    for number in range(MAX_WAITING + 5):
        say(home, asked(number))
    assert len(client.get("/api/help/requests").json()) == MAX_WAITING


def test_only_an_installed_system_asks_for_help(client: TestClient, home: Core) -> None:
    ear = app_of(client).state.ear
    with home.database.read() as session:
        boot = session.execute(select(Boot).where(Boot.mode == "resident")).scalar_one()
    _store(ear, boot, HELP_REQUEST, asked(), "m1")
    _store(ear, boot, HELP_CODE, {"code": "123456", "seconds": 600}, "m2")
    with home.database.write() as session:
        assert session.execute(select(func.count()).select_from(HelpRequest)).scalar_one() == 1
        assert [m.id for m in machines_with(session, "123456")] == [1]
        session.get_one(Boot, boot.id).mode = "live"
    _store(ear, boot, HELP_REQUEST, asked(2), "m3")
    with home.database.read() as session:
        assert session.execute(select(func.count()).select_from(HelpRequest)).scalar_one() == 1


def test_a_code_leads_to_its_machine_until_it_is_over(client: TestClient, home: Core) -> None:
    def code(machine_id: int, text: str, seconds: int = 600) -> None:
        with home.database.write() as session:
            hear_code(session, session.get_one(Machine, machine_id), {"code": text, "seconds": seconds})

    def look(text: str) -> Any:
        app_of(client).state.code_tries._limit._calls.clear()
        return client.post("/api/help/code", json={"code": text})

    code(1, "123456")
    assert look("123 456").json() == [{"machine_id": 1, "name": "machine-1"}]
    assert look("654321").status_code == 404
    assert look("").status_code == 404
    code(1, "654321")
    assert look("123456").status_code == 404  # the newer took its place
    with home.database.write() as session:
        other = new_machine(session, "main", State.READY)
    code(other.id, "654321")
    assert len(look("654321").json()) == 2
    with home.database.write() as session:
        for row in session.execute(select(HelpCode)).scalars():
            assert "654321" not in row.code_hash
            row.expires_at = utcnow() - dt.timedelta(seconds=1)
    assert look("654321").status_code == 404
    tend(home)
    with home.database.read() as session:
        assert session.execute(select(HelpCode)).first() is None
    with pytest.raises(ValueError, match="six"):
        code(1, "12345")
    code(1, "111111", 10**9)
    with home.database.read() as session:
        assert session.get_one(HelpCode, 1).expires_at < utcnow() + dt.timedelta(minutes=16)


def test_codes_can_not_be_guessed(client: TestClient) -> None:
    answers = [client.post("/api/help/code", json={"code": f"{n:06d}"}).status_code for n in range(15)]
    assert answers == [404] * 10 + [429] * 5


def hand_over(client: TestClient, **body: Any) -> Any:
    return client.post("/api/machines/1/hand-over", json=body)


def test_a_hand_over_makes_its_appointments_once(client: TestClient, home: Core) -> None:
    now = today(home.settings)
    answer = hand_over(client, phone="+33 6 12 34 56 78", label="Nadia Benali", household="h-42")
    assert answer.status_code == 200
    said = answer.json()
    assert said["state"] == "delivered"
    assert said["missing"]  # nothing of this machine was ever tested: that is said, and in the ledger
    due = [row["due_on"] for row in said["follow_ups"]]
    assert due == [(now + dt.timedelta(days=days)).isoformat() for days in (7, 30, 90)]
    assert hand_over(client).status_code == 409
    handover = said["follow_ups"][0]["handover"]
    with home.database.write() as session:
        plan(session, get_machine(session, 1), handover, now, days_of(home.settings), "user:1")
    assert len(client.get("/api/help/follow-ups").json()) == 3
    assert kinds(home) == ["followup.planned"]
    states = [json.loads(text)["body"] for text in ledger_text(home).splitlines() if '"kind":"machine.state"' in text]
    assert [body["to"] for body in states] == ["allocated", "delivered"]
    assert states[-1]["reconditioned"] is False
    assert client.get("/api/machines/1/contact").json() == {
        "label": "Nadia Benali",
        "phone": "+33 6 12 34 56 78",
        "household": "h-42",
    }
    assert not [word for word in SECRETS if word in ledger_text(home)]


def test_days_that_can_not_be_meant(client: TestClient, home: Core) -> None:
    now = today(home.settings)
    for on in (now + dt.timedelta(days=1), now - dt.timedelta(days=400)):
        assert hand_over(client, on=on.isoformat()).status_code == 400
    assert hand_over(client, phone="call me").status_code == 400
    with home.database.read() as session:
        assert get_machine(session, 1).state is State.READY  # nothing of it was done
    assert hand_over(client, on=(now - dt.timedelta(days=31)).isoformat()).status_code == 200
    rows = client.get("/api/help/follow-ups").json()
    assert [row["overdue"] for row in rows] == [True, True, False]


def test_calls_and_their_results(client: TestClient, home: Core) -> None:
    hand_over(client)
    now = today(home.settings)
    tomorrow = (now + dt.timedelta(days=1)).isoformat()
    url = "/api/help/follow-ups/1/calls"
    assert client.post(url, json={"result": "again"}).status_code == 400
    assert client.post(url, json={"result": "again", "again_on": "2020-01-01"}).status_code == 400
    missed = client.post(url, json={"result": "not-reached", "again_on": tomorrow, "notes": "fils aîné"}).json()
    assert (missed["state"], missed["due_on"]) == ("due", tomorrow)
    body = {"result": "again", "again_on": tomorrow, "answers": {"starts": "ok", "sound": "problem"}}
    client.post(url, json=body)
    done = client.post(url, json={"result": "reached", "answers": {"sound": "ok"}}).json()
    assert done["state"] == "done"
    assert done["answers"] == {"starts": "ok", "sound": "ok"}
    assert [call["result"] for call in done["calls"]] == ["not-reached", "again", "reached"]
    assert client.post(url, json={"result": "reached"}).status_code == 409
    given_up = client.post("/api/help/follow-ups/2/calls", json={"result": "not-reached"}).json()
    assert given_up["state"] == "done"
    assert kinds(home) == ["followup.planned", "followup.done", "followup.done"]
    assert client.post("/api/help/follow-ups/99/calls", json={"result": "reached"}).status_code == 404
    assert not [word for word in SECRETS if word in ledger_text(home)]


def test_a_machine_that_comes_back_loses_its_rights_and_its_household(client: TestClient, home: Core) -> None:
    assert client.post("/api/machines/1/come-back").status_code == 409
    hand_over(client, phone="0612345678", label="Nadia")
    say(home, asked())
    client.post("/api/help/requests/1/notes", json={"text": "Nadia"})
    client.post(
        "/api/help/follow-ups/1/calls",
        json={"result": "not-reached", "again_on": str(today(home.settings)), "notes": "fils aîné"},
    )
    assert client.post("/api/machines/1/come-back").json()["state"] == "returned"
    with home.database.read() as session:
        assert session.execute(select(ResidentToken.revoked_at)).scalar_one() is not None
        assert session.get(HomeContact, 1) is None
        assert set(session.execute(select(FollowUp.state)).scalars()) == {"ended"}
        assert set(session.execute(select(FollowUpCall.notes)).scalars()) == {""}
        assert set(session.execute(select(HelpNote.text)).scalars()) == {""}
        row = session.get_one(HelpRequest, 1)
        assert (row.state, row.text, row.phone, row.phone_key) == ("solved", "", "", "")
        assert row.topic == "printer"
    assert kinds(home)[-5:] == ["followup.ended"] * 3 + ["help.solved", "home.forgotten"]
    assert client.get("/api/help/work").json() == []
    assert client.post("/api/help/requests/1/reopen").status_code == 409


def test_a_machine_plugged_in_without_being_given_back_is_forgotten_too(client: TestClient, home: Core) -> None:
    hand_over(client, phone="0612345678", label="Nadia")
    say(home, asked())
    tend(home)
    with home.database.write() as session:
        assert session.get(HomeContact, 1) is not None
        hold(session, get_machine(session, 1), "{text}", "user:1", text="x")
    tend(home)
    with home.database.write() as session:  # on hold, still at the family's
        assert session.get(HomeContact, 1) is not None
        release(session, get_machine(session, 1), "user:1")
        move(session, get_machine(session, 1), State.RETURNED, "user:1")
    tend(home)
    with home.database.read() as session:
        assert session.get(HomeContact, 1) is None
        assert session.get_one(HelpRequest, 1).text == ""
        assert set(session.execute(select(FollowUp.state)).scalars()) == {"ended"}
    before = kinds(home)
    tend(home)
    assert kinds(home) == before  # once


def test_texts_are_deleted_after_their_time(client: TestClient, home: Core) -> None:
    hand_over(client)
    say(home, asked(1))
    say(home, asked(2))
    client.post("/api/help/requests/1/solve", json={"text": "Nadia est contente"})
    client.post("/api/help/follow-ups/1/calls", json={"result": "reached", "notes": "fils aîné"})
    tend(home)
    assert client.get("/api/help/requests/1").json()["text"]
    long_ago = utcnow() - dt.timedelta(days=home.settings.help_text_days + 1)
    with home.database.write() as session:
        session.get_one(HelpRequest, 1).solved_at = long_ago
        session.get_one(FollowUp, 1).closed_at = long_ago
    tend(home)
    one = client.get("/api/help/requests/1").json()
    assert (one["text"], one["phone"], one["notes"][-1]["text"]) == ("", "", "")
    assert client.get("/api/help/requests/2").json()["text"]  # nobody has dealt with it yet
    with home.database.read() as session:
        assert session.execute(select(FollowUpCall.notes)).scalar_one() == ""
    assert kinds(home).count("home.forgotten") == 1
    tend(home)
    assert kinds(home).count("home.forgotten") == 1
    assert client.post("/api/help/requests/1/reopen").status_code == 409


def test_a_household_is_forgotten_on_demand(client: TestClient, home: Core) -> None:
    hand_over(client, phone="0612345678", label="Nadia")
    say(home, asked())
    assert client.post("/api/machines/1/forget-home").status_code == 204
    assert client.get("/api/machines/1/contact").status_code == 404
    assert client.get("/api/help/requests/1").json()["phone"] == ""
    assert client.get("/api/help/find", params={"q": "0612345678"}).json() == []
    assert len(client.get("/api/help/follow-ups").json()) == 3  # a family is still called: by whom it is asked for
    assert client.put("/api/machines/1/contact", json={"phone": "04 42 00 00 00"}).status_code == 204
    assert client.put("/api/machines/1/contact", json={}).status_code == 204
    assert client.get("/api/machines/1/contact").status_code == 404
    assert client.put("/api/machines/1/contact", json={"phone": "12"}).status_code == 400


@pytest.mark.parametrize("q", ["0612345678", "06 12 34 56 78", "+33612345678", "12 34 56", "machine", "LAT"])
def test_who_calls_is_found(client: TestClient, home: Core, q: str) -> None:
    with home.database.write() as session:
        machine = get_machine(session, 1)
        machine.tag, machine.product = "R-machine", "Latitude"
        other = new_machine(session, "main", State.READY)
        other.product, other.accepted_at = "EliteBook", utcnow()
    client.put("/api/machines/1/contact", json={"phone": "06.12.34.56.78", "label": "x"})
    client.put("/api/machines/2/contact", json={"phone": "07 99 99 99 99", "label": "x"})
    assert [one["machine_id"] for one in client.get("/api/help/find", params={"q": q}).json()] == [1]


def test_a_call_is_found_by_the_number_that_the_family_left(client: TestClient, home: Core) -> None:
    say(home, asked(phone="+33 (0)6 12 34 56 78"))
    assert [one["machine_id"] for one in client.get("/api/help/find", params={"q": "06 12 34 56 78"}).json()] == [1]


def test_somebody_calls_whose_pc_says_nothing(client: TestClient, home: Core) -> None:
    answer = client.post("/api/help/requests", json={"machine_id": 1, "topic": "internet", "text": "plus de box"})
    assert answer.status_code == 201
    assert (answer.json()["source"], answer.json()["state"]) == ("phone", "assigned")
    assert client.post("/api/help/requests", json={"machine_id": 1, "topic": "cheese"}).status_code == 422
    assert client.post("/api/help/requests", json={"machine_id": 9, "topic": "other"}).status_code == 404
    with home.database.write() as session:
        new_machine(session, "main", State.PLUGGED)
    assert client.post("/api/help/requests", json={"machine_id": 2, "topic": "other"}).status_code == 409


def test_one_list_the_urgent_first(client: TestClient, home: Core) -> None:
    hand_over(client, on=(today(home.settings) - dt.timedelta(days=8)).isoformat())
    say(home, asked(1))
    say(home, asked(2))
    client.post("/api/help/requests/1/assign")
    urgencies = [(one["kind"], one["urgency"]) for one in client.get("/api/help/work").json()]
    assert urgencies == [("request", "waits"), ("follow-up", "overdue"), ("request", "under-way")]
    with home.database.write() as session:
        end_all(session, get_machine(session, 1), "user:1")
    assert len(client.get("/api/help/work").json()) == 2


async def told(core: Core, *, linked: bool = True) -> list[dict[str, Any]]:
    """What is told to machines now."""
    said: list[dict[str, Any]] = []

    async def send(_boot: int, kind: str, body: dict[str, Any]) -> bool:
        assert kind == "help.state"
        if linked:
            said.append(body)
        return linked

    await tell_once(core, send)
    return said


@pytest.fixture
def linked(home: Core) -> Core:
    """Its machine is linked."""
    with home.database.write() as session:
        for boot in session.execute(select(Boot).where(Boot.mode == "resident")).scalars():
            boot.linked = True
    return home


def test_what_is_said_to_the_family(client: TestClient, linked: Core) -> None:
    say(linked, asked())
    name = asked()["request"]
    assert asyncio.run(told(linked)) == [{"request": name, "state": "received"}]
    client.post("/api/help/requests/1/notes", json={"text": "nur für uns"})
    assert asyncio.run(told(linked)) == []
    answer = client.post("/api/help/requests/1/say", json={"text": "  Nous appelons\nà 17 h. "})
    assert answer.json()["notes"][-1]["what"] == "to-family"
    assert asyncio.run(told(linked, linked=False)) == []
    assert asyncio.run(told(linked)) == [{"request": name, "state": "received", "note": "Nous appelons à 17 h."}]
    assert asyncio.run(told(linked)) == []
    client.post("/api/help/requests/1/assign")
    assert asyncio.run(told(linked)) == [{"request": name, "state": "assigned", "note": "Nous appelons à 17 h."}]
    client.post("/api/help/requests/1/say", json={"text": "À 18 h."})
    client.post("/api/help/requests/1/solve")
    assert asyncio.run(told(linked)) == [{"request": name, "state": "solved", "note": "À 18 h."}]
    with linked.database.read() as session:
        entries = session.execute(select(LedgerEntry.content)).scalars().all()
    assert not [entry for entry in entries if "18 h" in entry]


def test_words_that_come_while_others_are_on_their_way(client: TestClient, linked: Core) -> None:
    say(linked, asked())
    client.post("/api/help/requests/1/say", json={"text": "first"})
    said: list[dict[str, Any]] = []

    async def send(_boot: int, _kind: str, body: dict[str, Any]) -> bool:
        if not said:
            await asyncio.to_thread(client.post, "/api/help/requests/1/say", json={"text": "second"})
        said.append(body)
        return True

    asyncio.run(tell_once(linked, send))
    asyncio.run(tell_once(linked, send))
    asyncio.run(tell_once(linked, send))
    assert [body["note"] for body in said] == ["first", "second"]


def test_what_can_t_be_said_to_the_family(client: TestClient, linked: Core) -> None:
    say(linked, asked())
    client.post("/api/help/requests", json={"machine_id": 1, "topic": "other"})
    for text in ("", " \n", "x" * 301):
        assert client.post("/api/help/requests/1/say", json={"text": text}).status_code == 400
    assert client.post("/api/help/requests/2/say", json={"text": "x"}).status_code == 409  # no PC asked
    client.post("/api/help/requests/1/solve")
    with linked.database.write() as session:
        session.get_one(HelpRequest, 1).forgotten_at = utcnow()
    assert client.post("/api/help/requests/1/say", json={"text": "x"}).status_code == 409


def test_the_machine_is_told_each_news_once(client: TestClient, home: Core) -> None:
    with home.database.write() as session:
        for boot in session.execute(select(Boot).where(Boot.mode == "resident")).scalars():
            boot.linked = True
    say(home, asked())
    client.post("/api/help/requests", json={"machine_id": 1, "topic": "other"})  # the PC never asked: it isn't told
    name = asked()["request"]
    assert asyncio.run(told(home, linked=False)) == []
    assert asyncio.run(told(home)) == [{"request": name, "state": "received"}]
    assert asyncio.run(told(home)) == []
    client.post("/api/help/requests/1/assign")
    client.post("/api/help/requests/1/solve")
    assert asyncio.run(told(home)) == [{"request": name, "state": "solved"}]
    assert asyncio.run(told(home)) == []
    with home.database.write() as session:
        for boot in session.execute(select(Boot)).scalars():
            boot.linked = False
    client.post("/api/help/requests/1/reopen")
    assert asyncio.run(told(home)) == []


def test_personal_data_is_for_people_who_may_help(client: TestClient, home: Core) -> None:
    say(home, asked())
    client.headers.pop("authorization")
    for path in ("requests", "requests/1", "work", "follow-ups", "find?q=06", "questions"):
        assert client.get(f"/api/help/{path}").status_code == 401
    assert client.post("/api/help/code", json={"code": "123456"}).status_code == 401
    assert client.get("/api/machines/1/contact").status_code == 401
