"""What the window says: every language, every fault, every state."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from agent.help import words_of_desk as desk
from agent.help.pictures import svg
from agent.help.words import FAULTS, STATES, TOPICS, Words, spaced
from agent.locales import LANGUAGES, translation
from agent.protocol_assist import HELP_TOPICS


def test_every_topic_of_the_protocol_has_its_words_and_its_picture() -> None:
    assert tuple(TOPICS) == HELP_TOPICS
    for topic in (*HELP_TOPICS, "phone"):
        drawn = ElementTree.fromstring(svg(topic))  # noqa: S314 - our own
        assert list(drawn)
    assert svg("no such thing") == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_out_in_any_language(language: str) -> None:
    words = Words(translation(language))
    texts = [words.say(text) for text in (*TOPICS.values(), *STATES.values())]
    texts += [words.fault(code) for code in (*FAULTS, "unheard of", None)]
    text, state, note = words.last({"topic": "sound", "asked_at": "2026-11-22T12:40:00Z", "state": "assigned"})
    assert note == ""
    assert "À 17 h" in words.last({"topic": "sound", "state": "assigned", "note": "À 17 h"})[2]
    texts += [text, state, words.left(599), words.left(-3)]
    assert all(texts)
    assert not [one for one in texts if "{" in one]
    assert "9:59" in words.left(599)
    assert words.last({"topic": 3, "asked_at": None, "state": "?"})[0]
    if language != "en":
        assert words.say(TOPICS["slow"]) != TOPICS["slow"]


def test_codes_of_the_desk_all_have_words() -> None:
    assert set(FAULTS) == {desk.NOT_LINKED, desk.TOO_MANY, desk.NOT_ALLOWED, desk.BAD, desk.FAILED}


def test_a_code_is_read_from_left_to_right_everywhere() -> None:
    assert spaced("048213") == "\u2066048\u2003213\u2069"
