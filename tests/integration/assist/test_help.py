"""A family asks for help: the window on a real X server, the real agent, the controller's row, and news coming back."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from controller.helpdesk.codes import machines_with
from controller.helpdesk.requests import assign, solve
from controller.helpdesk.tables import HelpCode, HelpRequest
from controller.helpdesk.telling import say_to_family
from tests.integration.agent.played import ROOT
from tests.integration.assist.world import Home, World
from tests.integration.assist_screen.desktop import Desktop, missing
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
PERSON = 1000


def with_desk(world: World) -> Iterator[Home]:
    """A machine at home whose desk is open."""
    home = world.home()
    socket_path = Path("/run") / f"rcy-help-{home.machine_id}-{time.monotonic_ns()}.sock"
    home.pc.rig["help_socket"] = str(socket_path)
    home.pc.write()
    home.start()
    world.wait_linked(home)
    yield home
    if home.process is not None:
        home.stop()
    assert not socket_path.exists()  # nothing is left behind


@pytest.fixture
def asking(world: World) -> Iterator[Home]:
    """Of the controller that all tests share."""
    yield from with_desk(world)


@pytest.fixture
def its_asking(mortal: World) -> Iterator[Home]:
    """Of the controller that may be killed."""
    yield from with_desk(mortal)


def desk(home: Home) -> Path:
    return Path(home.pc.rig["help_socket"])


def say(home: Home, **what: Any) -> dict[str, Any]:
    """One question at the desk, as root."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(str(desk(home)))
        connection.sendall(json.dumps(what).encode() + b"\n")
        return dict(json.loads(connection.makefile().readline()))


def rows(world: World, home: Home) -> list[HelpRequest]:
    with world.core.database.read() as session:
        query = select(HelpRequest).where(HelpRequest.machine_id == home.machine_id).order_by(HelpRequest.id)
        return list(session.execute(query).scalars())


def newest(home: Home) -> dict[str, Any]:
    """What the family's window knows of the last call."""
    return dict(say(home, do="state")["requests"][0])


def state(home: Home) -> str:
    """What the family's window would say of the last call."""
    return str(newest(home)["state"])


def test_a_call_reaches_the_workshop_and_its_news_come_back(world: World, asking: Home) -> None:
    answer = say(asking, do="ask", topic="sound", text="plus de son", phone="0612345678", language="fr")
    assert answer["ok"], answer
    [row] = wait_until(lambda: rows(world, asking), "the call is in the database", 30, poll=0.1)
    assert (row.topic, row.text, row.phone_key, row.request) == (
        "sound",
        "plus de son",
        "+33612345678",
        answer["request"],
    )
    assert row.machine["uptime_seconds"] > 0
    assert row.machine["memory"]["total_bytes"] > 0
    assert row.machine["network"] in ("cable", "wifi", "mobile", "other", "none")
    [entry] = world.entries("help.asked", asking)
    assert "plus de son" not in json.dumps(entry)
    wait_until(lambda: state(asking) == "received", "the PC knows that it was received", 40, poll=0.2)
    with world.core.database.write() as session:
        say_to_family(session, session.get_one(HelpRequest, row.id), "user:7", "Nous appelons à 17 h.")
    wait_until(lambda: newest(asking).get("note"), "the PC knows what the workshop says", 40, poll=0.2)
    assert newest(asking)["note"] == "Nous appelons à 17 h."
    with world.core.database.write() as session:
        found = session.get_one(HelpRequest, row.id)
        assign(session, found, "user:7")
        solve(session, found, "user:7", "branché")
    wait_until(lambda: state(asking) == "solved", "the PC knows that it is solved", 40, poll=0.2)
    assert "branché" not in (asking.folder / "state" / "help.json").read_text()


def test_without_the_workshop_there_is_no_code_and_a_call_waits(mortal: World, its_asking: Home) -> None:
    code = say(its_asking, do="code")
    assert code["ok"], code
    with mortal.core.database.read() as session:
        assert [machine.id for machine in machines_with(session, code["code"])] == [its_asking.machine_id]
    mortal.kill()
    wait_until(lambda: not say(its_asking, do="state")["linked"], "the PC knows that it is cut off", 60, poll=0.2)
    assert say(its_asking, do="code") == {"ok": False, "code": "not-linked"}
    answer = say(its_asking, do="ask", topic="other", text="", phone="", language="ar")
    assert (answer["ok"], answer["linked"]) == (True, False)
    assert state(its_asking) == "waiting"
    mortal.start()
    wait_until(lambda: rows(mortal, its_asking), "the call arrives", 150, poll=0.2)
    wait_until(lambda: state(its_asking) == "received", "and the PC hears so", 60, poll=0.2)


def test_the_window_asks_and_shows_a_code(world: World, asking: Home) -> None:
    if why := missing():
        pytest.skip(why)
    desktop = Desktop()
    try:
        cookie = desktop.folder / "cookie-of-a-person"
        shutil.copy(desktop.xauthority, cookie)
        shutil.chown(cookie, PERSON, PERSON)
        environment = desktop.environment(
            LANGUAGE="fr",
            XAUTHORITY=str(cookie),
            PYTHONPATH=str(ROOT),
            PYTHONDONTWRITEBYTECODE="1",
            RECYCLERIE_HELP_SOCKET=str(desk(asking)),
        )
        command = ["/usr/bin/python3", "-m", "agent", "ask-for-help"]
        with (asking.folder / "window.log").open("wb") as log:
            window = subprocess.Popen(command, env=environment, user=PERSON, group=PERSON, cwd="/", stderr=log)
        wait_until(lambda: desktop.windows("Demander de l"), "the window is shown", 60, poll=0.2)

        def height() -> int:
            found = desktop.windows("Demander de l")
            return desktop.geometry(found[0])[3] if found else -1

        first = height()
        desktop.key("Tab", "Tab", "Tab", "space")  # the fourth topic: the printer
        wait_until(lambda: height() != first, "the form is shown", 30, poll=0.1)
        form = height()
        desktop.ask("xdotool", "type", "--delay", "40", "rien ne sort")
        desktop.key("Tab")
        desktop.ask("xdotool", "type", "--delay", "40", "06 12 34 56 78")
        desktop.key("Return")
        [row] = wait_until(lambda: rows(world, asking), "the call is in the database", 60, poll=0.2)
        assert (row.topic, row.text, row.phone, row.language) == ("printer", "rien ne sort", "06 12 34 56 78", "fr")
        wait_until(lambda: height() not in (form, -1), "it says that it is sent", 30, poll=0.1)
        desktop.key("shift+Tab", "space")
        wait_until(lambda: height() >= first, "the first page again", 30, poll=0.1)
        desktop.key(*["Tab"] * 9, "space")  # on the phone with somebody

        def has_code() -> bool:
            with world.core.database.read() as session:
                return session.get(HelpCode, asking.machine_id) is not None

        wait_until(has_code, "the code is in the database", 30, poll=0.2)
        assert window.poll() is None

        def goes_back() -> bool:
            """Escape does nothing while the code is still on its way to the window."""
            if height() < first:
                desktop.key("Escape")
            return height() >= first

        wait_until(goes_back, "back on the first page", 60, poll=2)
        desktop.key("Escape")
        assert window.wait(20) == 0
        assert "Traceback" not in (asking.folder / "window.log").read_text()
    finally:
        desktop.close()
