"""The documentation says what the code says, and what it points to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from controller.i18n import LOCALES_DIR
from controller.ledger.kinds import Kind
from controller.machines.lifecycle import State
from controller.settings import Settings
from tests.docs.reference import BLOCK, DOCS, TABLES, refreshed

PAGES = sorted(DOCS.glob("*.md"))
DECISIONS = sorted((DOCS / "adr").glob("*.md"))
HEADINGS = ("What was wrong", "What was decided", "Why not otherwise", "What follows", "How it was verified")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tables_are_up_to_date(page: Path) -> None:
    text = page.read_text()
    assert refreshed(text) == text, "run: make docs"


def test_every_table_is_shown_somewhere() -> None:
    shown = {found["name"] for page in PAGES for found in BLOCK.finditer(page.read_text())}
    assert shown == set(TABLES)


def test_every_setting_state_and_kind_is_described() -> None:
    """Also where a table is made from the code: that it is made from all of it."""
    settings = (DOCS / "settings.md").read_text()
    assert [n for n in Settings.model_fields if f"`RECYCLERIE_{n.rstrip('_').upper()}`" not in settings] == []
    assert all(field.description for field in Settings.model_fields.values())
    lifecycle = (DOCS / "lifecycle.md").read_text()
    assert [s for s in State if f"| `{s.value}` |" not in lifecycle] == []
    described = re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", (DOCS / "ledger.md").read_text(), re.MULTILINE)
    assert described == [kind.value for kind in Kind]


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


def test_decisions_are_numbered_and_in_one_form() -> None:
    assert [page.name[:4] for page in DECISIONS] == [f"{n:04d}" for n in range(1, len(DECISIONS) + 1)]
    for page in DECISIONS:
        text = page.read_text()
        assert text.startswith(f"# {page.name[:4]} — ")
        assert [text.count(f"**{heading}.**") for heading in HEADINGS] == [1] * len(HEADINGS), page.name
        assert len(text.splitlines()) <= 60, f"{page.name} is longer than a page"


def test_the_technicians_guide_uses_the_words_of_the_pages() -> None:
    """What is in italics there is what a French page says; a button that is renamed is renamed there too."""

    def plain(text: str) -> str:
        return re.sub(r"\s+", " ", text.replace("’", "'").replace("\N{NO-BREAK SPACE}", " "))

    with (LOCALES_DIR / "fr" / "LC_MESSAGES" / "recyclerie.po").open("rb") as file:
        said = {plain(str(message.string)) for message in read_po(file)}
    said |= {text.split(" : {")[0] for text in said}  # "Relancer : {step}"
    guide = plain((DOCS / "technicien.md").read_text())
    words = re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", guide)
    assert len(words) > 20
    assert sorted(set(words) - said - {"italique"}) == []
