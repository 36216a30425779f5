"""Texts from the workshop can't look like anything but one line of text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.assist.plain import END_ISOLATE, ISOLATE, isolated, plain


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Camille Martin", "Camille Martin"),
        ("  Camille\t\n Martin\r\n", "Camille Martin"),
        ("Aïcha Ben Slimane — مريم", "Aïcha Ben Slimane — مريم"),
        ("Cafe\u0301", "Café"),
        ("a\u202egnp.exe", "agnp.exe"),  # right-to-left override
        ("\u2066x\u2069\u200f\u061cy", "xy"),  # isolates and marks
        ("\ufeffno\u200bthing\u00ad", "nothing"),
        ("one\x00two\x1b[31mred", "one two [31mred"),
        ("one\u2028two\u2029three\u0085four", "one two three four"),
        ("<b>bold</b> &amp; {who} %s", "<b>bold</b> &amp; {who} %s"),  # never read as anything
        ("e" + "\u0301" * 40, "é" + "\u0301" * 3),
        ("\ud800broken", "broken"),
        ("\ue000private", "private"),
    ],
)
def test_what_is_shown(given: str, shown: str) -> None:
    assert plain(given, 80) == shown


def test_no_longer_than_it_may() -> None:
    assert plain("x" * 500, 80) == "x" * 80
    assert plain("x" * 79 + " y", 80) == "x" * 79


@given(st.text(max_size=400))
def test_any_text(text: str) -> None:
    shown = plain(text, 300)
    assert len(shown) <= 300
    assert plain(shown, 300) == shown
    assert all(letter == " " or unicodedata.category(letter)[0] not in "CZ" for letter in shown)


def test_a_name_does_not_turn_a_sentence_around() -> None:
    assert isolated("Camille") == ISOLATE + "Camille" + END_ISOLATE
