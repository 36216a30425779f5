"""The tests of a machine in a browser: what was found, what is left to try, and a run that stops there."""

from __future__ import annotations

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.web.conftest import Workshop, expect_said, make_context, sign_in, visit


def open_tests(page: Page, workshop: Workshop, machine: int) -> None:
    visit(page, f"{workshop.url}/machines/{machine}?tab=tests")
    expect(page.locator("#tab-tests")).to_be_visible()


@pytest.fixture
def tested(workshop: Workshop) -> int:
    """A machine that went through its tests."""
    workshop.order("tested", machine=workshop.ids["waiting"], serial="SN-WAIT-A")
    return workshop.ids["waiting"]


@pytest.fixture
def stopped(page: Page, workshop: Workshop) -> int:
    """A machine that isn't worth going on with."""
    workshop.order("stopped")
    visit(page, f"{workshop.url}/search?q=STOP01")
    href = page.locator("main a[href^='/machines/']").first.get_attribute("href") or ""
    return int(href.split("/")[2].split("?")[0])


def test_nothing_was_tried_yet(page: Page, workshop: Workshop) -> None:
    open_tests(page, workshop, workshop.ids["untied"])
    expect(page.locator("#tab-tests .empty")).to_be_visible()
    expect(page.locator("#hands-on form button").first).to_be_visible()


def test_results_by_part_with_reasons_and_figures(page: Page, workshop: Workshop, tested: int) -> None:
    open_tests(page, workshop, tested)
    expect(page.locator("#part-memory .tone-good .badge")).to_have_count(1)
    expect(page.locator("#part-memory")).to_contain_text("7\u00a0G")
    drive = page.locator("#part-drive")
    expect(drive).to_contain_text("SAMSUNG MZ7LN256HCHP-000L7 SN-WAIT-A")
    expect(drive).to_contain_text("27")
    expect(drive.locator(".speed svg polyline")).to_have_count(1)
    expect(drive.locator(".speed svg .gap")).not_to_have_count(0)  # the place that can't be read
    expect(page.locator("#part-keyboard")).to_contain_text("F7")
    expect(page.locator("#part-camera .tone-quiet .badge")).to_have_count(1)
    expect(page.locator("#part-wifi .tone-alert .badge")).to_have_count(1)
    # The first time it was tested is folded away: seven results that the second time replaced.
    older = page.locator("#older-tests")
    expect(older.locator("summary")).to_contain_text("7")
    expect(older.locator("li").first).not_to_be_visible()
    older.locator("summary").click()
    expect(older.locator("li")).to_have_count(7)


def test_hands_are_asked_for_only_where_somebody_listens(page: Page, workshop: Workshop, tested: int) -> None:
    open_tests(page, workshop, tested)
    button = page.locator("form[action$='/tests/hands-on'] button")
    button.click()
    expect(page.locator("#notice [role=alert]")).to_be_visible()  # it is not connected: said in place
    workshop.order("listens", machine=tested)
    button.click()
    expect_said(page, "Regardez l’écran de la machine")
    expect(page.locator("#notice [role=alert]")).to_have_count(0)


def test_a_run_that_stopped_there_is_carried_on(page: Page, workshop: Workshop, stopped: int) -> None:
    visit(page, f"{workshop.url}/machines/{stopped}")
    expect(page.locator("h1 .badge").first).to_have_class("badge tone-alert")
    carry_on = page.locator(".next form[action$='/carry-on'] button")
    expect(page.locator(".next form[action$='/retry'] button")).to_be_visible()
    carry_on.click()
    expect_said(page, "Elle continue bien que ses tests l’aient arrêtée")
    expect(page.locator("h1 .badge").first).to_have_class("badge tone-waiting")
    expect(page.locator(".step.is-skipped")).to_contain_text("Karim")
    visit(page, f"{workshop.url}/machines/{stopped}?tab=history")
    expect(page.locator(".entries")).to_contain_text("Karim")
    expect(page.locator(".entries pre", has_text="tests.waived")).to_have_count(1)


def test_readable_for_everybody(browser: Browser, page: Page, workshop: Workshop, tested: int, stopped: int) -> None:
    """On a desk and in a hand, by day and by night. RECYCLERIE_SHOTS keeps pictures."""
    folder = os.environ.get("RECYCLERIE_SHOTS")
    empty = workshop.ids["untied"]
    for scheme in ("light", "dark"):
        context = make_context(browser, color_scheme=scheme)
        opened = context.new_page()
        sign_in(opened, workshop)
        for width in (1440, 390):
            opened.set_viewport_size({"width": width, "height": 900})
            for name, machine, query in (
                ("tested", tested, "?tab=tests"),
                ("none", empty, "?tab=tests"),
                ("stop", stopped, ""),
            ):
                visit(opened, f"{workshop.url}/machines/{machine}{query}")
                found = [v for v in Axe().run(opened).response["violations"] if v["impact"] in ("serious", "critical")]
                assert not found, found
                assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
                if folder:
                    opened.screenshot(path=f"{folder}/tests-{name}-{width}-{scheme}.png", full_page=True)
        context.close()
