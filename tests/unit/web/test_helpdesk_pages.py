"""The page Assistance and the help box of a machine, without a browser."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select

from controller.core import Core
from controller.helpdesk.codes import hear_code
from controller.helpdesk.followups import today
from controller.helpdesk.tables import FollowUp, HelpRequest, HomeContact
from controller.machines.lifecycle import State
from controller.machines.registry import get_machine
from tests.acceptance.web import helpdesk, home
from tests.unit.web.conftest import Visitor


@pytest.fixture
def helped(core: Core, ids: dict[str, int]) -> int:
    """A machine with calls for help and appointments."""
    with core.database.write() as session:
        home.build(session)
        return helpdesk.build(session)["help"]


def visible(text: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


def test_the_list_has_the_urgent_first_and_leads_to_the_machine(karim: Visitor, helped: int) -> None:
    text = karim.get("/assistance").text
    found = re.findall(r'id="(request|alert|follow-up)-\d+"', text.split('id="at-home"')[0])
    assert found[0] == "request"
    assert found.index("alert") < found.index("follow-up") < len(found) - 1
    assert f"/machines/{helped}?tab=assist" in text
    assert "{" not in visible(text)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("show", "kinds"),
    [
        ("request", {"request"}),
        ("alert", {"alert"}),
        ("follow-up", {"follow-up"}),
        ("mine", set()),
        ("nonsense", {"request", "alert", "follow-up"}),
    ],
)
def test_parts_of_the_list(karim: Visitor, helped: int, show: str, kinds: set[str]) -> None:
    text = karim.get(f"/assistance?show={show}").text.split('id="at-home"')[0]
    assert set(re.findall(r'id="(request|alert|follow-up)-\d+"', text)) == kinds


@pytest.mark.parametrize(
    "q", ["048213", "048 213", "R-000851", "r851", "06 12 34 56 78", "+33 6 12 34 56 78", "0612345678"]
)
def test_who_calls_leads_straight_to_the_machine(karim: Visitor, helped: int, q: str) -> None:
    answer = karim.client.get("/assistance", params={"q": q})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/machines/{helped}?tab=assist"


@pytest.mark.parametrize("q", ["ThinkPad", "34 56 78", "999999", "06 99 99 99 99", "R-999999", "\0x", "%", "'"])
def test_what_is_not_sure_is_a_list(karim: Visitor, helped: int, q: str) -> None:
    answer = karim.client.get("/assistance", params={"q": q})
    assert answer.status_code == 200
    assert ("R-000851" in answer.text) == (q in ("ThinkPad", "34 56 78"))


def test_a_code_that_two_machines_show_is_said(karim: Visitor, helped: int, core: Core) -> None:
    with core.database.write() as session:
        other = helpdesk.machine(session, "R-000852")
        hear_code(session, other, {"code": "048213", "seconds": 600})
    answer = karim.client.get("/assistance", params={"q": "048213"})
    assert answer.status_code == 200
    assert 'class="notice tone-alert"' in answer.text
    unknown = karim.client.get("/assistance", params={"q": "111111"})
    assert 'class="notice tone-waiting"' in unknown.text


def test_codes_can_not_be_tried_for_ever(karim: Visitor, helped: int) -> None:
    answers = [karim.client.get("/assistance", params={"q": f"{n:06d}"}).status_code for n in range(100000, 100012)]
    assert answers == [200] * 10 + [429] * 2
    assert karim.get("/assistance").status_code == 200


def test_a_page_that_reads_itself_again_tries_no_code_and_leads_nowhere(karim: Visitor, helped: int) -> None:
    for _ in range(15):
        for q in ("048213", "999999", "R-000851", helpdesk.PHONE):
            answer = karim.client.get("/assistance", params={"q": q}, headers={"hx-request": "true"})
            assert answer.status_code == 200
            assert 'id="assistance"' in answer.text


def test_the_box_on_the_machines_page(karim: Visitor, helped: int, ids: dict[str, int]) -> None:
    text = karim.get(f"/machines/{helped}?tab=assist").text
    said = visible(text)
    for part in ("06 12 34 56 78", "Mme Benali", "Elle rappelle jeudi", "cups.service", "Nouveau mot de passe choisi"):
        assert part in said, part
    assert 'href="tel:+33612345678"' in text
    assert text.count('id="follow-up-') == 3
    assert "{" not in said
    for other in ids.values():
        assert karim.get(f"/machines/{other}?tab=assist").status_code in (200, 404)


def test_taking_noting_solving_opening_again(karim: Visitor, helped: int, core: Core) -> None:
    def row() -> HelpRequest:
        with core.database.read() as session:
            return session.execute(select(HelpRequest).order_by(HelpRequest.id)).scalars().first()  # type: ignore[return-value]

    url = f"/help/{row().id}"
    answer = karim.post(url, do="assign", back="assistance")
    assert answer.headers["location"] == f"/machines/{helped}?tab=assist&said=help-taken"
    assert row().assigned_to == "user:1"
    karim.post(url, do="note", text="<b>essayé</b> un autre câble\0")
    assert "&lt;b&gt;essayé&lt;/b&gt; un autre câble" in karim.get(f"/machines/{helped}?tab=assist").text
    assert karim.post(url, do="note", text=" ").status_code == 400
    assert karim.post(url, do="say", text="<b>Nous</b> appelons à 17 h").status_code == 303
    assert karim.post(url, do="say", text=" ").status_code == 400
    assert karim.post(url, do="solve", text="réglé").headers["location"].endswith("said=help-solved")
    assert row().state == "solved"
    assert karim.post(url, do="solve").status_code == 409
    karim.post(url, do="reopen", text="revenu")
    assert row().state == "assigned"
    karim.post(url, do="give-back")
    assert row().state == "open"
    assert karim.post("/help/99999", do="assign").status_code == 404


def test_a_call_taken_down_and_a_contact(karim: Visitor, helped: int, core: Core) -> None:
    karim.post(f"/machines/{helped}/help", topic="sound", text="plus de son", phone="0442000000")
    with core.database.read() as session:
        newest = session.execute(select(HelpRequest).order_by(HelpRequest.id.desc())).scalars().first()
        assert newest is not None
        assert (newest.source, newest.assigned_to, newest.phone_key) == ("phone", "user:1", "+33442000000")
    assert karim.post(f"/machines/{helped}/help", topic="", text="x").status_code == 400
    karim.post(f"/machines/{helped}/contact", label="M. Ben", phone="07 00 00 00 00")
    assert "07 00 00 00 00" in karim.get(f"/machines/{helped}?tab=assist").text
    assert karim.post(f"/machines/{helped}/contact", label="", phone="zéro six").status_code == 400
    karim.post(f"/machines/{helped}/forget-home")
    with core.database.read() as session:
        assert session.get(HomeContact, helped) is None


def test_a_call_of_an_appointment(karim: Visitor, helped: int, core: Core) -> None:
    with core.database.read() as session:
        first = session.execute(select(FollowUp.id).order_by(FollowUp.number)).scalars().first()
    url = f"/follow-ups/{first}"
    now = today(core.settings)
    assert karim.post(url, result="").status_code == 400
    assert karim.post(url, result="again", again_on="le 3").status_code == 400
    answers = {"answer-starts": "ok", "answer-sound": "problem", "answer-made-up": "ok", "answer-internet": ""}
    karim.post(url, result="again", again_on=str(now + dt.timedelta(days=3)), notes="pas le temps", **answers)
    text = karim.get(f"/machines/{helped}?tab=assist").text
    assert "pas le temps" in text
    assert 'value="problem" checked' in text
    karim.post(url, result="reached", again_on=str(now + dt.timedelta(days=3)))
    with core.database.read() as session:
        row = session.get_one(FollowUp, first)
        assert row.state == "done"  # the day that the form proposes means nothing where somebody was reached
        assert row.answers == {"starts": "ok", "sound": "problem"}
    assert karim.post(url, result="reached").status_code == 409


def test_handed_over_and_back(karim: Visitor, ids: dict[str, int], core: Core) -> None:
    machine = ids["ready"]
    assert f"/machines/{machine}/hand-over" in karim.get(f"/machines/{machine}").text
    assert karim.post(f"/machines/{machine}/hand-over", on="demain").status_code == 400
    answer = karim.post(f"/machines/{machine}/hand-over", on="", phone="", label="")
    assert answer.headers["location"] == f"/machines/{machine}?tab=assist&said=handed-over-lacking"
    text = karim.get(f"/machines/{machine}?tab=assist").text
    assert text.count('id="follow-up-') == 3
    assert f"/machines/{machine}/come-back" in text
    assert f"/machines/{machine}/hand-over" not in text
    karim.post(f"/machines/{machine}/come-back")
    with core.database.read() as session:
        assert get_machine(session, machine).state is State.RETURNED
    assert karim.post(f"/machines/{machine}/come-back").status_code == 409
    assert karim.post(f"/machines/{ids['at_work']}/hand-over").status_code == 409


def test_two_hundred_calls_come_in_pages(karim: Visitor, core: Core, ids: dict[str, int]) -> None:
    with core.database.write() as session:
        helpdesk.many(session)
    first = karim.get("/assistance").text
    assert first.count('id="request-') == 40
    last = karim.get("/assistance?work=9999").text
    assert 0 < last.count('class="alert-card') <= 40
    found = karim.client.get("/assistance", params={"q": helpdesk.PHONE})
    assert found.status_code == 200  # many have this number: it is a list
