"""What the windows say, in all three languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.assist import promises
from agent.assist.window.words import Words
from agent.locales import LANGUAGES, language_of, translation
from agent.locales.check import faults, messages, path_of
from agent.locales.sources import compiled, read_po

ASKED = {"kind": "view", "who": "{why} <b>Ann", "organisation": "R & D", "why": "{who} 100 %s", "minutes": 20}
TESTS = Path(__file__).parents[3]
DOCUMENT = Path(__file__).parents[4] / "docs" / "consent.md"


def test_no_text_is_missing_in_any_language() -> None:
    assert faults() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_said(language: str) -> None:
    words = Words(translation(language), ASKED)
    assert "{why} <b>Ann" in words.heading()
    said = [text for text, _ in words.facts()]
    assert any("R & D" in text for text in said)
    assert any("{who} 100 %s" in text for text in said)
    assert any("20" in text for text in said)
    control = Words(translation(language), ASKED | {"kind": "control"})
    assert control.heading() != words.heading()
    assert Words(translation(language), ASKED | {"control": True}).banner() != words.banner()
    for number in (0, 1, 2, 3, 11, 100):
        for text in (words.countdown(number), words.left(number * 60), words.how_long(number), words.lost(number)):
            assert "{" not in text


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_nothing_is_left_in_english(language: str) -> None:
    catalogue = translation(language)
    for message in messages():
        text = message if isinstance(message, str) else message[0]
        if len(text.split()) > 2:
            assert catalogue.gettext(text) != text or not isinstance(message, str)


def test_arabic_counts_in_six_ways() -> None:
    words = Words(translation("ar"), ASKED)
    assert len({words.left(n * 60).replace(str(n), "") for n in (0, 1, 2, 3, 11)}) == 5


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "fr"),
        ({"LANG": "C.UTF-8"}, "fr"),
        ({"LANG": "ar_MA.UTF-8"}, "ar"),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "en_GB:en"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:ar"}, "ar"),
        ({"LC_ALL": "en_GB.UTF-8", "LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_familys_language(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_a_source_that_is_broken_is_told() -> None:
    with pytest.raises(ValueError):
        read_po('msgid "a\nmsgstr "b"\n')
    assert compiled(b'msgid "a"\nmsgstr ""\n')  # untranslated: not in it


def test_the_package_holds_them_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for language in LANGUAGES:
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "agent.mo").write_bytes(compiled(path_of(language).read_bytes()))
    monkeypatch.setattr("agent.locales.FOLDER", tmp_path)
    assert translation("fr").gettext("Refuse") == "Refuser"
    assert translation("ar").ngettext("{n} minute left", "{n} minutes left", 2) == "بقيت دقيقتان"
    assert translation("xx").gettext("Refuse") == "Refuser"  # French where a language is not spoken


def test_without_any_catalogue_it_is_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.locales.FOLDER", tmp_path)
    assert translation("fr").gettext("Refuse") == "Refuse"


def test_the_documents_tests_exist() -> None:
    """A promise whose test went away must be noticed."""
    sources = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    for name in re.findall(r"`(test_\w+?)_?…?`", DOCUMENT.read_text(encoding="utf-8")):
        assert f"def {name}" in sources, name


def test_the_document_has_a_row_for_each_promise() -> None:
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    numbers = [line.split("|")[1].strip() for line in rows if line.split("|")[1].strip().isdigit()]
    assert numbers == [str(number) for number in range(1, len(promises.SCREEN.sentences) + 1)]
