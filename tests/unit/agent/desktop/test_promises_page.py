"""The page of promises: every sentence in every language, and nothing that needs a network."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import pytest

from agent.assist.promises import PARTS, TITLE
from agent.desktop.promises_page import page, write_pages
from agent.locales import LANGUAGES, translation


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_promise_stands_on_it(language: str) -> None:
    html, words = page(language), translation(language).gettext
    for text in (TITLE, *(part.heading for part in PARTS), *(line for part in PARTS for line in part.sentences)):
        assert escape(words(text)) in html
    assert html.count("<li>") == sum(len(part.sentences) for part in PARTS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_reaches_nowhere(language: str) -> None:
    html = page(language)
    assert "http:" not in html
    assert "https:" not in html
    assert "<script" not in html
    links = re.findall(r'href="([^"]+)"', html)
    assert sorted(links) == sorted(f"{name}.html" for name in LANGUAGES)


def test_arabic_runs_from_right_to_left() -> None:
    assert 'lang="ar" dir="rtl"' in page("ar")
    assert 'lang="fr" dir="ltr"' in page("fr")


def test_each_language_has_its_file(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages")
    assert {file.name for file in (tmp_path / "pages").iterdir()} == {f"{name}.html" for name in LANGUAGES}
