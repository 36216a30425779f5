"""Why x11vnc ended or let its viewer go: it is asked for in the agent's log, and nothing that was typed is in it."""

from __future__ import annotations

import os
import signal
import struct
from collections.abc import Callable
from pathlib import Path

from tests.integration.assist_screen.desktop import Desktop
from tests.integration.assist_screen.household import Household
from tests.integration.assist_screen.rfb import Viewer
from tests.lab.waiting import wait_until

House = Callable[..., Household]


def controlled(home: Household) -> str:
    """A session with mouse and keyboard."""
    session = home.accepted()
    home.ask_control(session)
    home.answer(True)
    home.controller.wait_for(session, "control-accepted")
    return session


def test_a_viewer_that_x11vnc_lets_go(house: House) -> None:
    home = house()
    controlled(home)
    stream = home.controller.open()
    viewer = Viewer(stream)
    viewer.picture()
    for rare in (0x1BD, 0x6D0, 0x13BD):  # ˝, п, œ on a layout without them: x11vnc adds them, and says so
        viewer.key(rare)
    viewer.clipboard("mot de passe")
    stream.send(struct.pack("!B", 200))
    wait_until(lambda: stream.closed, "x11vnc lets the viewer go", 30, poll=0.05)
    wait_until(lambda: "screen is closed again" in home.log, "the agent says so", 30, poll=0.05)
    assert "unknown message type 200" in home.log
    assert not [word for word in ("keysym", "Cyrillic", "doubleacute", "mot de passe") if word in home.log]


def test_an_x11vnc_that_dies(house: House, desktop: Desktop) -> None:
    home = house()
    session = controlled(home)
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in desktop.ours()}
    os.kill(next(pid for pid, line in lines.items() if b"x11vnc" in line), signal.SIGTERM)
    ended = home.controller.wait_for(session, "ended")
    assert ended["code"] == "fault"
    assert ended["detail"].startswith("x11vnc ended with status ")
    assert "caught signal: 15" in ended["detail"]
