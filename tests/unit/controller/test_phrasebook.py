"""Texts that machines say in English are recognised whole, sentence by sentence and part by part; never slowly."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from controller import i18n
from controller.phrasebook import MAX_CHARS, Phrasebook, make_template

PAIRS = {
    "{node} can't be mounted: {why}.": "{node} ne peut pas être monté : {why}.",
    "Try again.": "Réessayez.",
    "Start again; if it fails again, replace the drive.": "Recommencez ; sinon, remplacez le disque.",
    "{command}: exit status {status}": "{command} : code {status}",
    "{command}: exit status {status}: {said}": "{command} : code {status} : {said}",
    "Nothing was written to {drive}: {reasons}.": "Rien n’a été écrit sur {drive} : {reasons}.",
    "{path} is in use: {uses}": "{path} sert à {uses}",
    "{number} write errors, the first {where}": "{number} erreurs, la première {where}",
    "at byte {offset}": "à l’octet {offset}",
    "none": "aucun",
    "{size} GB": "{size}\u00a0Go",
    "{a} before {b}, says the drive": "{b} après {a}, dit le disque",
    "the drive is gone": "le disque a disparu",
}
BOOK = Phrasebook(PAIRS.items(), colon=" : ", semicolon=" ; ")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("none", "aucun"),
        ("Try again.", "Réessayez."),
        ("Try again", "Réessayez"),
        ("sda3 can't be mounted: gone. Try again.", "sda3 ne peut pas être monté : gone. Réessayez."),
        (
            "sda3 can't be mounted: mount: exit status 32: bad magic. Try again.",
            "sda3 ne peut pas être monté : mount : code 32 : bad magic. Réessayez.",
        ),
        ("mount: exit status 32", "mount : code 32"),
        (
            "Nothing was written to WD: sda is in use: swap; the drive is gone. Try again.",
            "Rien n’a été écrit sur WD : sda sert à swap ; le disque a disparu. Réessayez.",
        ),
        ("3 write errors, the first at byte 512", "3 erreurs, la première à l’octet 512"),
        ("2 before 1, says the drive", "1 après 2, dit le disque"),
        ("The root has 1 GB, it needs 2 GB", "The root has 1\u00a0Go, it needs 2\u00a0Go"),
        ("S/N W1 (WD10, 2 GB)", "S/N W1 (WD10, 2\u00a0Go)"),
        ("Bad: mount: exit status 1: no. Yes", "Bad : mount : code 1 : no. Yes"),
        ("overwrite failed: the drive is gone", "overwrite failed : le disque a disparu"),
        ("Start again; if it fails again, replace the drive.", "Recommencez ; sinon, remplacez le disque."),
        ("WD10, 500.1 GB, none", "WD10, 500,1\u00a0Go, aucun"),
        ("sda1 is in use: swap, sda2 is in use: root", "sda1 sert à swap, sda2 sert à root"),
        ("WD10 is slow: 3 write errors, the first at byte 1", "WD10 is slow : 3 erreurs, la première à l’octet 1"),
        ("Un texte français ; rien à faire : voilà. Et la suite.", None),
        ("Some other text; of: nobody. At all.", None),
        ("", None),
    ],
)
def test_say(text: str, wanted: str | None) -> None:
    assert BOOK.say(text) == (text if wanted is None else wanted)


def test_a_template_of_few_words_is_left_out() -> None:
    """It would match what was never meant."""
    book = Phrasebook([("{a}: {b} is {c}", "{a} : {b} vaut {c}")])
    assert book.say("this: all is well") == "this: all is well"
    assert make_template("{a} is {c} bytes.", "x").letters_for_each() == 3.5


def test_braces_in_the_text_are_the_texts_own() -> None:
    assert BOOK.say("{x} is in use: {y} {") == "{x} sert à {y} {"


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    assert isinstance(BOOK.say(text), str)


@settings(deadline=None)
@given(st.lists(st.sampled_from([*PAIRS, "x", ": ", "; ", ". ", ", "]), max_size=40).map("".join))
def test_pieces_in_any_order_have_an_answer(text: str) -> None:
    assert isinstance(BOOK.say(text), str)


@pytest.mark.parametrize(
    "piece", ["a: ", "; ", "x. ", "x, ", "the drive is gone; ", "can't be mounted: ", "is in use: "]
)
def test_no_text_takes_long(piece: str) -> None:
    """With all that the agent can say in the book."""
    book = i18n.phrasebook("fr")
    text = (piece * MAX_CHARS)[:MAX_CHARS]
    began = time.process_time()
    book.say(text)
    assert time.process_time() - began < 5.0
    assert book.say(text + "x" * MAX_CHARS) == text + "x" * MAX_CHARS


def test_only_plain_text_is_looked_up() -> None:
    """Markup and text are equal to each other: one must never be answered with the other."""
    assert type(i18n.heard(Markup("<b>Try again.</b>"))) is Markup
    assert i18n.heard("<b>Try again.</b>") == "<b>Try again.</b>"


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("fr", "Rien n’a été effacé\u00a0: Relancez l’étape."),
        ("en", "Nothing was erased: Start the step again."),
    ],
)
def test_parameters_are_heard(language: str, wanted: str) -> None:
    """Stored data stays English; what is shown is in the reader's language."""
    before = i18n.get_language()
    i18n.set_language(language)
    try:
        assert i18n.translate("Nothing was erased: {detail}", detail="Start the step again.") == wanted
    finally:
        i18n.set_language(before)


def test_two_full_stops_become_one() -> None:
    """A machine's sentence brings its own; dots in a row elsewhere are meant."""
    said = i18n.translate("No evidence came back from the machine: {detail}.", detail="X fell. See /a/../b ...")
    assert said.endswith("X fell. See /a/../b ....")
    assert i18n.translate("No evidence came back from the machine: {detail}.", detail="X fell.").endswith("X fell.")
