"""Answers on disk, and their way to the controller: each one, once, in order, whatever is killed when."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from agent.files import read_json
from agent.hands_on import opening
from agent.hands_on.answers import Answers, current_session, folder_name, open_session, sessions
from agent.hands_on.outgoing import Outgoing
from agent.hwtests.catalogue import hands_on_tests
from agent.link.outbox import Outbox
from agent.link.spool import Spool
from agent.protocol_tests import HandsOnRequest, HardwareTestResult
from agent.tools import Ran


def result(name: str, outcome: str = "pass") -> HardwareTestResult:
    return HardwareTestResult(
        name=name,
        subsystem="screen",
        target="",
        outcome=outcome,  # type: ignore[typeddict-item]
        reason="",
        figures={},
        started_at="2025-01-01T00:00:00Z",
        seconds=1.0,
        automatic=False,
    )


def request(session: str = "s-1", *tests: str) -> HandsOnRequest:
    return HandsOnRequest(session=session, tests=list(tests), language="fr")


def sent(outbox: Outbox) -> list[dict[str, Any]]:
    return [message["body"] for _, message in outbox.spool.after(0)]


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(Spool(tmp_path / "spool"))


def test_each_answer_goes_out_once_and_in_order(tmp_path: Path, outbox: Outbox) -> None:
    outgoing = Outgoing(tmp_path, outbox)
    outgoing.look()
    assert sent(outbox) == []
    answers, _ = open_session(tmp_path, request())
    answers.save([result("screen")])
    outgoing.look()
    answers.save([result("keyboard")])
    answers.save([result("screen", "fail")])
    outgoing.look()
    outgoing.look()
    assert [(body["session"], body["ended"], [one["name"] for one in body["results"]]) for body in sent(outbox)] == [
        ("s-1", False, ["screen"]),
        ("s-1", False, ["keyboard"]),
        ("s-1", False, ["screen"]),
    ]
    answers.end()
    outgoing.look()
    outgoing.look()
    assert sent(outbox)[-1] == {"session": "s-1", "ended": True, "results": []}
    assert len(sent(outbox)) == 4
    assert answers.newest()["screen"][0]["outcome"] == "fail"


def test_an_agent_that_starts_again_says_nothing_twice(tmp_path: Path, outbox: Outbox) -> None:
    answers, _ = open_session(tmp_path, request())
    answers.save([result("screen")])
    Outgoing(tmp_path, outbox).look()
    ids = [message["id"] for _, message in outbox.spool.after(0)]
    # Killed between the spool and its own note: the same id again, which the controller takes as done.
    (answers.folder / "sent.json").unlink()
    Outgoing(tmp_path, Outbox(Spool(tmp_path / "spool"))).look()
    assert [message["id"] for _, message in Spool(tmp_path / "spool").after(0)] == ids
    # Acknowledged and gone, and the agent starts again.
    outbox.acknowledge(ids[0])
    Outgoing(tmp_path, outbox).look()
    assert len(outbox.spool) == 0


def test_a_file_that_was_cut_off_costs_itself_only(tmp_path: Path, outbox: Outbox) -> None:
    answers, _ = open_session(tmp_path, request())
    answers.save([result("screen")])
    (answers.folder / "000002.json").write_text('{"results": [{"na')
    answers.save([result("keyboard")])
    assert list(answers.newest()) == ["screen", "keyboard"]
    Outgoing(tmp_path, outbox).look()
    assert [one["name"] for body in sent(outbox) for one in body["results"]] == ["screen", "keyboard"]


def test_a_new_session_ends_the_one_before_and_the_same_one_does_not(tmp_path: Path) -> None:
    first, fresh = open_session(tmp_path, request("s-1"))
    assert fresh
    assert not open_session(tmp_path, request("s-1"))[1]
    assert not first.ended
    second, _ = open_session(tmp_path, request("s-2", "screen"))
    assert first.ended
    assert current_session(tmp_path).folder == second.folder
    second.end()
    mine = current_session(tmp_path, language="en")
    asked = mine.request()
    assert asked is not None
    assert asked["session"].startswith("pc-")
    assert asked["language"] == "en"
    assert current_session(tmp_path).folder == mine.folder
    assert len(sessions(tmp_path)) == 3


@pytest.mark.parametrize("session", ["../../etc", "a/b", ".hidden", "x" * 200, "é"])
def test_a_session_s_name_never_leaves_its_folder(session: str, tmp_path: Path) -> None:
    name = folder_name(session)
    assert len(name) == 64
    answers, _ = open_session(tmp_path, request(session))
    assert answers.folder.parent == tmp_path / "hands-on"
    kept = Answers(answers.folder).request()
    assert kept is not None
    assert kept["session"] == session


@pytest.mark.parametrize(
    "body", [{}, {"session": ""}, {"session": 5, "tests": []}, {"session": "s", "tests": "screen"}]
)
def test_a_request_that_says_nothing_is_left_alone(body: dict[str, Any]) -> None:
    assert opening.request_of(body) is None


def test_the_controller_s_request_starts_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def systemctl(arguments: list[str], **_: Any) -> Ran:
        ran.append(arguments)
        return Ran("systemctl", 0, "", "")

    monkeypatch.setattr(opening, "run", systemctl)
    body = {"session": "s-9", "tests": ["screen"], "language": "en"}
    asyncio.run(opening.open_on_screen(tmp_path, body))
    asyncio.run(opening.open_on_screen(tmp_path, body))  # the same message after a reconnection
    assert [command[1] for command in ran] == ["restart", "start"]
    assert all(command[-1] == "recyclerie-hands-on.service" for command in ran)
    kept = read_json(tmp_path / "hands-on/s-9/request.json") or {}
    assert {**body, "asked_at": kept["asked_at"]} == kept
    current_session(tmp_path).end()
    asyncio.run(opening.open_on_screen(tmp_path, body))
    assert len(ran) == 2


def test_where_the_screen_can_t_be_started_the_answer_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outbox: Outbox
) -> None:
    monkeypatch.setattr(opening, "run", lambda *_, **__: Ran("systemctl", 5, "", "Unit not found."))
    asyncio.run(opening.open_on_screen(tmp_path, {"session": "s-9", "tests": [], "language": "fr"}))
    Outgoing(tmp_path, outbox).look()
    bodies = sent(outbox)
    assert {one["name"] for body in bodies for one in body["results"]} == {one.name for one in hands_on_tests()}
    assert {one["outcome"] for body in bodies for one in body["results"]} == {"skipped"}
    assert "Unit not found" in json.dumps(bodies[0])
    assert bodies[-1]["ended"]
