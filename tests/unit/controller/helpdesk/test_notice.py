"""The family's notice: one page in every language, with the workshop's own words on it."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from agent.desktop import place
from agent.locales import translation
from controller.errors import NotFound
from controller.helpdesk.notice.paper import HERE, LANGUAGES, lay_out, notice, texts
from controller.settings import Settings

DESKTOP = Path(place.__file__).parent
LONG = {
    "workshop_name": "Association Les Ateliers Numériques Solidaires du Pré-Saint-Gervais",
    "workshop_address": "Maison des associations, escalier B;12 rue des Écoles;93310 Le Pré-Saint-Gervais",
    "workshop_contact": "01 23 45 67 89;aide@ateliers.example.org",
}


def settings(tmp_path: Path, **changes: Any) -> Settings:
    return Settings(data_dir=tmp_path, **changes)


def said(pdf: bytes) -> str:
    """What a reader program finds in the PDF."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return re.sub(r"\s+", " ", done.stdout.decode())


def shape(value: Any) -> Any:
    """Keys and lengths of lists, without the words."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    return len(value) if isinstance(value, list) else type(value)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("changes", [{}, LONG], ids=["bare", "long names"])
def test_it_is_one_page(tmp_path: Path, language: str, changes: dict[str, str]) -> None:
    document = lay_out(settings(tmp_path, **changes), "R-000123", language)
    assert len(document.pages) == 1


def test_every_language_says_the_same_things() -> None:
    french = shape(texts("fr"))
    for language in LANGUAGES:
        assert shape(texts(language)) == french, language
    assert sorted(path.stem for path in (HERE / "texts").glob("*.toml")) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_whom_to_call_and_what_to_press_stand_on_it(tmp_path: Path, language: str) -> None:
    text = said(notice(settings(tmp_path, **LONG), "R-000123", language))
    for words in ("R-000123", "01 23 45 67 89", "aide@ateliers.example.org", "93310 Le Pré-Saint-Gervais"):
        assert words in text
    buttons = {
        "fr": ("Accepter", "Refuser", "Arrêter", "six chiffres"),
        "en": ("Accept", "Refuse", "Stop", "six-digit"),
    }
    for word in buttons[language]:
        assert word in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_words_are_those_of_the_windows_and_icons(language: str) -> None:
    raw = (HERE / "texts" / f"{language}.toml").read_text(encoding="utf-8")
    shown = translation(language)
    for button in ("Ask for help", "Accept", "Refuse", "Stop now"):
        assert f"**{shown.gettext(button)}**" in raw, button
    entry = (DESKTOP / "applications" / "recyclerie-promises.desktop").read_text(encoding="utf-8")
    name = re.search(r"^Name=(.+)$" if language == "en" else rf"^Name\[{language}\]=(.+)$", entry, re.MULTILINE)
    assert name
    assert f"**{name[1]}**" in raw


def test_arabic_runs_from_right_to_left_and_keeps_numbers(tmp_path: Path) -> None:
    text = said(notice(settings(tmp_path, **LONG), "R-000123", "ar"))
    for words in ("R-000123", "01 23 45 67 89"):
        assert words in text
    assert texts("ar")["direction"] == "rtl"
    assert re.search(r"[\u0600-\u06ff\ufb50-\ufeff]", text), "the letters must be there, not boxes"


def test_a_workshop_without_a_number_leaves_a_line_to_write_on(tmp_path: Path) -> None:
    assert "Téléphone" in said(notice(settings(tmp_path), "", "fr"))
    assert "Téléphone" not in said(notice(settings(tmp_path, workshop_contact="01 23 45 67 89"), "", "fr"))


def test_a_name_is_text_and_never_markup(tmp_path: Path) -> None:
    text = said(notice(settings(tmp_path, workshop_name="<b>Ali</b> & **Co**"), "", "fr"))
    assert "<b>Ali</b>" in text


@pytest.mark.parametrize("language", ["de", "", "../fr"])
def test_other_languages_are_refused(tmp_path: Path, language: str) -> None:
    with pytest.raises(NotFound):
        notice(settings(tmp_path), "", language)


def test_the_texts_are_toml_without_leftovers() -> None:
    for language in LANGUAGES:
        raw = (HERE / "texts" / f"{language}.toml").read_text(encoding="utf-8")
        assert "TODO" not in raw
        assert tomllib.loads(raw)["direction"] == ("rtl" if language == "ar" else "ltr")
