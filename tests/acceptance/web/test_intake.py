"""Lots, labels, ledger and settings in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.acceptance.web.conftest import Workshop, make_context, sign_in, visit


def test_a_lot_from_the_form_to_its_labels(page: Page, workshop: Workshop) -> None:
    visit(page, f"{workshop.url}/lots")
    page.get_by_role("link", name="Nouveau lot").click()
    page.fill("#f-donor_name", "Lycée Vauvenargues")
    page.fill("#f-expected_count", "5")
    page.get_by_role("button", name="Créer le lot").click()
    page.wait_for_url("**/lots/*")
    expect(page.locator("#notice")).to_contain_text("imprimez ses étiquettes")
    expect(page.locator("main")).to_contain_text("Lycée Vauvenargues")
    expect(page.locator("#f-count")).to_have_value("5")
    csrf = page.locator("form[action$='/labels'] input[name=csrf]").get_attribute("value") or ""
    action = page.locator("form[action$='/labels']").get_attribute("action") or ""
    answer = page.request.post(workshop.url + action, form={"csrf": csrf, "count": "5"})
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")
    page.reload()
    expect(page.locator("main table tbody tr")).to_have_count(5)
    expect(page.locator("main")).to_contain_text("Réimprimer les 5\u00a0étiquettes")


def test_the_ledger_is_searched_and_verified(page: Page, workshop: Workshop) -> None:
    visit(page, f"{workshop.url}/ledger")
    page.fill("#ledger-q", "SN-HELD")
    page.press("#ledger-q", "Enter")
    expect(page.locator(".entries li").first).to_be_visible()
    for entry in page.locator(".entries li").all():
        expect(entry).to_contain_text("SN-HELD")
    page.get_by_role("link", name="Vérifier que rien n’a été modifié").click()
    expect(page.locator("#verification")).to_contain_text("Rien n’a été modifié")


def test_an_administrator_adds_a_person_who_can_sign_in(browser: Browser, workshop: Workshop) -> None:
    context = make_context(browser)
    page = context.new_page()
    sign_in(page, workshop, "amelie")
    visit(page, f"{workshop.url}/settings")
    page.get_by_text("Ajouter une personne").click()
    page.fill("#f-name", "Nadia")
    page.fill("#f-login", "nadia")
    page.get_by_role("button", name="Ajouter cette personne").click()
    password = page.locator("#new-password").inner_text()
    assert re.fullmatch(r"(?:[a-z0-9]{4}-){3}[a-z0-9]{4}", password)
    theirs = make_context(browser)
    hers = theirs.new_page()
    visit(hers, f"{workshop.url}/sign-in")
    hers.fill("input[name=login]", "nadia")
    hers.fill("input[name=password]", password)
    hers.click("button.main-action")
    hers.wait_for_url(f"{workshop.url}/")
    visit(hers, f"{workshop.url}/settings")
    expect(hers.locator("main")).not_to_contain_text("Ajouter une personne")
    row = page.locator("tr", has_text="Nadia")
    row.get_by_role("button", name="Désactiver").click()
    expect(page.locator("tr", has_text="Nadia")).to_contain_text("désactivé")
    visit(hers, f"{workshop.url}/")
    assert "/sign-in" in hers.url
    own = page.locator("tr", has_text="Amelie").locator("select")
    own.select_option("technician")
    expect(page.locator("h1")).to_contain_text("Cela n’a pas pu être fait")
    expect(page.locator("main")).to_contain_text("est la seule personne qui administre")
    theirs.close()
    context.close()
