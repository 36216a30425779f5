"""Telephone numbers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.helpdesk.phone import phone_key, phone_part, shown

MOBILE = "+33612345678"
SAME = [
    "06 12 34 56 78",
    "0612345678",
    "06.12.34.56.78",
    "06-12-34-56-78",
    "06\u201112\u201134\u201156\u201178",
    "06/12/34/56/78",
    "(06) 12 34 56 78",
    "06\u00a012\u202f34 56 78",
    " 0 6 1 2 3 4 5 6 7 8 ",
    "+33 6 12 34 56 78",
    "+33612345678",
    "+33 (0)6 12 34 56 78",
    "+33 ( 0 ) 6 12 34 56 78",
    "+33 06 12 34 56 78",
    "0033 6 12 34 56 78",
    "0033 (0) 6 12 34 56 78",
    "33 6 12 34 56 78",
    "6 12 34 56 78",
    "٠٦١٢٣٤٥٦٧٨",
]
OTHERS = {
    "04 42 00 00 00": "+33442000000",
    "+213 555 12 34 56": "+213555123456",
    "00213555123456": "+213555123456",
    "+262 692 12 34 56": "+262692123456",
    "+1 212 555 0123": "+12125550123",
}
NONE = ["", " ", "12", "112", "36 39", "R-000123", "Latitude", "06 12 34 56", "061234567890", "+", "+0612345678", "06x"]


@pytest.mark.parametrize("text", SAME)
def test_one_number_however_it_is_written(text: str) -> None:
    assert phone_key(text) == MOBILE
    assert shown(text) == "06 12 34 56 78"


@pytest.mark.parametrize(("text", "key"), OTHERS.items())
def test_other_numbers(text: str, key: str) -> None:
    assert phone_key(text) == key


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_number(text: str) -> None:
    assert phone_key(text) == ""


@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    key = phone_key(text)
    assert key == "" or (key[0] == "+" and key[1:].isdigit() and key.isascii() and len(key) <= 16)
    assert phone_key(key) == key  # in its one form it stays
    part = phone_part(text)
    assert part == "" or part.isdigit()
    assert isinstance(shown(text), str)


@pytest.mark.parametrize(
    ("text", "part"),
    [("06 12 34", "61234"), ("34 56 78", "345678"), ("0612", ""), ("123", ""), ("R-000123", ""), ("5 678 9", "56789")],
)
def test_a_part_of_a_number(text: str, part: str) -> None:
    assert phone_part(text) == part
    if part and text.startswith(("06", "34")):
        assert part in MOBILE
