"""A controller that breaks each promise of docs/consent.md. The numbers are those of the promises there."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.protocol_assist import ASSIST_ASK, ASSIST_STATE
from tests.integration.assist_screen.desktop import Desktop
from tests.integration.assist_screen.household import Household
from tests.integration.assist_screen.rfb import Viewer
from tests.lab.waiting import wait_until

House = Callable[..., Household]
EDITOR = Path(__file__).with_name("editor.py")


def test_1_it_skips_the_question(house: House) -> None:
    home = house()
    assert home.controller.open().answer["code"] == "not-now"  # type: ignore[index]
    session = home.ask()
    home.controller.wait_for(session, "asked")
    # It says that the family has accepted, in every way it can think of.
    said = {"session": session, "state": "accepted", "number": 2, "control": True, "answer": "accept", "code": ""}
    for kind in (ASSIST_STATE, "assist.accept", "assist.answer", "assist.start", "assist."):
        home.controller.say(kind, said)
    home.controller.say(ASSIST_ASK, {"session": session, "accepted": True} | said)
    assert home.controller.open().answer["code"] == "not-now"  # type: ignore[index]
    home.answer(False)
    home.controller.wait_for(session, "refused")
    assert home.controller.open().answer["code"] == "not-now"  # type: ignore[index]
    home.wait_quiet()


def test_1_it_uses_an_accepted_session_again(house: House) -> None:
    home = house()
    session = home.accepted()
    home.press_stop()
    home.controller.wait_for(session, "ended")
    home.wait_quiet()
    assert home.controller.open().answer["code"] == "not-now"  # type: ignore[index]
    home.ask(session=session)
    assert home.controller.wait_for(session, "impossible")["code"] == "seen"
    home.stop()  # it is remembered over a restart
    home.start()
    home.controller.received.clear()
    home.ask(session=session)
    assert home.controller.wait_for(session, "impossible")["code"] == "seen"
    assert home.quiet()


def test_2_it_changes_who_and_why_after_the_question(house: House) -> None:
    home = house()
    session = home.ask()
    home.controller.wait_for(session, "asked")
    home.ask(session=session, who="Somebody Else", why="something else", minutes=60)
    home.answer(True)
    accepted = home.controller.wait_for(session, "accepted")
    home.ask(session=session, who="Somebody Else")
    other = home.ask(who="Somebody Else")
    assert home.controller.wait_for(other, "impossible")["code"] == "busy"
    assert home.controller.names(session) == ["asked", "accepted"]
    home.ask_control(session)
    home.question()
    assert home.controller.states(session)[-1]["ends_at"][:16] == accepted["ends_at"][:16]


BAD: tuple[dict[str, Any], ...] = (
    {"minutes": 100_000},
    {"minutes": 4},
    {"minutes": "20"},
    {"answer_seconds": 100_000},
    {"answer_seconds": 1},
    {"who": ""},
    {"who": "\u202e\u200b \n"},
    {"why": None},
    {"why": "x" * 301},
    {"organisation": ["a"]},
)


def test_3_8_it_asks_for_what_nobody_could_read_or_accept(house: House) -> None:
    home = house()
    for other in BAD:
        session = home.ask(**other)
        assert home.controller.wait_for(session, "impossible")["code"] == "bad-request", other
        assert home.quiet()


def test_4_it_asks_again_and_again(house: House) -> None:
    home = house(pause_seconds=60.0)
    session = home.ask()
    home.answer(False)
    home.controller.wait_for(session, "refused")
    again = home.ask()
    assert home.controller.wait_for(again, "impossible")["code"] == "too-soon"
    home.stop()
    home.start()
    again = home.ask()
    assert home.controller.wait_for(again, "impossible")["code"] == "too-soon"
    assert home.quiet()


def test_4_it_asks_more_often_than_six_times_an_hour(house: House) -> None:
    home = house(questions_an_hour=2)
    for _ in range(2):
        session = home.ask()
        home.question()
        home.stop_session(session)
        home.controller.wait_for(session, "unanswered")
        home.wait_quiet()
    session = home.ask()
    assert home.controller.wait_for(session, "impossible")["code"] == "too-soon"


def test_4_it_finds_out_whether_somebody_is_there(house: House) -> None:
    home = house(tries_an_hour=3)
    home.stop()
    home.pc.rig["display"] = {"code": "nobody"}
    home.pc.write()
    home.start()
    codes = []
    for _ in range(5):
        session = home.ask()
        codes.append(home.controller.wait_for(session, "impossible")["code"])
    assert codes == ["nobody"] * 3 + ["too-soon"] * 2


def test_5_it_uses_mouse_and_keyboard_without_asking(house: House, desktop: Desktop) -> None:
    home = house()
    typed = desktop.folder / f"typed-{secrets.token_hex(3)}"
    editor = desktop.run_in("/usr/bin/python3", str(EDITOR), str(typed))
    wait_until(typed.exists, "the editor is there", 30, poll=0.1)
    session = home.accepted(control=True, viewonly=False, mode="control")
    desktop.ask("xdotool", "windowactivate", "--sync", desktop.windows("^editor$")[0])
    viewer = Viewer(home.controller.open())
    viewer.picture()
    before = desktop.ask("xdotool", "getmouselocation")
    desktop.run_in("xclip", "-selection", "clipboard", "-i", "/dev/null")
    viewer.type("never")
    viewer.click(5, 795)
    viewer.clipboard("never")
    viewer.picture()  # x11vnc has read all of it
    assert desktop.ask("xdotool", "getmouselocation") == before
    assert typed.read_text() == ""
    assert "never" not in desktop.ask("xclip", "-selection", "clipboard", "-o", seconds=5)
    # The same bytes do arrive once the family has said yes to it.
    home.ask_control(session)
    home.answer(True)
    home.controller.wait_for(session, "control-accepted")
    desktop.ask("xdotool", "windowactivate", "--sync", desktop.windows("^editor$")[0])
    viewer = Viewer(home.controller.open())
    viewer.type("yes")
    wait_until(lambda: typed.read_text() == "yes", "what is typed arrives", 30, poll=0.1)
    editor.kill()


def test_5_it_asks_for_control_without_a_session(house: House) -> None:
    home = house()
    session = secrets.token_hex(16)
    home.ask_control(session)
    assert home.controller.wait_for(session, "control-impossible")["code"] == "not-on"
    session = home.ask()
    home.question()
    home.ask_control(session)
    assert home.controller.wait_for(session, "control-impossible")["code"] == "not-on"


def test_6_it_tells_the_banner_to_hide(house: House, desktop: Desktop) -> None:
    home = house()
    session = home.accepted(banner=False, hide=True, quiet=True)
    for kind in ("assist.banner", "assist.hide", ASSIST_ASK, ASSIST_STATE):
        home.controller.say(kind, {"session": session, "hide": True, "banner": "hidden", "who": ""})
    stream = home.controller.open(who="", why="", hide=True)
    Viewer(stream).picture()
    home.banner()
    # Something on the desktop takes it away: then nothing is seen any more either.
    desktop.ask("xdotool", "windowunmap", desktop.windows("^banner$")[0])
    home.controller.wait_for(session, "ended")
    wait_until(lambda: stream.closed, "the stream is closed", 30, poll=0.05)
    home.wait_quiet()


def drain(viewer: Viewer) -> None:
    """Look until nothing comes any more."""
    for _ in range(50):
        viewer.picture()


def test_7_it_keeps_the_stream_after_the_end(house: House) -> None:
    home = house()
    session = home.accepted()
    stream = home.controller.open()
    viewer = Viewer(stream)
    viewer.picture()
    home.press_stop()
    home.controller.wait_for(session, "ended")
    wait_until(lambda: stream.closed, "the stream is closed by the agent", 30, poll=0.05)
    with pytest.raises(EOFError):
        drain(viewer)
    assert home.controller.open().answer["code"] == "not-now"  # type: ignore[index]
    home.wait_quiet()


def test_8_it_goes_on_beyond_the_time(house: House) -> None:
    home = house(minute_seconds=0.6)
    session = home.accepted(minutes=5)
    stream = home.controller.open()
    home.ask(session=session, minutes=60)
    assert home.controller.wait_for(session, "ended")["code"] == "time"
    wait_until(lambda: stream.closed, "the stream is closed", 30, poll=0.05)
    home.wait_quiet()


def test_8_it_hides_and_lets_the_session_go_on(house: House) -> None:
    home = house(link_seconds=2.0)
    session = home.accepted()
    home.controller.cut()
    home.wait_quiet()  # without any controller
    home.controller.answering = True
    home.wait_linked()
    assert home.controller.wait_for(session, "ended")["code"] == "link"


def test_8_a_short_loss_ends_nothing(house: House) -> None:
    home = house()
    session = home.accepted()
    home.controller.cut(answering=True)
    wait_until(lambda: not home.controller.linked, "cut", 30, poll=0.02)
    home.wait_linked()
    Viewer(home.controller.open()).picture()
    assert home.controller.names(session) == ["asked", "accepted"]


def test_9_two_look_at_once(house: House) -> None:
    home = house()
    home.accepted()
    first = home.controller.open()
    viewer = Viewer(first)
    second = home.controller.open()
    assert second.answer is not None
    assert second.answer["code"] == "too-many"
    viewer.picture()


def test_9_it_asks_for_what_is_not_on_the_list(house: House) -> None:
    home = house()
    home.accepted()
    for service in ("ssh", "x11vnc", "/run/recyclerie/assist/screen.sock", "screen ", "SCREEN", ""):
        answer = home.controller.open(service).answer
        assert answer is not None
        assert answer["code"] == "not-listed", service
