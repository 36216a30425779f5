"""The guard without any window: what it answers when it shows nothing, and what a cut-off session leaves."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent.assist import leftovers
from agent.assist.guard import Guard
from agent.config import parse_config
from agent.protocol_assist import ASSIST_ASK, ASSIST_ASK_CONTROL, ASSIST_STOP
from agent.services.base import Refused
from agent.services.listed import listed

ASK: dict[str, Any] = {
    "session": "a" * 32, "who": "Ann", "organisation": "R", "why": "x", "minutes": 20, "answer_seconds": 60,
}  # fmt: skip


def make(folder: Path, **rig: Any) -> tuple[Guard, list[dict[str, Any]]]:
    """A guard on a PC where nobody is signed in."""
    kept: list[dict[str, Any]] = []
    raw = {"mode": "resident", "controller_url": "https://192.0.2.1", "state_dir": str(folder / "state")}
    socket = folder / "assist" / "screen.sock"
    config = parse_config(raw | {"rig": {"display": {"code": "nobody"}, "screen_socket": str(socket)} | rig})
    return Guard(config, lambda _, body: kept.append(body)), kept


def play(folder: Path, *messages: tuple[str, dict[str, Any]], **rig: Any) -> list[dict[str, Any]]:
    """What is answered to these."""

    async def go() -> list[dict[str, Any]]:
        guard, kept = make(folder, **rig)
        for kind, body in messages:
            guard.hear(kind, body)
            if guard._running is not None:
                await guard._running
        with pytest.raises(Refused):
            await guard.open_screen()
        await guard.close()
        return kept

    return asyncio.run(go())


def test_nobody_is_there(tmp_path: Path) -> None:
    states = play(tmp_path, (ASSIST_ASK, ASK))
    assert [one["state"] for one in states] == ["impossible"]
    assert states[0]["code"] in ("nobody", "no-program")


def test_messages_about_nothing_are_left_alone(tmp_path: Path) -> None:
    bad: list[dict[str, Any]] = [{}, {"session": 7}, {"session": "../../x"}, {"session": None}]
    kinds = (ASSIST_ASK, ASSIST_ASK_CONTROL, ASSIST_STOP, "assist.", "assist.accept")
    assert play(tmp_path, *((kind, body) for kind in kinds for body in bad)) == []
    assert play(tmp_path, ("assist.accept", ASK), ("assist.", ASK), (ASSIST_STOP, ASK)) == []


def test_a_session_that_was_shown_is_spent(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "assist"
    folder.mkdir(parents=True)
    (folder / "asked.json").write_text(json.dumps({"seen": [ASK["session"]]}))
    assert play(tmp_path, (ASSIST_ASK, ASK))[0]["code"] == "seen"


def test_control_of_nothing(tmp_path: Path) -> None:
    state = play(tmp_path, (ASSIST_ASK_CONTROL, {"session": "b" * 32, "answer_seconds": 60}))[0]
    assert (state["state"], state["code"]) == ("control-impossible", "not-on")


def test_what_a_cut_off_session_leaves_is_removed(tmp_path: Path) -> None:
    left = subprocess.Popen(["sleep", "600"])
    folder = tmp_path / "state" / "assist"
    folder.mkdir(parents=True)
    state: Any = {
        "session": "c" * 32,
        "number": 4,
        "state": "accepted",
        "control": False,
        "ends_at": "2026-01-01T00:00:00Z",
    }
    leftovers.note(folder, state, [left.pid])
    socket = tmp_path / "assist" / "screen.sock"
    socket.parent.mkdir()
    socket.touch()
    _, kept = make(tmp_path)
    assert left.wait(10) == -9
    assert not socket.parent.exists()
    assert [(one["state"], one["code"], one["number"]) for one in kept] == [("ended", "restart", 5)]
    assert make(tmp_path)[1] == []  # told once


def test_an_end_that_was_told_is_not_told_again(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "assist"
    folder.mkdir(parents=True)
    state: Any = {"session": "c" * 32, "number": 5, "state": "ended", "control": False, "ends_at": ""}
    leftovers.note(folder, state, [])
    assert make(tmp_path)[1] == []
    assert not (folder / "session.json").exists()


def test_another_process_with_that_number_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "assist"
    folder.mkdir(parents=True)
    note = {"session": "c" * 32, "number": 1, "seen": False, "processes": [[os.getpid(), "1"], [1, "1"], ["x", 2]]}
    (folder / "session.json").write_text(json.dumps(note))
    _, kept = make(tmp_path)
    assert (kept[0]["state"], kept[0]["code"]) == ("unanswered", "restart")


def test_the_screen_is_not_behind_a_file(tmp_path: Path) -> None:
    """With a session object in charge, a socket in the right place opens nothing."""
    raw = {"mode": "resident", "controller_url": "https://192.0.2.1", "state_dir": str(tmp_path)}

    async def nobody() -> Any:
        raise Refused("no", "not-now")

    async def try_to_open(service: Any) -> None:
        with pytest.raises(Refused):
            await service.open({})

    for known in (listed(parse_config(raw), nobody), listed(parse_config(raw))):
        asyncio.run(try_to_open(known["screen"]))
