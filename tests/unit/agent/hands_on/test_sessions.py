"""Whole sessions in a real pseudo-terminal, answered by keys; and what is left when they are cut."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.hands_on.answers import open_session
from agent.hands_on.key_map import PAD, REQUIRED
from agent.protocol_tests import HandsOnRequest
from tests.unit.agent.hands_on.player import (
    AT_KEYBOARD,
    DOWN,
    ENTER,
    ESCAPE,
    LEFT,
    RIGHT,
    TOUCHPAD,
    Device,
    Player,
    make_root,
)
from tests.unit.agent.hands_on.test_programs import usb_tree

pytestmark = pytest.mark.timeout(180)
Start = Callable[..., Player]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_root(tmp_path / "root", AT_KEYBOARD, TOUCHPAD)


@pytest.fixture
def start(tmp_path: Path, root: Path) -> Iterator[Start]:
    players: list[Player] = []

    def begin(**how: Any) -> Player:
        players.append(Player(tmp_path / "state", how.pop("root", root), **how))
        return players[-1]

    yield begin
    for player in players:
        player.close()


@pytest.fixture
def board(root: Path) -> Iterator[Device]:
    device = Device(root, 0)
    yield device
    device.close()


@pytest.fixture
def pad(root: Path) -> Iterator[Device]:
    device = Device(root, 1)
    yield device
    device.close()


def ask(tmp_path: Path, *tests: str, language: Any = "fr") -> None:
    open_session(tmp_path / "state", HandsOnRequest(session="s-1", tests=list(tests), language=language))


def ended(tmp_path: Path, session: str = "*") -> bool:
    return bool(list((tmp_path / "state/hands-on").glob(f"{session}/ended.json")))


def outcomes(player: Player) -> list[tuple[str, str]]:
    return [(one["name"], one["outcome"]) for one in player.results()]


def test_everything_works(tmp_path: Path, root: Path, start: Start, board: Device, pad: Device) -> None:
    usb_tree(root)
    player = start(columns=100, rows=37)
    player.answer("Commencer", "o")
    player.answer("grille", ENTER)
    for _ in range(6):
        player.push(" ")
    player.answer("Oui, sans défaut", ENTER)
    # The keyboard: each key of the main part, then the numeric pad.
    player.answer("touche N", "o")
    player.see("Appuyez une fois")
    board.tap(*REQUIRED - {30})
    player.wait(lambda: outcomes(player) == [("screen", "pass")], "the screen's answer is saved")
    board.tap(30)
    player.see("Num")
    board.tap(*(key.code for key in PAD))
    # The touchpad: strokes into the corners, both buttons.
    player.see("TouchPad")
    for corner in ((0, 0), (1000, 0), (1000, 1000), (0, 1000)):
        pad.event(1, 0x14A, 1)
        pad.event(3, 0, 1000 - corner[0])
        pad.event(3, 1, 1000 - corner[1])
        pad.event(3, 0, corner[0])
        pad.event(3, 1, corner[1])
        pad.event(1, 0x14A, 0)
    pad.tap(0x110, 0x111)
    # Two sockets: a stick leaves and comes again, in another port.
    player.answer("tous les côtés", LEFT, ENTER)
    player.see("clé USB ou une souris")
    devices = root / "sys/bus/usb/devices"
    for port in ("1-7", "1-8"):
        (devices / port).mkdir()
        (devices / f"{port}:1.0").mkdir()
        for name, value in {"idVendor": "1234", "product": f"Stick {port}", "speed": "480"}.items():
            (devices / port / name).write_text(value)
        for part in ("Class", "SubClass", "Protocol"):
            (devices / f"{port}:1.0/bInterface{part}").write_text("08")
        if port == "1-7":
            player.see("Port 1 : Stick 1-7 (480 Mbit/s)")
    player.answer("Retirez la clé", "o")
    player.see("Clavier : marche")
    assert not ended(tmp_path)
    player.answer("Fermer", "o")
    assert player.ended() == 0
    assert outcomes(player) == [
        ("screen", "pass"),
        ("keyboard", "pass"),
        ("pointer", "pass"),
        ("usb-ports", "pass"),
    ]
    results = player.results()
    assert [one["target"] for one in results[1:3]] == ["AT Translated Set 2 keyboard", "SynPS/2 Synaptics TouchPad"]
    assert results[1]["figures"]["keys_answered"] == len(REQUIRED) + len(PAD)
    assert results[3]["figures"] == {"ports": 2, "working_ports": 2, "speeds_mbps": [480]}
    assert all(one["automatic"] is False and one["started_at"] for one in results)
    assert ended(tmp_path)
    assert not player.glass.scrolled


def test_faults_are_counted_and_tests_passed_over(tmp_path: Path, start: Start) -> None:
    ask(tmp_path, "screen", "pointer", language="en")
    player = start()
    player.answer("Begin", "y")
    player.answer("grid", "y")
    for _ in range(6):
        player.push(ENTER)
    player.answer("I saw something", "n")
    player.answer("never changes", RIGHT, "3", ENTER)
    player.answer("one edge to the other", ENTER)
    player.answer("marks of pressure", "s")  # no: to skip is not what was meant
    player.answer("Another reason", "b")
    player.answer("marks of pressure", "n")
    player.answer("TouchPad", "s")
    player.answer("Another reason", DOWN, ENTER)
    player.answer("Screen : works less well", ENTER)
    assert player.ended() == 0
    screen, pointer = player.results()
    assert (screen["outcome"], screen["figures"]["dead_dots"]) == ("degraded", 3)
    assert (pointer["outcome"], pointer["target"]) == ("skipped", "SynPS/2 Synaptics TouchPad")
    assert "what it takes to try it" in pointer["reason"]


def test_missing_and_stuck_keys_are_said(tmp_path: Path, start: Start, board: Device) -> None:
    ask(tmp_path, "keyboard")
    player = start()
    player.answer("Commencer", "o")
    player.answer("touche N", "n")
    player.see("Appuyez une fois")
    board.tap(*REQUIRED - {16, 57})
    board.event(1, 57, 1)  # the space bar goes down and stays there
    player.see("Reste enfoncée : Espace")
    board.event(1, 57, 0)
    board.event(1, 1, 1)  # Escape, held
    player.see("N'ont pas répondu : A")
    board.event(1, 1, 0)
    player.answer("ne marchent pas", "o")
    player.answer("elle est coincée", "n")
    player.answer("Clavier : ne marche pas", "o")
    assert player.ended() == 0
    (found,) = player.results()
    assert found["reason"] == "Keys that do not answer: A. Keys that stay down: Espace."
    assert found["figures"]["keys_dead"] == ["A"]


def test_a_terminal_without_input_devices_still_has_keys(tmp_path: Path, start: Start) -> None:
    ask(tmp_path, "keyboard")
    player = start(root=tmp_path / "empty")
    player.answer("Commencer", "o")
    player.answer("touche N", "n")
    player.answer("Échap deux fois", "a", "z", ESCAPE)
    player.idle()
    player.press(ESCAPE)
    player.see("(+ ")
    player.answer("Non, ce clavier", "n")
    player.answer("Clavier : marche", "o")
    assert player.ended() == 0
    assert player.results()[0]["figures"]["keys_answered"] == 3


def test_going_back_and_doing_a_test_again(tmp_path: Path, start: Start) -> None:
    ask(tmp_path, "screen", "pointer")
    player = start()
    player.answer("Commencer", "o")
    player.answer("grille", "p")
    player.answer("Autre raison", ENTER)
    player.answer("TouchPad", "r")  # back to the screen
    player.answer("grille", "p")
    player.answer("Autre raison", "4", ENTER)
    player.answer("TouchPad", "n")
    player.answer("Pointeur : ne marche pas", "r")
    player.answer("2. Pointeur", "2", ENTER)
    player.answer("TouchPad", "p")
    player.answer("Autre raison", ENTER)
    player.answer("Pointeur : passé", "o")
    assert player.ended() == 0
    assert outcomes(player) == [
        ("screen", "skipped"),
        ("screen", "skipped"),
        ("pointer", "fail"),
        ("pointer", "skipped"),
    ]


def test_a_session_that_is_killed_keeps_its_answers_and_goes_on(tmp_path: Path, start: Start) -> None:
    ask(tmp_path, "screen", "pointer")
    player = start()
    player.answer("Commencer", "o")
    player.answer("grille", "p")
    player.answer("Autre raison", ENTER)
    player.see("TouchPad")
    player.kill(signal.SIGKILL)
    assert outcomes(player) == [("screen", "skipped")]
    assert not ended(tmp_path)
    again = start()
    again.answer("Commencer", "o")
    again.answer("2 / 2", "n")  # the first one that has no answer
    again.answer("Fermer", "o")
    assert again.ended() == 0
    assert outcomes(again) == [("screen", "skipped"), ("pointer", "fail")]
    assert ended(tmp_path, "s-1")


def test_later_is_an_answer_too(tmp_path: Path, start: Start) -> None:
    player = start()
    player.answer("Revenir plus tard", "n")
    assert player.ended() == 3
    assert not ended(tmp_path)
    # The other language, from the first page; it is kept.
    again = start()
    again.answer("English", "e")
    again.answer("Come back later", "n")
    assert again.ended() == 3
    (request,) = (tmp_path / "state/hands-on").glob("pc-*/request.json")
    assert json.loads(request.read_text())["language"] == "en"


def test_a_key_that_stays_down_answers_nothing(tmp_path: Path, start: Start) -> None:
    ask(tmp_path, "screen")
    player = start()
    player.see("Commencer")

    # A key of the keyboard that repeats as the kernel does it, for as long as the page takes to say so.
    def repeated() -> bool:
        player.press("o")
        return "reste enfoncée" in player.glass.text

    player.wait(repeated, "the page says that a key is down")
    assert "grille" not in player.glass.text
    player.answer("Commencer", "o")
    player.see("grille")


def test_a_program_that_breaks_costs_only_its_own_answer(tmp_path: Path, start: Start) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    head = '# /// recyclerie-test\n# name = "{}"\n# title = "A new test"\n# subsystem = "screen"\n'
    head += '# runs = "parallel"\n# limit_seconds = 9\n# usual_seconds = 1\n# hands = true\n# needs = [{}]\n# ///\n'
    (programs / "broken.py").write_text(head.format("broken", "") + "def hands_on(person): raise ValueError('oh')\n")
    (programs / "lacking.py").write_text(head.format("lacking", '"tool:no-such-tool"') + "hands_on = None\n")
    ask(tmp_path, "broken", "lacking")
    player = start(programs=programs)
    player.answer("Commencer", "o")
    player.answer("A new test : passé", "o")
    assert player.ended() == 0
    assert [(one["name"], one["reason"]) for one in player.results()] == [
        ("lacking", "There is nothing to try on this machine: the program no-such-tool is missing."),
        ("broken", "The test itself broke: ValueError: oh."),
    ]


def test_work_under_way_is_said(tmp_path: Path, start: Start) -> None:
    job = tmp_path / "state/jobs/erase-1"
    job.mkdir(parents=True)
    (job / "spec.json").write_text("{}")
    player = start()
    player.see("Un travail est en cours")
    player.answer("Revenir plus tard", "n")
    (job / "result.json").write_text("{}")
    again = start()
    again.see("Revenir plus tard")
    assert "Un travail est en cours" not in again.glass.text
