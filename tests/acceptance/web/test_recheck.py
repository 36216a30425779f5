"""The second person in a browser: the board calls for one, the page says who can and who can't."""

from __future__ import annotations

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.web.conftest import Workshop, make_context, sign_in, visit

BOX = "#recheck"
FORM = "form[action$='/recheck']"


@pytest.fixture
def drawn(page: Page, workshop: Workshop) -> int:
    """A machine whose drives Karim had erased, and that were drawn."""
    workshop.order("drawn")
    card = page.locator(".column.needs a[href$='#recheck']")
    expect(card).to_be_visible()  # it appears on the board by itself
    return int((card.get_attribute("href") or "").split("/")[2].split("#")[0])


def test_who_authorised_sees_why_not(page: Page, workshop: Workshop, drawn: int) -> None:
    page.locator(".column.needs a[href$='#recheck']").click()
    box = page.locator(BOX)
    expect(box).to_contain_text("SN-DRAWN-A")
    expect(box).to_contain_text("SN-DRAWN-B")
    expect(box).to_contain_text("Claire")  # who can
    expect(box).to_contain_text("Karim")  # who authorised
    expect(box.locator(FORM)).to_have_count(0)
    # Not by a request of one's own either.
    csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
    run = page.request.get(f"{workshop.url}/api/machines/{drawn}").json()["run"]["id"]
    answer = page.request.post(f"{workshop.url}/runs/{run}/recheck", form={"csrf": csrf}, max_redirects=0)
    assert answer.status == 409


def test_a_second_person_has_them_read_again(browser: Browser, workshop: Workshop, drawn: int) -> None:
    context = make_context(browser)
    hers = context.new_page()
    sign_in(hers, workshop, "claire")
    visit(hers, f"{workshop.url}/machines/{drawn}")
    hers.locator(BOX).locator(FORM).get_by_role("button").click()
    hers.wait_for_url(f"**/machines/{drawn}*")
    expect(hers.locator("#notice")).not_to_be_empty()
    expect(hers.locator(BOX)).to_have_count(0)
    visit(hers, f"{workshop.url}/machines/{drawn}?tab=history")
    expect(hers.locator(".entries")).to_contain_text("Claire")
    visit(hers, workshop.url)
    expect(hers.locator(".column.needs a[href$='#recheck']")).to_have_count(0)
    context.close()


def test_the_box_is_readable_for_everybody(browser: Browser, workshop: Workshop, drawn: int) -> None:
    """On a desk and in a hand, by day and by night, for who can and who can't. RECYCLERIE_SHOTS keeps pictures."""
    folder = os.environ.get("RECYCLERIE_SHOTS")
    for login, scheme in (("karim", "light"), ("claire", "dark")):
        context = make_context(browser, color_scheme=scheme)
        opened = context.new_page()
        sign_in(opened, workshop, login)
        for width in (1440, 390):
            opened.set_viewport_size({"width": width, "height": 900})
            visit(opened, f"{workshop.url}/machines/{drawn}")
            expect(opened.locator(BOX)).to_be_visible()
            found = [v for v in Axe().run(opened).response["violations"] if v["impact"] in ("serious", "critical")]
            assert not found, found
            assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            if folder:
                opened.screenshot(path=f"{folder}/recheck-{login}-{width}-{scheme}.png", full_page=True)
        context.close()
