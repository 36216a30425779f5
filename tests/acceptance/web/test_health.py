"""Machines at home in a browser: how one is and was, its alerts, and the list of all."""

from __future__ import annotations

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.web.conftest import Workshop, make_context, sign_in, visit


@pytest.fixture
def bad(workshop: Workshop, page: Page) -> int:
    """A machine at home with two years behind it and everything wrong."""
    workshop.order("home")
    visit(page, f"{workshop.url}/assistance?q=R-000801")
    return int(page.url.split("/machines/")[1].split("?")[0])


def test_from_the_alert_to_its_end(page: Page, workshop: Workshop, bad: int) -> None:
    visit(page, f"{workshop.url}/assistance")
    expect(page.locator(".nav [aria-current]")).to_contain_text("Assistance")
    alert = page.locator(".alert-card", has_text="/ ").filter(has_text="93").first
    alert.locator("summary").click()
    alert.locator("textarea").fill("corbeille vidée")
    alert.locator("button[value=close]").click()
    page.wait_for_url("**/assistance*")
    expect(page.locator("#notice")).not_to_be_empty()
    visit(page, f"{workshop.url}/machines/{bad}?tab=health")
    closed = page.locator("#alerts-closed")
    closed.locator("summary").first.click()
    expect(closed).to_contain_text("corbeille vidée")
    expect(closed).to_contain_text("Karim")
    expect(page.locator("#tab-health > .stack > section .alert-card")).to_have_count(4)


def test_the_spans_change_the_curves_and_nothing_else(page: Page, workshop: Workshop, bad: int) -> None:
    visit(page, f"{workshop.url}/machines/{bad}?tab=health")
    page.evaluate("window.mark = 1")
    chart = page.locator(".chart svg[role=img]").first
    before = chart.locator(".line").get_attribute("d")
    page.locator(".segmented a[href*='span=years']").click()
    expect(page.locator(".segmented [aria-current]")).to_have_attribute(
        "href", f"/machines/{bad}?tab=health&span=years"
    )
    expect(chart.locator(".line")).not_to_have_attribute("d", before or "")
    assert page.evaluate("window.mark") == 1


def test_a_chart_is_also_a_table(page: Page, workshop: Workshop, bad: int) -> None:
    visit(page, f"{workshop.url}/machines/{bad}?tab=health&span=months")
    chart = page.locator(".chart").first
    expect(chart.locator("svg[role=img] title")).not_to_be_empty()
    chart.locator("summary").click()
    expect(chart.locator("tbody tr").first).to_be_visible()
    assert chart.locator("tbody tr").count() > 50


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390), ("light", 390), ("dark", 1440)])
def test_axe_finds_nothing_serious(browser: Browser, workshop: Workshop, theme: str, width: int) -> None:
    context = make_context(browser, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    sign_in(page, workshop)
    visit(page, f"{workshop.url}/assistance")
    found = _axe(page)
    workshop.order("home")
    visit(page, f"{workshop.url}/assistance")
    found += _look(page, f"assistance-{width}-{theme}")
    home = (page.locator("#at-home ~ .card a").first.get_attribute("href") or "").replace("=assist", "=health")
    for span in ("days", "months", "years"):
        visit(page, f"{workshop.url}{home}&span={span}")
        expect(page.locator(".chart").first).to_be_visible()
        for fold in page.locator("#tab-health summary").all()[:3]:
            fold.click()
        found += _look(page, f"health-{span}-{width}-{theme}")
    context.close()
    assert not found, "\n".join(found)


def _look(page: Page, name: str) -> list[str]:
    if folder := os.environ.get("RECYCLERIE_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    overflow = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*_axe(page), *([f"{name}: wider than the screen"] if overflow else [])]


def _axe(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {v['impact']} {v['id']}: {v['nodes'][0]['html'][:200]}"
        for v in violations
        if v["impact"] in ("serious", "critical", "moderate")
    ]
