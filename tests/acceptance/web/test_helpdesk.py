"""The permanence in a browser: a family asks, somebody takes it and solves it; a machine goes out and comes back."""

from __future__ import annotations

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.web.conftest import Workshop, expect_said, make_context, sign_in, visit


@pytest.fixture
def helped(workshop: Workshop, page: Page) -> int:
    """A machine with calls for help and appointments."""
    workshop.order("help")
    visit(page, f"{workshop.url}/assistance?q=R-000851")
    return int(page.url.split("/machines/")[1].split("?")[0])


def test_a_code_is_typed_and_the_call_is_solved(page: Page, workshop: Workshop, helped: int) -> None:
    visit(page, f"{workshop.url}/assistance")
    page.fill("#home-q", "048 213")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/machines/{helped}?tab=assist")
    expect(page.locator("#help-box")).to_contain_text("06 12 34 56 78")
    one = page.locator(".help-one.tone-alert[id^=request-]").first
    number = one.get_attribute("id")
    one.locator("button[value=assign]").click()
    expect_said(page, "C’est vous qui vous en occupez")
    mine = page.locator(f"#{number}")
    expect(mine).to_contain_text("Karim")
    mine.locator("textarea").fill("câble rebranché")
    mine.locator("button[value=solve]").click()
    expect_said(page, "C’est réglé")
    page.locator("#earlier-calls > summary").click()
    expect(page.locator(f"#earlier-calls #{number}")).to_contain_text("câble rebranché")


def test_a_new_call_comes_up_by_itself(page: Page, workshop: Workshop, helped: int) -> None:
    visit(page, f"{workshop.url}/assistance")
    expect(page.locator(".work-list [id^=request-]")).to_have_count(2)
    page.evaluate("window.mark = 1")
    page.fill("#home-q", "half-typed")
    workshop.order("help again", machine=helped, number=1)
    expect(page.locator(".work-list [id^=request-]")).to_have_count(3)
    expect(page.locator(".work-list")).to_contain_text("À l’aide !")
    assert page.evaluate("window.mark") == 1
    expect(page.locator("#home-q")).to_have_value("half-typed")
    page.locator(".work-list button[value=assign]").first.click()
    page.wait_for_url("**/machines/*tab=assist*")


def test_an_appointment_is_noted_with_its_checklist(page: Page, workshop: Workshop, helped: int) -> None:
    visit(page, f"{workshop.url}/assistance?show=follow-up")
    page.locator(".work-list a.button").first.click()
    page.wait_for_url("**/machines/*tab=assist*")
    form = page.locator("#follow-ups form").first
    expect(form).to_be_visible()  # the one that is overdue is open
    form.locator("input[value=problem]").first.check(force=True)
    form.locator("input[value=reached]").check(force=True)
    form.locator("textarea").fill("Tout va bien sinon")
    form.locator("button.main-action").click()
    expect_said(page, "L’appel est noté")
    first = page.locator("#follow-ups .help-one").first
    expect(first).to_contain_text("Tout va bien sinon")
    expect(first.locator(".help-problems li")).to_have_count(1)
    expect(first.locator("form")).to_have_count(0)


def test_a_machine_goes_out_and_comes_back(page: Page, workshop: Workshop) -> None:
    machine = workshop.ids["ready"]
    visit(page, f"{workshop.url}/machines/{machine}")
    page.locator("#hand-over > summary").click()
    page.locator("#hand-over input[name=phone]").fill("04 42 00 00 00")
    page.locator("#hand-over button").click()
    expect(page.locator("#follow-ups .help-one")).to_have_count(3)
    expect(page.locator("#help-box")).to_contain_text("04 42 00 00 00")
    page.locator("#come-back > summary").click()
    page.locator("#come-back button").click()
    expect(page.locator("#come-back")).to_have_count(0)
    visit(page, f"{workshop.url}/machines/{machine}?tab=assist")
    expect(page.locator("#help-box")).not_to_contain_text("04 42 00 00 00")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390), ("light", 390), ("dark", 1440)])
def test_axe_finds_nothing_serious(browser: Browser, workshop: Workshop, theme: str, width: int) -> None:
    context = make_context(browser, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    sign_in(page, workshop)
    workshop.order("home")
    workshop.order("help")
    visit(page, f"{workshop.url}/assistance")
    found = _look(page, f"assistance-{width}-{theme}")
    visit(page, f"{workshop.url}/assistance?q=999999")
    found += _look(page, f"code-unknown-{width}-{theme}")
    visit(page, f"{workshop.url}/assistance?q=R-000851")
    for fold in page.locator("#help-box summary").all():
        fold.click()
    found += _look(page, f"machine-{width}-{theme}")
    visit(page, f"{workshop.url}/machines/{workshop.ids['ready']}?tab=assist")
    page.locator("#hand-over > summary").click()
    found += _look(page, f"hand-over-{width}-{theme}")
    workshop.order("help many")
    visit(page, f"{workshop.url}/assistance")
    found += _look(page, f"many-{width}-{theme}")
    page.locator(".work-list a.strong").first.click()
    page.wait_for_url("**/machines/*tab=assist*")
    found += _look(page, f"many-machine-{width}-{theme}")
    context.close()
    assert not found, "\n".join(found)


def _look(page: Page, name: str) -> list[str]:
    if folder := os.environ.get("RECYCLERIE_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    overflow = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    violations = Axe().run(page).response["violations"]
    return [
        *(
            f"{name}: {v['impact']} {v['id']}: {v['nodes'][0]['html'][:200]}"
            for v in violations
            if v["impact"] in ("serious", "critical", "moderate")
        ),
        *([f"{name}: wider than the screen"] if overflow else []),
    ]
