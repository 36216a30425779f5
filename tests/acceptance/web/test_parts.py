"""The stock of parts and the grade, in a browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.web.conftest import Workshop, make_context, sign_in, visit


def test_a_part_is_put_in_found_taken_and_put_back(page: Page, workshop: Workshop) -> None:
    visit(page, f"{workshop.url}/stock")
    page.select_option("#f-kind", "webcam")
    expect(page.locator("#f-memory_type")).to_be_hidden()
    page.select_option("#f-kind", "ssd")
    expect(page.locator("#f-memory_type")).to_be_hidden()
    expect(page.locator("#f-interface")).to_be_visible()
    page.fill("#f-size", "240")
    page.fill("#f-count", "2")
    page.fill("#f-cost", "18,90")
    page.fill("#f-place", "Boîte 3")
    page.locator("#new-part button").click()
    row = page.locator(".parts-table tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("240 Go")
    expect(row).to_contain_text("18,90")
    page.fill("#parts-q", "boîte sata")
    page.press("#parts-q", "Enter")
    expect(row).to_have_count(1)
    page.fill("#parts-q", "nvme")
    page.press("#parts-q", "Enter")
    expect(page.locator(".empty")).to_be_visible()
    visit(page, f"{workshop.url}/parts/1")
    page.fill("#f-machine", f"{workshop.url}/m/R-000007")  # as a scanner types a label
    page.locator("form[action='/parts/1/take'] button").click()
    expect(page.locator(".figure-key b").first).to_have_text("1")
    expect(page.locator(".lines > li").first).to_contain_text("R-000007")
    page.locator("form[action*='put-back'] button").click()
    expect(page.locator(".figure-key b").first).to_have_text("2")
    expect(page.locator("form[action*='put-back']")).to_have_count(0)


def test_what_would_lift_a_machine_is_taken_from_its_page(page: Page, workshop: Workshop) -> None:
    machine = workshop.ids["at_work"]
    workshop.order("stocked")
    visit(page, f"{workshop.url}/machines/{machine}?tab=hardware")
    expect(page.locator(".machine-head .badge.grade")).to_have_count(0)  # too little was known
    workshop.order("known", machine=machine)
    header = page.locator(".machine-head .badge.grade")
    expect(header).to_contain_text("B")  # live, without a reload
    box = page.locator(".assessment")
    expect(box.locator(".lift")).to_have_count(1)
    expect(box.locator(".lift .lines > li")).to_have_count(2)
    expect(box.locator(".lift")).to_contain_text("Tiroir 2")
    box.locator("form[action$='/take-part'] button").first.click()
    expect(box.locator("form[action*='put-back']")).to_have_count(1)
    visit(page, workshop.url)
    card = page.locator(f"#card-{machine} .badge.grade")
    expect(card).to_contain_text("B")
    expect(card.locator("svg")).to_have_count(1)
    workshop.order("known", machine=machine, message="again", drives=[])
    expect(card).to_contain_text("D")


def test_only_a_coordinator_corrects_the_count(browser: Browser, workshop: Workshop) -> None:
    workshop.order("stocked")
    context = make_context(browser)
    page = context.new_page()
    sign_in(page, workshop, "karim")
    visit(page, f"{workshop.url}/parts/1")
    expect(page.locator("form[action='/parts/1/count']")).to_have_count(0)
    context.close()
    context = make_context(browser)
    page = context.new_page()
    sign_in(page, workshop, "claire")
    visit(page, f"{workshop.url}/parts/1")
    page.locator(".actions .fold summary").first.click()
    page.fill("#f-counted", "7")
    page.fill("#f-why-counted", "recompté")
    page.locator("form[action='/parts/1/count'] button").click()
    expect(page.locator(".figure-key b").first).to_have_text("7")
    expect(page.locator(".lines > li").first).to_contain_text("recompté")
    context.close()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_and_no_page_is_too_wide(browser: Browser, workshop: Workshop, theme: str, width: int) -> None:
    workshop.order("stocked")
    for key, changes in (("at_work", {}), ("ready", {"drives": []}), ("held", {"cpu": {"bits_64": False}})):
        workshop.order("known", machine=workshop.ids[key], message=key, **changes)
    context = make_context(browser, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    sign_in(page, workshop, "claire")
    found = []
    for path in (
        "/", "/stock", "/stock?gone=1&q=zzz", "/parts/1", "/parts/4",
        *(f"/machines/{workshop.ids[key]}?tab={tab}" for key in ("at_work", "ready", "held")
          for tab in ("hardware", "drives")),
    ):  # fmt: skip
        visit(page, workshop.url + path)
        for fold in page.locator(".assessment .fold summary").all():
            fold.click()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (path, wide)
        violations = Axe().run(page).response["violations"]
        found += [f"{path}: {v['id']}: {v['nodes'][0]['html'][:200]}" for v in violations
                  if v["impact"] in ("serious", "critical")]  # fmt: skip
    context.close()
    assert not found, "\n".join(found)
