"""The eyes and hands of the lab's family: a French keyboard, and buttons found by their colours."""

from __future__ import annotations

import pytest

from tests.lab.errors import LabError
from tests.lab.hands import Picture, Run, keys_for
from tests.lab.home import INK, RED, WHITE, answers, bar_is_shown

Box = tuple[int, int, int, int, tuple[int, int, int]]


def draw(*boxes: Box, width: int = 640, height: int = 400) -> Picture:
    """A grey screen with filled boxes: left, top, right, bottom, colour."""
    rows = [bytearray(b"\x40\x40\x40" * width) for _ in range(height)]
    for left, top, right, bottom, colour in boxes:
        for y in range(top, bottom):
            rows[y][left * 3 : right * 3] = bytes(colour) * (right - left)
    return Picture(width, height, b"".join(rows))


def framed(left: int, top: int) -> list[Box]:
    """A button as the question has them: 220 × 64, a thick dark frame, white inside."""
    return [(left, top, left + 220, top + 64, INK), (left + 3, top + 3, left + 217, top + 61, WHITE)]


@pytest.mark.parametrize(
    ("letter", "keys"),
    [
        ("a", ["q"]),
        ("q", ["a"]),
        ("m", ["semicolon"]),
        (",", ["m"]),
        ("A", ["shift", "q"]),
        ("é", ["2"]),
        ("2", ["shift", "2"]),
        ("-", ["6"]),
        (".", ["shift", "comma"]),
        ("\n", ["ret"]),
    ],
)
def test_letters_of_a_french_keyboard(letter: str, keys: list[str]) -> None:
    assert keys_for(letter) == keys


@pytest.mark.parametrize("letter", ["É", "ß", "@"])
def test_what_it_has_not_got_is_said(letter: str) -> None:
    with pytest.raises(LabError):
        keys_for(letter)


def test_runs_are_whole_and_start_at_a_pixel() -> None:
    picture = draw((10, 5, 40, 6, RED), (50, 5, 60, 6, RED))
    assert picture.runs(RED, 20) == [Run(5, 10, 40)]
    assert picture.runs(RED, 8) == [Run(5, 10, 40), Run(5, 50, 60)]
    assert picture.count(RED) == 40


def test_a_window_in_the_middle_is_seen_and_a_notice_in_the_corner_is_not() -> None:
    desk = draw()
    assert draw((250, 150, 350, 200, WHITE)).unlike(desk) == 100 * 50
    assert draw((540, 0, 640, 90, WHITE)).unlike(desk) == 0
    assert desk.unlike(desk) == 0


def test_a_colour_shifted_by_a_byte_is_another_colour() -> None:
    shifted = Picture(4, 1, b"\x00" + bytes(RED) * 3 + b"\x00\x00")
    assert shifted.runs(RED, 2) == []


def test_the_answers_are_found_from_the_left() -> None:
    refuse, accept = answers(draw(*framed(60, 300), *framed(350, 300)))
    assert refuse == (170, 331)
    assert accept == (460, 331)


def test_dark_lines_alone_are_no_answers() -> None:
    assert answers(draw((60, 300, 280, 303, INK))) == []


def test_the_bar_is_more_than_a_red_line() -> None:
    assert bar_is_shown(draw((200, 0, 500, 56, RED)))
    assert not bar_is_shown(draw((200, 0, 500, 2, RED)))
