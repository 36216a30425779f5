"""Everybody can use it: keyboard alone, without script, with a screen reader, in both languages and themes."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.web.conftest import Workshop, make_context, sign_in, visit
from tests.acceptance.web.scene import PASSWORDS


def pages(ids: dict[str, int]) -> list[str]:
    """Every page, with something on it."""
    return [
        "/",
        "/?wall=1",
        f"/machines/{ids['at_work']}",
        f"/machines/{ids['held']}",
        f"/machines/{ids['untied']}",
        f"/machines/{ids['stranger']}",
        f"/machines/{ids['at_work']}?tab=hardware",
        f"/machines/{ids['at_work']}?tab=drives",
        f"/machines/{ids['at_work']}?tab=tests",
        f"/machines/{ids['at_work']}?tab=history",
        f"/machines/{ids['waiting']}/authorise",
        f"/machines/{ids['refused']}/authorise",
        f"/lots/{ids['lot']}/authorise",
        "/lots",
        "/lots/new",
        f"/lots/{ids['lot']}",
        f"/machines/{ids['at_work']}?tab=health",
        "/assistance",
        "/maintenance",
        "/ledger",
        "/ledger/verify",
        "/settings",
        "/settings/erasing",
        "/settings/tests",
        "/settings/updates",
        f"/machines/{ids['ready']}/look",
        f"/machines/{ids['ready']}?tab=tests",
        "/search?q=dell",
        "/stock",
        "/search?q=nothing-at-all",
        "/no-such-page",
    ]


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_serious(browser: Browser, shown: Workshop, theme: str, width: int) -> None:
    context = make_context(browser, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    visit(page, f"{shown.url}/sign-in")
    found = _axe(page, "/sign-in")
    sign_in(page, shown, "amelie")
    for path in pages(shown.ids):
        visit(page, shown.url + path)
        if page.locator(".step.is-running .log").count():
            expect(page.locator(".step.is-running .log li").first).to_be_visible()
        found += _axe(page, path)
    context.close()
    assert not found, "\n".join(found)


def _axe(page: Page, path: str) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [
        f"{path}: {v['impact']} {v['id']}: {v['nodes'][0]['html'][:200]}"
        for v in violations
        if v["impact"] in ("serious", "critical", "moderate")
    ]


def test_from_sign_in_to_authorised_by_keyboard_alone(browser: Browser, workshop: Workshop) -> None:
    context = make_context(browser)
    page = context.new_page()
    visit(page, f"{workshop.url}/sign-in")
    page.keyboard.type("karim")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORDS["karim"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{workshop.url}/")
    machine = workshop.ids["waiting"]
    _tab_to(page, f"#card-{machine} a.button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/authorise")
    _tab_to(page, "button.danger")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/machines/{machine}*")
    expect(page.locator("#notice")).to_contain_text("L’effacement est autorisé")
    _tab_to(page, ".tabs a[href$='tab=drives']")
    page.keyboard.press("Enter")
    expect(page.locator("#tab-drives")).to_contain_text("SN-WAIT-A")
    context.close()


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            visible = page.evaluate(
                "() => getComputedStyle(document.activeElement).outlineStyle !== 'none'"
                " || document.activeElement.matches('.tag')"
            )
            assert visible, f"the focus on {selector} can't be seen"
            return
    raise AssertionError(f"{selector} can't be reached with Tab")


def test_reading_and_acting_without_script(browser: Browser, workshop: Workshop) -> None:
    context = make_context(browser, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, workshop)
    ids = workshop.ids
    expect(page.locator(f"#card-{ids['at_work']}")).to_contain_text("reste 30")
    visit(page, f"{workshop.url}/machines/{ids['at_work']}")
    page.locator(".step.is-running").get_by_role("link", name="Tout le journal").click()
    expect(page.locator("main")).to_contain_text("erase: line 2")
    visit(page, f"{workshop.url}/machines/{ids['ready']}")
    page.get_by_text("Mettre de côté", exact=True).first.click()
    page.fill("#f-reason", "Écran rayé")
    page.locator("form[action$='/hold'] button").click()
    expect(page.locator("#notice")).to_contain_text("mise de côté")
    expect(page.locator(".next")).to_contain_text("Écran rayé")
    # An error without script is a page of its own.
    page.get_by_text("Recycler (DEEE)").click()
    page.fill("#f-reference", "BSD-1")
    page.fill("#f-weight", "beaucoup")
    page.get_by_role("button", name="au recyclage").click()
    expect(page.locator("h1")).to_contain_text("Cela n’a pas pu être fait")
    context.close()


def test_language_and_colours_are_remembered(page: Page, workshop: Workshop) -> None:
    page.click(".menu > summary")
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Workshop")
    assert page.get_attribute("html", "lang") == "en"
    page.click(".menu > summary")
    page.get_by_role("button", name="Dark").click()
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 24, 26)"
    page.click(".menu > summary")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    expect(page.locator("h1")).to_have_text("Sign in")


def test_a_signed_out_browser_comes_back_to_where_it_was(browser: Browser, shown: Workshop) -> None:
    context = make_context(browser)
    page = context.new_page()
    target = f"{shown.url}/machines/{shown.ids['held']}?tab=drives"
    visit(page, target)
    assert "/sign-in?next=" in page.url
    page.fill("input[name=login]", "karim")
    page.fill("input[name=password]", "wrong-password-here")
    page.click("button.main-action")
    expect(page.locator("[role=alert]")).to_contain_text("Identifiant ou mot de passe faux")
    expect(page.locator("input[name=login]")).to_have_value("karim")
    page.fill("input[name=password]", PASSWORDS["karim"])
    page.click("button.main-action")
    page.wait_for_url(target)
    context.close()


def test_less_than_100_kb_of_script_and_nothing_from_elsewhere(page: Page, workshop: Workshop) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in pages(workshop.ids):
        visit(page, workshop.url + path)
        size = page.evaluate(
            """async () => {
              const texts = [...document.scripts].map(s => fetch(s.src).then(r => r.text()));
              return (await Promise.all(texts)).reduce((sum, text) => sum + text.length, 0);
            }"""
        )
        assert 0 < size < 100_000, path
    assert all(url.startswith((workshop.url, "data:")) for url in asked)
