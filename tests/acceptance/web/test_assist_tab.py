"""Help at home on a machine's page, as it looks: one thing to press first, and nothing out of sight on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.acceptance.web.conftest import Workshop, make_context, sign_in, visit

# Those that are seen and look like the main one: on the accent colour.
MAIN = """() => {
  const probe = document.createElement("i");
  probe.style.background = "var(--accent)";
  document.body.append(probe);
  const accent = getComputedStyle(probe).backgroundColor;
  probe.remove();
  return [...document.querySelectorAll("#tab-assist .button")]
    .filter((one) => one.checkVisibility() && getComputedStyle(one).backgroundColor === accent)
    .map((one) => one.id || one.value || one.textContent.trim());
}"""


@pytest.fixture(params=["en", "fr"])
def page(request: pytest.FixtureRequest, browser: Browser, workshop: Workshop) -> Iterator[Page]:
    """A technician's phone, in either language."""
    context = make_context(browser, viewport={"width": 390, "height": 844})
    opened = context.new_page()
    sign_in(opened, workshop)
    if request.param == "en":
        opened.click(".menu > summary")
        opened.get_by_role("button", name="English").click()
        opened.wait_for_selector("html[lang=en]")
    yield opened
    context.close()


def test_one_thing_to_press_first(page: Page, workshop: Workshop) -> None:
    workshop.order("home")
    workshop.order("help")
    visit(page, f"{workshop.url}/assistance?q=R-000851")
    # Somebody waits, an appointment is overdue, it can be updated: who waits comes first.
    assert page.evaluate(MAIN) == ["assign"]
    assert page.locator("#tab-assist .main-action").count() > 1
    visit(page, f"{workshop.url}/assistance?q=R-000802")
    assert len(page.evaluate(MAIN)) == 1


def test_every_tab_and_every_word_is_in_sight_on_a_phone(page: Page, workshop: Workshop) -> None:
    workshop.order("home")
    workshop.order("help")
    visit(page, f"{workshop.url}/assistance?q=R-000851")
    tabs = page.locator(".tabs a")
    assert tabs.count() == 7
    for tab in tabs.all():
        box = tab.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    page.locator("#tab-assist details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    cut = page.locator("#tab-assist .badge, #tab-assist .button").evaluate_all(
        "all => all.filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth)"
        ".map(one => one.textContent)"
    )
    assert not cut
