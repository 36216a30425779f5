"""The workshop board in a browser: what needs a hand, and live changes without reloading."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.acceptance.web.conftest import Workshop, make_context, sign_in, visit
from tests.acceptance.web.scene import LONG_MODEL


def live(page: Page) -> None:
    """Wait for the connection, and mark the page: a reload would lose the mark."""
    expect(page.locator(".top .live")).to_have_attribute("data-state", "on")
    page.evaluate("window.mark = 1")


def not_reloaded(page: Page) -> None:
    assert page.evaluate("window.mark") == 1


def test_each_machine_stands_where_it_belongs(page: Page, workshop: Workshop) -> None:
    ids = workshop.ids
    needs = page.locator(".column.needs")
    expect(needs.locator(".column-head .count")).to_have_text("6")
    for key in ("waiting", "swapped", "refused", "untied", "held"):
        expect(needs.locator(f"#card-{ids[key]}")).to_be_visible()
    expect(needs.locator(f"#stranger-{ids['stranger']}")).to_be_visible()
    expect(needs.locator(f"#card-{ids['held']}")).to_contain_text("Le ventilateur fait du bruit")
    card = page.locator(f"section[aria-labelledby=column-erase] #card-{ids['at_work']}")
    expect(card).to_contain_text("effacement")
    expect(card).to_contain_text("reste 30")
    expect(card).to_contain_text(LONG_MODEL[:20])
    expect(page.locator(f"section[aria-labelledby=column-ready] #card-{ids['ready']}")).to_be_visible()
    expect(page.locator(".column.expected .slip")).to_have_count(3)
    assert page.title().startswith("(6)")


def test_progress_moves_in_place(page: Page, workshop: Workshop) -> None:
    live(page)
    machine = workshop.ids["at_work"]
    bar = page.locator(f"#card-{machine} progress")
    page.evaluate("id => { window.node = document.querySelector(`#card-${id} progress`) }", machine)
    for share in (0.4, 0.8):
        workshop.order("progress", machine=machine, share=share, eta=240)
        expect(bar).to_have_attribute("value", str(int(share * 1000)))
    expect(page.locator(f"#card-{machine} .left")).to_have_text("reste 4\u00a0min")
    assert page.evaluate("id => window.node === document.querySelector(`#card-${id} progress`)", machine)
    not_reloaded(page)


def test_a_card_that_needs_a_hand_moves_to_the_top(page: Page, workshop: Workshop) -> None:
    live(page)
    machine = workshop.ids["at_work"]
    workshop.order("hold", machine=machine, reason="Fumée !")
    card = page.locator(f".column.needs #card-{machine}")
    expect(card).to_contain_text("Fumée !")
    expect(page.locator(".column.needs .column-head .count")).to_have_text("7")
    not_reloaded(page)


def test_nothing_that_a_person_does_is_lost_meanwhile(page: Page, workshop: Workshop) -> None:
    live(page)
    search = page.locator("#find")
    search.click()
    page.keyboard.type("R-00")
    page.evaluate("scrollTo(0, 40)")
    workshop.order("stranger", serial="NEW001")
    expect(page.locator(".column.needs .column-head .count")).to_have_text("7")
    assert page.evaluate("scrollY") == 40
    expect(search).to_be_focused()
    page.keyboard.type("0001")
    expect(search).to_have_value("R-000001")
    not_reloaded(page)


def test_an_unknown_machine_appears_and_is_accepted(page: Page, workshop: Workshop) -> None:
    live(page)
    workshop.order("stranger", serial="NEW002")
    stranger = page.locator(".needs article", has_text="Acer Aspire E5-573G")
    expect(stranger).to_be_visible()
    expect(stranger).to_contain_text("NEW002")
    stranger.get_by_role("button", name="Accepter").click()
    expect(stranger).to_have_count(0)
    expect(page.locator("section[aria-labelledby=column-plugged]")).to_contain_text("Acer Aspire E5-573G")
    expect(page.locator("#notice")).to_contain_text("acceptée")
    not_reloaded(page)


def test_a_stranger_is_turned_away(page: Page, workshop: Workshop) -> None:
    stranger = page.locator(f"#stranger-{workshop.ids['stranger']}")
    stranger.get_by_role("button", name="Refuser").click()
    expect(stranger).to_have_count(0)
    expect(page.locator("#notice")).to_contain_text("refusée")


def test_the_filter_narrows_and_stays_through_live_changes(page: Page, workshop: Workshop) -> None:
    live(page)
    page.select_option("#filter-lot", str(workshop.ids["lot2"]))
    expect(page.locator(f"#card-{workshop.ids['held']}")).to_be_visible()
    expect(page.locator(f"#card-{workshop.ids['waiting']}")).to_have_count(0)
    assert f"lot={workshop.ids['lot2']}" in page.url
    workshop.order("hold", machine=workshop.ids["ready"], reason="Vitre cassée")
    expect(page.locator(f".needs #card-{workshop.ids['ready']}")).to_be_visible()
    expect(page.locator(f"#card-{workshop.ids['waiting']}")).to_have_count(0)
    not_reloaded(page)


def test_a_lost_connection_shows_and_comes_back(page: Page, workshop: Workshop) -> None:
    live(page)
    page.route("**/events*", lambda route: route.abort())
    page.context.set_offline(True)
    indicator = page.locator(".top .live")
    # The open stream is cut by the browser when it goes offline; new attempts fail.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(indicator).to_have_attribute("data-state", "lost", timeout=30_000)
    expect(indicator).to_contain_text("Connexion perdue")
    page.context.set_offline(False)
    page.unroute("**/events*")
    workshop.order("hold", machine=workshop.ids["at_work"], reason="Pendant l’absence")
    expect(indicator).to_have_attribute("data-state", "on", timeout=30_000)
    expect(page.locator(f".needs #card-{workshop.ids['at_work']}")).to_contain_text("Pendant l’absence")
    not_reloaded(page)


def test_a_scanner_opens_the_machine_anywhere_on_the_page(page: Page, workshop: Workshop) -> None:
    """A USB scanner types the label's text and Enter; on a French keyboard its digits come out as symbols."""
    page.keyboard.type("https://recyclerie.local:8443/m/R-000004")
    page.keyboard.press("Enter")
    page.wait_for_url("**/machines/*")
    expect(page.locator("h1")).to_contain_text("R-000004")
    visit(page, f"{workshop.url}/")
    french = "à-&é\"'(è_ç"
    for key, code in [("R", "KeyR"), (")", "Minus"), *[(french[0], "Digit0")] * 5, ("é", "Digit5"), ("Enter", "Enter")]:
        page.evaluate(
            "([key, code]) => document.body.dispatchEvent("
            "new KeyboardEvent('keydown', {key, code, bubbles: true, cancelable: true}))",
            [key, code],
        )
    page.wait_for_url("**/machines/*")
    expect(page.locator("h1")).to_contain_text("R-000005")


def test_the_empty_workshop_says_what_to_do_first(browser: Browser, shown: Workshop) -> None:
    context = make_context(browser)
    page = context.new_page()
    sign_in(page, shown, "amelie")
    visit(page, f"{shown.url}/?q=nothing-like-this")
    expect(page.locator("#needs-title")).to_contain_text("Rien n’attend votre aide")
    context.close()


def test_a_phone_needs_no_sideways_scrolling(browser: Browser, shown: Workshop) -> None:
    context = make_context(browser, viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    sign_in(page, shown, "amelie")
    ids = shown.ids
    for path in (
        "/",
        f"/machines/{ids['at_work']}",
        f"/machines/{ids['at_work']}?tab=hardware",
        f"/machines/{ids['at_work']}?tab=drives",
        f"/machines/{ids['at_work']}?tab=history",
        f"/machines/{ids['waiting']}/authorise",
        "/lots",
        f"/lots/{ids['lot']}",
        "/lots/new",
        "/ledger",
        "/settings",
        "/search?q=dell",
    ):
        visit(page, shown.url + path)
        too_wide = page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth)
            .map(e => e.outerHTML.slice(0, 120)).concat('the page')"""
        )
        assert not too_wide, (path, too_wide)
        small = page.evaluate(
            """() => [...document.querySelectorAll('a.button, button, select, summary, .nav a, .tabs a')]
            .filter(e => e.offsetParent && e.getBoundingClientRect().height < 43)
            .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert not small, (path, small)
    context.close()
