"""What machines say in English stands in the reader's language on the pages, wherever it is shown."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.acceptance.web.conftest import Workshop
from tests.acceptance.web.test_machine import open_machine

# Words of the sentences of ``faults`` that are in no French one.
ENGLISH = re.compile(r"\b(the|was|were|its|their|is|are|and|then|without|hides|again|ended|free|missing)\b")


def keep(page: Page, name: str) -> None:
    """A picture, for who wants to look (RECYCLERIE_SHOTS: the folder)."""
    if folder := os.environ.get("RECYCLERIE_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def english_words(page: Page, selector: str) -> list[str]:
    """English words within ``selector``, logs apart: those stay as they were written."""
    texts = page.locator(selector).evaluate_all(
        "found => found.map(e => { const c = e.cloneNode(true); c.querySelectorAll('.log, details').forEach("
        "x => x.remove()); return c.textContent })"
    )
    return [match.group() for text in texts for match in ENGLISH.finditer(text)]


def test_a_lost_erase_is_told_in_french(page: Page, workshop: Workshop) -> None:
    machine = workshop.ids["at_work"]
    workshop.order("lost erase", machine=machine)
    open_machine(page, workshop, "at_work")
    keep(page, "heard-held")
    expect(page.locator(".next")).to_contain_text("Rien n’a été effacé\u00a0: Rien n’a été lancé.")
    expect(page.locator(".next")).to_contain_text("n’a pas été autorisé\u00a0: retirez-le")
    expect(page.locator(".timeline")).to_contain_text("s’est terminé sans résultat")
    assert not english_words(page, ".next, .step.is-failed")
    page.locator(".tabs").get_by_role("link", name="Disques").click()
    expect(page.locator("#tab-drives")).to_contain_text("Regardez son journal, puis relancez l’étape.")
    keep(page, "heard-drives")
    page.locator(".tabs").get_by_role("link", name="Matériel").click()
    hardware = page.locator("#tab-hardware")
    expect(hardware).to_contain_text("est en mode RAID et cache ses disques\u00a0: passez le micrologiciel en AHCI")
    expect(hardware).to_contain_text("la liste des disques est illisible\u00a0: lsblk\u00a0: code de sortie 1")
    keep(page, "heard-hardware")
    page.goto(f"{workshop.url}/")
    expect(page.locator("main")).to_contain_text("Rien n’a été effacé\u00a0: Rien n’a été lancé.")
    keep(page, "heard-board")


def test_checks_are_listed_in_french(page: Page, workshop: Workshop) -> None:
    workshop.order("failed checks", machine=workshop.ids["ready"])
    open_machine(page, workshop, "ready")
    keep(page, "heard-checks")
    step = page.locator(".step.is-failed")
    expect(step).to_contain_text("Chaque carte réseau a son pilote")
    expect(step).to_contain_text("il lui manque peut-être son micrologiciel")
    expect(step).to_contain_text("52140\u00a0Mio libres sur 60000\u00a0Mio dans /")
    assert not english_words(page, ".step.is-failed")


def test_english_stays_english(page: Page, workshop: Workshop) -> None:
    workshop.order("failed checks", machine=workshop.ids["ready"])
    page.locator(".top summary").first.click()
    page.get_by_role("button", name="English").click()
    open_machine(page, workshop, "ready")
    expect(page.locator(".step.is-failed")).to_contain_text("its firmware may be missing")
