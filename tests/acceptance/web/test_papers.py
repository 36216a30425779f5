"""Certificates in a browser: the machine's page, the drive's page, and the public page without signing in."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.web.conftest import Workshop, make_context, visit


def serious(page: Page) -> list[str]:
    """What axe finds that keeps somebody out."""
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in ("serious", "critical")]


def test_a_machines_papers_and_a_donor_who_checks_one(
    page: Page, workshop: Workshop, browser: Browser, tmp_path: Path
) -> None:
    machine = workshop.ids["swapped"]
    workshop.order("erased", machine=machine)
    visit(page, f"{workshop.url}/machines/{machine}?tab=drives")
    papers = page.locator("#papers .paper")
    expect(papers).to_have_count(2)
    assert serious(page) == []
    link = papers.nth(1).locator("a[download]").get_attribute("href")
    pdf = tmp_path / "certificate.pdf"
    pdf.write_bytes(page.context.request.get(f"{workshop.url}{link}").body())
    assert pdf.read_bytes().startswith(b"%PDF-1.7")
    public = papers.nth(1).locator("a[href^='/verify/']").get_attribute("href")

    donor = make_context(browser, viewport={"width": 390, "height": 844})
    phone = donor.new_page()
    visit(phone, f"{workshop.url}{public}")
    expect(phone.locator(".notice.tone-good")).to_be_visible()
    expect(phone.locator("main")).to_contain_text("SN-OLD")
    for name in ("Karim", "Gardanne", "Claire"):
        expect(phone.locator("main")).not_to_contain_text(name)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious(phone) == []
    phone.set_input_files("#f-file", pdf)
    phone.locator("#file button").click()
    expect(phone.locator("#file .notice.tone-good")).to_be_visible()
    changed = tmp_path / "changed.pdf"
    data = pdf.read_bytes()
    changed.write_bytes(data[:3000] + bytes([data[3000] ^ 1]) + data[3001:])
    phone.set_input_files("#f-file", changed)
    phone.locator("#file button").click()
    expect(phone.locator("#file .notice.tone-alert")).to_be_visible()
    donor.close()


def test_a_drive_that_could_not_be_erased_is_destroyed(page: Page, workshop: Workshop) -> None:
    machine = workshop.ids["swapped"]
    workshop.order("erased", machine=machine, good=False)
    visit(page, f"{workshop.url}/machines/{machine}?tab=drives")
    expect(page.locator("#papers .paper")).to_have_count(1)
    expect(page.locator("#papers .paper")).to_contain_text("FD-")
    page.locator("#papers .paper a[href^='/drives/']").click()
    form = page.locator("#destruction form")
    expect(form).to_be_visible()
    assert serious(page) == []
    form.locator("#f-method").select_option("drilled")
    form.locator("#f-photo").fill("album, IMG_2041")
    form.locator("button").click()
    expect(page.locator("#notice .tone-good")).to_be_visible()
    expect(page.locator("#destruction form")).to_have_count(0)
    expect(page.locator("#destruction")).to_contain_text("IMG_2041")
    expect(page.locator("#papers .paper")).to_have_count(2)
