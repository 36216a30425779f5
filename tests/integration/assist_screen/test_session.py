"""From the question to the end of a session, with real windows on a real X server."""

from __future__ import annotations

import os
import signal
import stat
import struct
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from agent.protocol_streams import STREAM_CLOSED
from tests.integration.assist_screen.desktop import Desktop
from tests.integration.assist_screen.household import Household, as_root
from tests.integration.assist_screen.rfb import Viewer
from tests.lab.waiting import wait_until

House = Callable[..., Household]


def test_accepted_seen_and_ended(house: House, desktop: Desktop) -> None:
    home = house()
    session = home.accepted()
    assert home.controller.names(session) == ["asked", "accepted"]
    accepted = home.controller.states(session)[-1]
    assert accepted["ends_at"].endswith("Z")
    assert not accepted["control"]
    viewer = Viewer(home.controller.open())
    assert (viewer.width, viewer.height) == (1280, 800)
    assert len(set(viewer.picture())) > 10, "the picture is empty"
    # All of it belongs to the person at the screen, and nobody else reaches the socket.
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in desktop.ours()} == {desktop.account.pw_uid}
    folder = home.socket.parent.stat()
    assert (stat.S_IMODE(folder.st_mode), folder.st_uid) == (0o700, desktop.account.pw_uid)
    assert len(desktop.ours()) == 2  # the banner and x11vnc: the question is gone
    home.stop_session(session)
    ended = home.controller.wait_for(session, "ended")
    assert (ended["code"], ended["number"], ended["ends_at"]) == ("assistant", 3, "")
    home.wait_quiet()


def test_the_familys_button_ends_it_at_once(house: House) -> None:
    home = house()
    session = home.accepted()
    stream = home.controller.open()
    viewer = Viewer(stream)
    viewer.picture()
    home.press_stop()
    assert home.controller.wait_for(session, "ended")["code"] == "family"
    wait_until(lambda: stream.closed, "the stream is closed by the agent", 30, poll=0.05)
    home.wait_quiet()


def test_control_is_a_second_question(house: House, desktop: Desktop) -> None:
    home = house()
    session = home.accepted()
    home.ask_control(session)
    home.answer(False)
    home.controller.wait_for(session, "control-refused")
    home.ask_control(session)
    home.answer(True)
    given = home.controller.wait_for(session, "control-accepted")
    assert given["control"]
    viewer = Viewer(home.controller.open())
    viewer.click(321, 654)
    wait_until(lambda: "x:321 y:654" in desktop.ask("xdotool", "getmouselocation"), "the mouse moves", 30, poll=0.1)
    home.ask_control(session)
    assert home.controller.wait_for(session, "control-impossible")["code"] == "already"
    home.stop_session(session)
    home.controller.wait_for(session, "ended")
    home.wait_quiet()


@pytest.mark.parametrize("keys", [("Escape",), ("alt+F4",)])
def test_escape_and_closing_are_no(house: House, desktop: Desktop, keys: tuple[str, ...]) -> None:
    home = house()
    session = home.ask()
    window = home.question()
    desktop.ask("xdotool", "windowactivate", "--sync", window)
    desktop.key(*keys)
    home.controller.wait_for(session, "refused")
    assert home.controller.open().refused
    home.wait_quiet()


def test_a_child_at_the_keyboard_does_not_accept(house: House, desktop: Desktop) -> None:
    home = house()
    session = home.ask()
    window = home.question()
    # Not even with the window in front and the focus on Accept: refused at the worst, never accepted.
    desktop.ask("xdotool", "windowactivate", "--sync", window)
    for keys in (("Return", "space", "a"), ("Tab", "Tab", "Tab", "Tab", "Return", "space", "KP_Enter")):
        desktop.key(*keys)
    home.stop_session(session)
    wait_until(lambda: len(home.controller.names(session)) > 1, "it is over", 30, poll=0.1)
    assert "accepted" not in home.controller.names(session)


def test_without_a_mouse_it_takes_two_keys_at_once(house: House, desktop: Desktop) -> None:
    home = house()
    session = home.ask()
    window = home.question()
    desktop.ask("xdotool", "windowactivate", "--sync", window)

    def accepted() -> bool:
        # Two languages, Refuse, Accept; nothing has the focus at first, and nothing is taken in the first second.
        desktop.key("Tab", "Tab", "Tab", "Tab", "ctrl+Return")
        return "accepted" in home.controller.names(session)

    home.controller.wait_for(session, "asked")
    wait_until(accepted, "Ctrl and Enter accept", 30, poll=2.0)


def test_a_window_that_comes_up_takes_no_keys(house: House, desktop: Desktop) -> None:
    home = house()
    typed = desktop.folder / "typed-before"
    editor = desktop.run_in("/usr/bin/python3", str(Path(__file__).with_name("editor.py")), str(typed))
    wait_until(typed.exists, "the editor is there", 30, poll=0.1)
    desktop.ask("xdotool", "windowactivate", "--sync", desktop.windows("^editor$")[0])
    session = home.ask()
    home.question()
    desktop.key("b", "o", "n", "Return", "space")
    wait_until(lambda: typed.read_text() == "bon ", "the letters arrive in the editor", 30, poll=0.1)
    assert home.controller.names(session) == ["asked"]
    editor.kill()


def test_silence_is_no(house: House) -> None:
    home = house(least_answer_seconds=1)
    session = home.ask(answer_seconds=3)
    assert home.controller.wait_for(session, "unanswered")["code"] == ""
    home.wait_quiet()


def test_the_assistant_takes_the_question_away(house: House) -> None:
    home = house()
    session = home.ask()
    home.question()
    home.stop_session(session)
    assert home.controller.wait_for(session, "unanswered")["code"] == "assistant"
    home.wait_quiet()


@pytest.mark.parametrize(
    ("program", "how"), [("x11vnc", signal.SIGKILL), ("banner", signal.SIGKILL), ("banner", signal.SIGSTOP)]
)
def test_without_a_banner_there_is_no_picture(
    house: House, desktop: Desktop, program: str, how: signal.Signals
) -> None:
    home = house()
    session = home.accepted()
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in desktop.ours()}
    os.kill(next(pid for pid, line in lines.items() if program.encode() in line), how)
    assert home.controller.wait_for(session, "ended")["code"] == "fault"
    home.wait_quiet()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_the_agent(house: House, how: signal.Signals) -> None:
    home = house()
    session = home.accepted()
    viewer = Viewer(home.controller.open())
    viewer.picture()
    home.stop(how)
    wait_until(lambda: not home.desktop.ours(), "everything of ours is gone", 30, poll=0.05)
    home.start()
    ended = home.controller.wait_for(session, "ended")
    assert (ended["code"], ended["number"]) == ("restart", 3)
    home.wait_quiet()


def test_an_agent_that_ends_during_the_question(house: House) -> None:
    home = house()
    session = home.ask()
    home.question()
    home.controller.wait_for(session, "asked")
    home.stop(signal.SIGKILL)
    wait_until(lambda: not home.desktop.ours(), "the question is gone", 30, poll=0.05)
    home.start()
    assert home.controller.wait_for(session, "unanswered")["code"] == "restart"


def test_nothing_later_covers_the_banner(house: House, desktop: Desktop, tmp_path: Path) -> None:
    home = house()
    session = home.accepted()
    x, y, _, height = home.banner()
    typed = desktop.folder / "typed-full"
    cover = desktop.run_in("/usr/bin/python3", str(Path(__file__).with_name("editor.py")), str(typed), "fullscreen")
    wait_until(typed.exists, "the full-screen window is there", 30, poll=0.1)

    def on_top() -> bool:
        from PIL import Image

        with Image.open(desktop.shot(tmp_path / "covered.png")) as picture:
            pixel = picture.convert("RGB").getpixel((x + 6, y + height // 2))
        return pixel == (0xB3, 0x26, 0x1E)

    wait_until(on_top, "the banner is on top again", 30, poll=0.2)
    home.press_stop()
    assert home.controller.wait_for(session, "ended")["code"] == "family"
    cover.kill()


@pytest.mark.skipif(not as_root(), reason="only root runs things as another account")
def test_the_account_at_the_screen_is_not_roots(house: House, desktop: Desktop) -> None:
    home = house()
    home.accepted()
    for pid in desktop.ours():
        status = Path(f"/proc/{pid}/status").read_text()
        assert "NoNewPrivs:\t1" in status
        assert "CapEff:\t0000000000000000" in status


def test_one_page_takes_the_screen_from_another(house: House) -> None:
    """At once, in the middle of a picture: the next one sees something too."""
    home = house()
    home.accepted()
    stream = home.controller.open()
    Viewer(stream).picture()
    for _ in range(6):
        stream.send(struct.pack("!BBHHHH", 3, 0, 0, 0, 1280, 800))
        home.controller.say(STREAM_CLOSED, {"stream": stream.number, "reason": "taken over"})
        stream = home.controller.open()
        assert not stream.refused, stream.answer
        Viewer(stream).picture()


@pytest.mark.parametrize("control", [False, True])
def test_no_port_is_open(house: House, desktop: Desktop, control: bool) -> None:
    home = house()
    session = home.accepted()
    if control:
        home.ask_control(session)
        home.answer(True)
        home.controller.wait_for(session, "control-accepted")
    ports = {}
    for pid in desktop.ours():
        for one in psutil.Process(pid).net_connections("inet"):
            ports[pid] = one
    assert ports == {}


@pytest.mark.parametrize(
    ("then", "word"), [({"LockedHint": "yes"}, "locked"), ({"Active": "no"}, "another session"), ({}, "signed out")]
)
def test_signed_out_locked_or_another_account_in_front(
    house: House, desktop: Desktop, tmp_path: Path, then: dict[str, str], word: str
) -> None:
    facts = {"Id": "2", "Name": desktop.account.pw_name, "User": str(desktop.account.pw_uid), "Type": "x11"}
    facts |= {"Class": "user", "Active": "yes", "Seat": "seat0", "LockedHint": "no", "Display": desktop.display}
    answer, loginctl = tmp_path / "answer", tmp_path / "loginctl"
    answer.write_text("\n".join(f"{name}={value}" for name, value in facts.items()))
    loginctl.write_text(f'#!/bin/sh\n[ "$1" = list-sessions ] && exec echo "2 1000 x seat0" || exec cat {answer}\n')
    loginctl.chmod(0o755)
    home = house(start=False)
    around = {"LANG": "fr_FR.UTF-8", "XAUTHORITY": str(desktop.xauthority)}
    home.pc.rig["display"] = {"loginctl": str(loginctl), "environment": around}
    home.pc.write()
    home.start()
    session = home.accepted()
    stream = home.controller.open()
    Viewer(stream).picture()
    if then:
        answer.write_text("\n".join(f"{name}={value}" for name, value in (facts | then).items()))
    else:
        answer.unlink()
    ended = home.controller.wait_for(session, "ended")
    assert ended["code"] == "sign-out"
    assert word in ended["detail"]
    wait_until(lambda: stream.closed, "the stream is closed", 30, poll=0.05)
    home.wait_quiet()


@pytest.mark.parametrize("killed", ["x11vnc", "agent"])
def test_the_keyboard_repeats_again_after_a_session(house: House, desktop: Desktop, killed: str) -> None:
    home = house()
    session = home.accepted()
    home.ask_control(session)
    home.answer(True)
    home.controller.wait_for(session, "control-accepted")
    viewer = Viewer(home.controller.open())
    viewer.type("a")

    wait_until(lambda: not desktop.repeats(), "x11vnc takes the repetition", 30, poll=0.2)
    if killed == "agent":
        home.stop(signal.SIGKILL)
        home.start()
    else:
        lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in desktop.ours()}
        os.kill(next(pid for pid, line in lines.items() if b"x11vnc" in line), signal.SIGKILL)
    home.controller.wait_for(session, "ended")
    wait_until(desktop.repeats, "keys repeat again", 30, poll=0.2)
