"""The machine's page in a browser: live log, actions, and what stays while it changes."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.acceptance.web.conftest import Workshop, visit


def open_machine(page: Page, workshop: Workshop, key: str, query: str = "") -> None:
    visit(page, f"{workshop.url}/machines/{workshop.ids[key]}{query}")
    expect(page.locator(".top .live")).to_have_attribute("data-state", "on")
    page.evaluate("window.mark = 1")


def test_the_run_is_followed_live(page: Page, workshop: Workshop) -> None:
    open_machine(page, workshop, "at_work")
    machine = workshop.ids["at_work"]
    expect(page.locator(".next h2")).to_contain_text("rien à faire")
    step = page.locator(".step.is-running")
    expect(step).to_contain_text("SN-WORK")
    workshop.order("progress", machine=machine, share=0.5)
    expect(step.locator("progress")).to_have_attribute("value", "500")
    expect(step).to_contain_text("relecture")
    log = step.locator(".log")
    expect(log).to_contain_text("erase: line 2")
    workshop.order("log", machine=machine, text="des nouvelles de l’agent")
    expect(log).to_contain_text("des nouvelles de l’agent")
    assert page.evaluate("window.mark") == 1


def test_the_log_scrolls_only_for_who_is_at_its_end(page: Page, workshop: Workshop) -> None:
    open_machine(page, workshop, "at_work")
    machine = workshop.ids["at_work"]
    log = page.locator(".step.is-running .log")
    workshop.order("log", machine=machine, text="ligne", count=80)
    expect(log).to_contain_text("ligne 79")
    at_end = "e => e.scrollHeight - e.scrollTop - e.clientHeight < 30"
    assert log.evaluate(at_end)
    log.evaluate("e => { e.scrollTop = 0 }")
    workshop.order("log", machine=machine, text="encore une")
    expect(log).to_contain_text("encore une")
    assert log.evaluate("e => e.scrollTop") == 0
    # Never more than the bound, whatever comes.
    workshop.order("log", machine=machine, text="beaucoup", count=1000)
    expect(log).to_contain_text("beaucoup 499")
    for _ in range(3):
        workshop.order("log", machine=machine, text="suite")
        page.wait_for_timeout(1200)
    assert log.locator("li").count() <= 800


def test_half_typed_text_and_open_folds_stay(page: Page, workshop: Workshop) -> None:
    open_machine(page, workshop, "at_work")
    page.get_by_text("Mettre de côté", exact=True).first.click()
    reason = page.locator("#f-reason")
    reason.fill("Il manque une vi")
    workshop.order("progress", machine=workshop.ids["at_work"], share=0.66)
    expect(page.locator(".step.is-running progress")).to_have_attribute("value", "660")
    expect(reason).to_be_visible()
    expect(reason).to_have_value("Il manque une vi")
    expect(reason).to_be_focused()
    reason.press("End")
    reason.type("s")
    page.locator("form[action$='/hold'] button").click()
    expect(page.locator("#notice")).to_contain_text("mise de côté")
    expect(page.locator(".next h2")).to_contain_text("Il manque une vis")
    expect(page.locator("h1 .badge")).to_contain_text("mise de côté")
    assert page.evaluate("window.mark") == 1


def test_release_and_history_in_words(page: Page, workshop: Workshop) -> None:
    open_machine(page, workshop, "held")
    page.locator(".next").get_by_role("button", name="Remettre en route").click()
    expect(page.locator("h1 .badge")).to_contain_text("inspectée")
    page.locator(".tabs").get_by_role("link", name="Historique").click()
    history = page.locator(".entries")
    expect(history).to_contain_text("inspectée → mise de côté")
    expect(history.locator("li").first).to_contain_text("mise de côté → inspectée")
    expect(history.locator("li").first).to_contain_text("Karim")
    history.locator("summary").first.click()
    expect(history.locator("pre").first).to_contain_text("machine.state")


def test_an_error_is_said_in_place(page: Page, workshop: Workshop) -> None:
    open_machine(page, workshop, "held")
    page.get_by_text("Recycler (DEEE)").click()
    page.fill("#f-reference", "BSD-1")
    page.fill("#f-weight", "sept")
    page.get_by_role("button", name="au recyclage").click()
    notice = page.locator("#notice [role=alert]")
    expect(notice).to_contain_text(
        "« sept » n’est pas un poids".replace(" ", "\u00a0", 1).replace("sept »", "sept\u00a0»")
    )
    expect(page.locator("#f-weight")).to_have_value("sept")
    page.fill("#f-weight", "7,5 kg")
    page.get_by_role("button", name="au recyclage").click()
    expect(page.locator("h1 .badge")).to_contain_text("recyclée")
    expect(page.locator(".actions")).to_have_count(0)


def test_a_machine_is_tied_to_its_lot_by_scanning_its_label(page: Page, workshop: Workshop) -> None:
    open_machine(page, workshop, "untied")
    expect(page.locator(".next h2")).to_contain_text("De quel lot vient-elle")
    page.select_option("#f-lot", str(workshop.ids["lot2"]))
    page.fill("#f-tag", "https://recyclerie.local:8443/m/R-000001")
    page.get_by_role("button", name="Rattacher à ce lot").click()
    expect(page.locator("h1")).to_contain_text("R-000001")
    expect(page.locator(".where")).to_contain_text("Métropole, direction informatique")
    expect(page.locator("#tie")).to_have_count(0)


def test_hardware_and_drives_are_readable(page: Page, workshop: Workshop) -> None:
    open_machine(page, workshop, "at_work", "?tab=hardware")
    expect(page.locator("#tab-hardware")).to_contain_text("Intel Core i5-6300U")
    expect(page.locator("#tab-hardware")).to_contain_text("8\u00a0Go")
    page.locator(".tabs").get_by_role("link", name="Disques").click()
    expect(page.locator("#tab-drives")).to_contain_text("SN-WORK")
    expect(page.locator("#tab-drives")).to_contain_text("256\u00a0Go")
    expect(page.locator("#tab-drives")).to_contain_text("effacement en cours")


def test_the_search_box_takes_tag_serial_and_drive(page: Page, workshop: Workshop) -> None:
    for query, expected in (("SN-HELD", "held"), ("HELD01", "held"), ("R-000007", None)):
        page.fill("#find", query)
        page.press("#find", "Enter")
        if expected:
            expect(page.locator(f"a[href='/machines/{workshop.ids[expected]}']")).to_be_visible()
        else:
            page.wait_for_url("**/machines/*")
    visit(page, f"{workshop.url}/m/R-999999")
    expect(page.locator("main")).to_contain_text("Aucune machine ne porte le numéro R-999999")


def test_the_browsers_back_button_goes_back_a_tab(page: Page, workshop: Workshop) -> None:
    open_machine(page, workshop, "at_work")
    page.locator(".tabs").get_by_role("link", name="Disques").click()
    expect(page.locator("#tab-drives")).to_be_visible()
    page.go_back()
    expect(page.locator("#tab-run .timeline")).to_be_visible()
    expect(page.locator(".top .live")).to_have_attribute("data-state", "on")
    assert "tab=" not in page.url
