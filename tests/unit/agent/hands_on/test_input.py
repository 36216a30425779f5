"""What the terminal and the kernel send, and what the tests make of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.hands_on.input_devices import InputDevice, InputEvent, OpenDevice, decode, encode, find_devices, opened
from agent.hands_on.keyboard_state import END_SECONDS, HELD_SECONDS, KeyboardState
from agent.hands_on.pointer_state import PointerState
from agent.hands_on.terminal_keys import digit, split_keys
from tests.unit.agent.hands_on.player import AT_KEYBOARD, TOUCHPAD, make_root

BOARD = InputDevice("keyboard", "AT keyboard", Path("/dev/input/event0"), "isa0060/serio0", built_in=True)
OTHER = InputDevice("keyboard", "USB keyboard", Path("/dev/input/event5"), "usb-1", built_in=None)
MEDIA = InputDevice("keyboard", "USB keyboard keys", Path("/dev/input/event6"), "usb-1", built_in=None)


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"o", ["o"]),
        (b"O\r", ["o", "enter"]),
        (b"\033[A\033[B\033[C\033[D", ["up", "down", "right", "left"]),
        (b"\033OA\033OM", ["up", "enter"]),
        (b"\033[[A\033[[En", ["n"]),  # F1 and F5 of the console
        (b"\033[3~n", ["n"]),  # Del
        (b"\033[1;5Co", ["o"]),  # Ctrl and an arrow
        ("éà".encode(), ["é", "à"]),
        (b"\xff\xfeo", ["o"]),
        (b"\t\x7f\b", ["tab", "backspace", "backspace"]),
        (b"\x03\x1ao", ["o"]),  # Ctrl+C and Ctrl+Z answer nothing
    ],
)
def test_keys_of_a_terminal(data: bytes, keys: list[str]) -> None:
    assert split_keys(data) == (keys, b"")
    # Whatever way the bytes come in.
    found: list[str] = []
    rest = b""
    for byte in data:
        more, rest = split_keys(rest + bytes([byte]))
        found += more
    assert (found, rest) == (keys, b"")


def test_a_lone_escape_is_a_key_once_nothing_follows() -> None:
    assert split_keys(b"\033") == ([], b"\033")
    assert split_keys(b"\033", complete=True) == (["escape"], b"")
    assert split_keys(b"\033[", complete=True) == (["escape", "["], b"")


@pytest.mark.parametrize(("key", "number"), [("3", 3), ("&", 1), ("à", 0), ("ç", 9), ("o", None), ("enter", None)])
def test_digits_with_and_without_shift(key: str, number: int | None) -> None:
    assert digit(key) == number


def test_events_are_decoded_in_whatever_pieces_they_come() -> None:
    data = encode(1, 30, 1, 12.5) + encode(2, 0, -7)
    events, rest = decode(data[:30])
    assert events == [InputEvent(12.5, 1, 30, 1)]
    assert decode(rest + data[30:])[0] == [InputEvent(0.0, 2, 0, -7)]


def test_devices_of_a_machine(tmp_path: Path) -> None:
    mouse = (
        AT_KEYBOARD.replace("0011", "0003", 1)
        .replace("AT Translated Set 2 keyboard", "Stick")
        .replace("isa0060/serio0/input0", "usb-0000:00:14.0-3/input1")
    )
    root = make_root(tmp_path, mouse, TOUCHPAD.replace("PROP=1", "PROP=5"), AT_KEYBOARD.replace("event0", "event2"))
    found = find_devices(root, ("keyboard",))
    assert [(one.name, one.place, one.built_in) for one in found] == [
        ("AT Translated Set 2 keyboard", "isa0060/serio0", True),
        ("Stick", "usb-0000:00:14.0-3", None),
    ]
    pads = find_devices(root, ("touchpad",))
    assert [(one.one_button, one.path) for one in pads] == [(True, root / "dev/input/event1")]
    assert find_devices(tmp_path / "nothing") == []


def test_a_device_that_is_pulled_out_is_gone(tmp_path: Path) -> None:
    root = make_root(tmp_path, AT_KEYBOARD)
    kernel = os.open(root / "dev/input/event0", os.O_RDWR)
    with opened(find_devices(root)) as devices:
        one: OpenDevice = devices[0]
        assert one.events() == []
        assert not one.gone
        os.write(kernel, encode(1, 30, 1))
        assert [event.code for event in one.events()] == [30]
        os.close(kernel)
        assert one.events() == []
        assert one.gone
        assert one.held() == set()
        assert one.ranges() == ((0, 1000), (0, 1000))


def press(code: int, value: int = 1) -> InputEvent:
    return InputEvent(0.0, 1, code, value)


def test_the_first_keyboard_that_is_pressed_is_the_one_under_test() -> None:
    state = KeyboardState()
    assert not state.feed(OTHER, press(30, 0), 0.0)  # the Enter that began the test, let go
    assert state.feed(OTHER, press(30), 0.0)
    assert not state.feed(BOARD, press(31), 0.1)
    assert state.feed(MEDIA, press(113), 0.1)  # another part of the same keyboard
    assert state.pressed == {30, 113}
    assert not state.feed(OTHER, InputEvent(0.0, 4, 4, 30), 0.2)  # a scan code is no key
    assert not state.feed(OTHER, press(0x110), 0.2)  # nor is a button


def test_a_key_that_stays_down_is_stuck_and_no_sign_of_a_person() -> None:
    state = KeyboardState()
    state.feed(BOARD, press(48), 0.0)
    state.feed(BOARD, press(30), 0.0)
    state.feed(BOARD, press(30, 0), 0.1)
    assert not state.feed(BOARD, press(48, 2), 0.5)
    assert state.held(HELD_SECONDS - 1) == set()
    assert state.held(HELD_SECONDS) == {48}
    state.feed(BOARD, press(48, 0), HELD_SECONDS + 1)
    assert state.held(HELD_SECONDS + 2) == set()
    assert state.stuck == {48}


def test_a_key_that_was_down_from_the_start_is_found() -> None:
    state = KeyboardState()
    state.are_down(BOARD, {57}, 0.0)  # no key has said yet which keyboard it is
    assert state.down == {}
    state.feed(BOARD, press(30), 0.0)
    state.feed(BOARD, press(30, 0), 0.0)
    state.are_down(BOARD, {57}, 1.0)
    state.are_down(BOARD, {57}, 2.0)
    assert state.held(1.0 + HELD_SECONDS) == {57}


def test_escape_ends_only_when_it_is_held() -> None:
    state = KeyboardState()
    state.feed(BOARD, press(1), 10.0)
    assert not state.ended_by_escape(10.0 + END_SECONDS / 2)
    assert state.ended_by_escape(10.0 + END_SECONDS)
    assert state.held(10.0 + HELD_SECONDS) == set()  # that is no stuck key
    state.feed(BOARD, press(1, 0), 13.0)
    assert not state.ended_by_escape(20.0)


def moves(state: PointerState, *events: tuple[int, int, int]) -> PointerState:
    for kind, code, value in events:
        state.feed(InputEvent(0.0, kind, code, value))
    return state


def test_a_mouse_goes_into_every_corner_and_clicks() -> None:
    state = PointerState("mouse")
    assert not state.moved
    moves(state, (2, 0, -2000), (2, 1, -2000))
    assert state.corners == {(0, 0)}
    moves(state, (2, 0, 5000), (2, 1, 5000), (2, 0, -5000))
    moves(state, (2, 1, -5000), (2, 0, 5000), (1, 0x110, 1), (2, 8, 1))
    assert len(state.corners) == 4
    assert not state.done
    assert state.wheel
    assert moves(state, (1, 0x111, 1)).done


def test_a_touchpad_moves_by_strokes() -> None:
    state = PointerState("touchpad", ranges=((1000, 5000), (1000, 4000)))
    moves(state, (3, 0, 5000), (1, 0x14A, 1), (3, 0, 3000))
    before = state.x
    moves(state, (3, 0, 2000))
    assert state.x < before
    # A finger that comes down elsewhere moves nothing.
    there = state.x
    moves(state, (1, 0x14A, 0), (1, 0x14A, 1), (3, 0, 5000))
    assert state.x == there


def test_a_pad_that_is_one_button_has_two_sides() -> None:
    state = PointerState("touchpad", one_button=True, ranges=((0, 100), (0, 100)))
    moves(state, (3, 0, 10), (1, 0x110, 1), (1, 0x110, 0), (3, 0, 90), (1, 0x110, 1))
    assert state.buttons == {"left", "right"}


def test_a_touchscreen_needs_no_buttons() -> None:
    state = PointerState("touchscreen", ranges=((0, 100), (0, 100)))
    for x in (0, 100):
        for y in (0, 100):
            moves(state, (3, 0, x), (3, 1, y))
    assert state.done
