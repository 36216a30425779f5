"""What ends a session by itself, without any window."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.assist.clocks import since_boot
from agent.assist.display import Screen
from agent.assist.rules import Ask, Limits
from agent.assist.session import Session
from agent.assist.states import Event

ASK = Ask(session="a" * 32, who="Ann", organisation="R", why="x", minutes=20, answer_seconds=60)
SCREEN = Screen(display=":7", xauthority="", user="x", uid=1, gid=1, home="/")


def watched(folder: Path, *, port: bool = False, **other: Any) -> tuple[str, str]:
    """How a session that is on ends."""

    async def go() -> tuple[str, str]:
        session = Session(ASK, Limits(), folder / "assist" / "s", None, lambda _: None)
        session.story.begin(other.get("left", 600.0))
        session.story.move(Event.YES)
        if port:
            session.server = SimpleNamespace(pid=os.getpid())  # type: ignore[assignment]
        if "lost" in other:
            session._lost_at = since_boot() - other["lost"]
        shown: Any = SimpleNamespace(alive_at=since_boot() - other.get("silent", 0.0))
        watch = asyncio.create_task(session._watch(shown, SCREEN))
        try:
            return await asyncio.wait_for(asyncio.shield(session._over), 5)
        finally:
            watch.cancel()

    return asyncio.run(go())


def test_its_time(tmp_path: Path) -> None:
    assert watched(tmp_path, left=0.0)[0] == "time"


def test_the_link(tmp_path: Path) -> None:
    assert watched(tmp_path, lost=61.0)[0] == "link"


def test_a_banner_that_says_nothing(tmp_path: Path) -> None:
    assert watched(tmp_path, silent=21.0)[0] == "fault"


def test_an_open_port(tmp_path: Path) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        assert watched(tmp_path, port=True) == ("fault", "x11vnc opened a port")


def test_nothing_ends_what_is_well(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        watched(tmp_path, lost=30.0, silent=2.0)
