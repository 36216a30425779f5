"""The page of a family's screen as it is sent: readable without script, in both languages, for the right person."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI

from controller.access.tables import User
from controller.assist.sessions.store import add_session, find_session, hear_assist_state
from controller.core import Core
from controller.machines.registry import get_machine
from tests.unit.web.conftest import Visitor

WHY = "<b>Régler</b> l’imprimante"


@pytest.fixture
def name(core: Core, ids: dict[str, int]) -> str:
    """A session that the technician asked for."""
    with core.database.write() as session:
        karim = session.query(User).filter_by(login="karim").one()
        machine = get_machine(session, ids["ready"])
        return add_session(session, machine, who=karim.actor, why=WHY, minutes=30, answer_seconds=90).session


def hear(core: Core, ids: dict[str, int], name: str, **body: Any) -> None:
    with core.database.write() as session:
        hear_assist_state(session, ids["ready"], {"session": name, "number": 1, **body})


def test_the_page_in_both_languages(karim: Visitor, name: str) -> None:
    for language in ("fr", "en"):
        karim.post("/language", language=language)
        text = karim.get(f"/assist/{name}").text
        assert f'<html lang="{language}"' in text
        assert " style=" not in text
        assert not re.search(r"<script(?![^>]*src=)", text)
        assert not re.search(r"\bon\w+=\"", text)
        assert 'id="ask-control" hidden' in text


def test_the_content_security_policy_is_as_strict_as_everywhere(karim: Visitor, name: str) -> None:
    policy = karim.get(f"/assist/{name}").headers["content-security-policy"]
    assert policy == karim.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy


def test_another_person_gets_no_tools(amelie: Visitor, name: str) -> None:
    text = amelie.get(f"/assist/{name}").text
    assert 'data-mine="no"' in text
    assert 'id="ask-control"' not in text
    assert 'id="stop"' in text


@pytest.mark.parametrize("state", ["refused", "unanswered", "impossible", "accepted"])
@pytest.mark.parametrize("code", ["", "wayland", "nobody", "assistant", "a code of tomorrow"])
def test_every_answer_has_words(
    karim: Visitor, core: Core, ids: dict[str, int], name: str, state: str, code: str
) -> None:
    hear(core, ids, name, state=state, code=code, detail="<i>detail</i>")
    for path in (f"/assist/{name}", f"/machines/{ids['ready']}?tab=assist", f"/machines/{ids['ready']}?tab=history"):
        answer = karim.get(path)
        assert answer.status_code == 200, path
        assert "<i>" not in answer.text
        assert "<b>Régler" not in answer.text


def test_a_page_that_was_closed_is_the_reason_of_the_end(
    karim: Visitor, core: Core, ids: dict[str, int], name: str
) -> None:
    hear(core, ids, name, state="accepted")
    with core.database.write() as session:
        find_session(session, name).code = "unwatched"
    text = "Nobody looked any more"
    karim.post("/language", language="en")
    page, history = f"/assist/{name}", f"/machines/{ids['ready']}?tab=history"
    assert text not in karim.get(page).text  # decided, and not over yet
    with core.database.write() as session:
        said = {"session": name, "number": 2, "state": "ended", "code": "assistant", "seconds": 200}
        hear_assist_state(session, ids["ready"], said)
    for path in (page, history):
        assert text in karim.get(path).text, path


def test_the_reason_is_on_the_page_and_not_in_the_history(karim: Visitor, ids: dict[str, int], name: str) -> None:
    assert "l’imprimante" in karim.get(f"/machines/{ids['ready']}?tab=assist").text
    assert "l’imprimante" not in karim.get(f"/machines/{ids['ready']}?tab=history").text


@pytest.mark.parametrize("name", ["0" * 32, "nothing", "%27"])
def test_no_such_session(karim: Visitor, name: str) -> None:
    assert karim.get(f"/assist/{name}").status_code == 404


def test_every_module_that_the_page_asks_for_is_there(app: FastAPI, karim: Visitor, name: str) -> None:
    text = karim.get(f"/assist/{name}").text
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', text)
    assert len(found) > 10
    for address in found:
        assert karim.get(address).status_code == 200, address
