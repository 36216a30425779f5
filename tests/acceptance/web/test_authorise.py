"""Authorising an erase in a browser: what is shown is what is authorised, and only that."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.acceptance.web.conftest import Workshop, expect_said, make_context, sign_in, visit


def test_each_drive_is_shown_and_confirmed_once(page: Page, workshop: Workshop) -> None:
    machine = workshop.ids["waiting"]
    page.locator(f"#card-{machine}").get_by_role("link", name="Autoriser l’effacement").click()
    main = page.locator("main")
    expect(main).to_contain_text("perdu pour toujours")
    for text in (
        "SN-WAIT-A",
        "SN-WAIT-B",
        "256\u00a0Go",
        "disque dur",
        "SSD",
        "Windows ntfs",
        "remplacé par des zéros",
    ):
        expect(main).to_contain_text(text)
    page.get_by_role("button", name="Effacer 2\u00a0disques définitivement").click()
    page.wait_for_url(f"**/machines/{machine}*")
    expect(page.locator("#notice")).to_contain_text("L’effacement est autorisé")
    page.locator(".tabs").get_by_role("link", name="Historique").click()
    expect(page.locator(".entries")).to_contain_text("disques SN-WAIT-A, SN-WAIT-B")


def test_what_will_be_done_is_said_in_words(page: Page, workshop: Workshop) -> None:
    """A frozen disk with a hidden part: what goes before, how deeply it is erased, and that its power must stay on."""
    visit(page, f"{workshop.url}/machines/{workshop.ids['waiting']}/authorise")
    disk = page.locator(".drive", has_text="SN-WAIT-B")
    for text in (
        "la machine dort quelques secondes",
        "sa partie cachée est découverte (1\u00a0Go)",
        "le disque s’efface lui-même en entier",
        "puis un autre programme en relit 10\u00a0%",
        "Purge",
        "S’il refuse",
        "chaque octet est remplacé par des zéros",
        "ne coupez pas le courant",
    ):
        expect(disk).to_contain_text(text)
    expect(disk.get_by_role("checkbox")).to_have_count(0)


def test_less_than_the_workshop_asks_needs_a_tick(browser: Browser, page: Page, workshop: Workshop) -> None:
    """The coordination asks for Purge; the SSD offers nothing that reaches it."""
    context = make_context(browser)
    hers = context.new_page()
    sign_in(hers, workshop, "claire")
    visit(hers, f"{workshop.url}/settings/erasing")
    hers.get_by_label("SSD", exact=True).select_option("purge")
    hers.get_by_role("button", name="Effacer ainsi à partir de maintenant").click()
    expect(hers.locator("#notice")).to_contain_text("à partir de maintenant")
    expect(hers.locator("main")).to_contain_text("SSD: Clear → Purge")
    context.close()
    machine = workshop.ids["waiting"]
    visit(page, f"{workshop.url}/machines/{machine}/authorise")
    box = page.locator(".drive", has_text="SN-WAIT-A").get_by_role("checkbox")
    expect(page.locator(".drive", has_text="SN-WAIT-A")).to_contain_text("J’accepte «\u00a0Clear\u00a0»")
    button = page.get_by_role("button", name="Effacer 2\u00a0disques définitivement")
    button.click()
    expect(page).to_have_url(f"{workshop.url}/machines/{machine}/authorise")  # the browser asks for the tick
    box.check()
    button.click()
    expect_said(page, "L’effacement est autorisé")


def test_a_technician_sees_how_we_erase_and_cannot_change_it(page: Page, workshop: Workshop) -> None:
    visit(page, f"{workshop.url}/settings/erasing")
    expect(page.locator("main")).to_contain_text("Seules la coordination et l’administration")
    expect(page.get_by_label("SSD", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Effacer ainsi")).to_have_count(0)


def test_a_drive_swapped_meanwhile_is_refused(page: Page, workshop: Workshop) -> None:
    machine = workshop.ids["swapped"]
    visit(page, f"{workshop.url}/machines/{machine}/authorise")
    expect(page.locator("main")).to_contain_text("SN-OLD")
    workshop.order("swap", machine=machine, serial="SN-NEW")
    page.get_by_role("button", name="Effacer 1\u00a0disque définitivement").click()
    alert = page.locator("#notice [role=alert]")
    expect(alert).to_contain_text("ne sont plus ceux qui étaient affichés")
    expect(alert).to_contain_text("Relisez la liste")
    visit(page, f"{workshop.url}/machines/{machine}/authorise")
    expect(page.locator("main")).to_contain_text("SN-NEW")
    expect(page.locator("main")).not_to_contain_text("SN-OLD")


def test_a_drive_that_cant_be_named_blocks_and_says_why(page: Page, workshop: Workshop) -> None:
    visit(page, f"{workshop.url}/machines/{workshop.ids['refused']}/authorise")
    expect(page.locator("main [role=alert]")).to_contain_text("Un disque de")
    expect(page.locator(".drive.refused")).to_contain_text("ni numéro de série ni WWN")
    expect(page.get_by_role("button", name="définitivement")).to_have_count(0)


def test_a_whole_lot_at_once(page: Page, workshop: Workshop) -> None:
    lot = workshop.ids["lot"]
    visit(page, f"{workshop.url}/lots/{lot}/authorise")
    main = page.locator("main")
    expect(main).to_contain_text("Elle n’est pas comprise ici")
    page.get_by_role("button", name="Effacer 3\u00a0disques définitivement").click()
    page.wait_for_url(f"{workshop.url}/*")
    expect(page.locator("#notice")).to_contain_text("L’effacement est autorisé")


def test_a_lot_is_all_or_nothing(page: Page, workshop: Workshop) -> None:
    visit(page, f"{workshop.url}/lots/{workshop.ids['lot']}/authorise")
    workshop.order("swap", machine=workshop.ids["swapped"], serial="SN-OTHER")
    page.get_by_role("button", name="définitivement").click()
    expect(page.locator("#notice [role=alert]")).to_contain_text("ne sont plus ceux")
    visit(page, f"{workshop.url}/machines/{workshop.ids['waiting']}?tab=history")
    expect(page.locator(".entries")).not_to_contain_text("Effacement autorisé")


def test_only_a_coordinator_authorises_a_lot_in_advance(browser: Browser, page: Page, workshop: Workshop) -> None:
    url = f"{workshop.url}/lots/{workshop.ids['lot2']}"
    visit(page, url)
    expect(page.locator("main")).to_contain_text("peut autoriser d’avance")
    expect(page.locator("form[action$='/preauthorise']")).to_have_count(0)
    context = make_context(browser)
    hers = context.new_page()
    sign_in(hers, workshop, "claire")
    visit(hers, url)
    hers.get_by_text("Effacer sans redemander").click()
    hers.get_by_role("button", name="Effacer toutes les machines de").click()
    expect(hers.locator("#notice")).to_contain_text("dès qu’elle sera inspectée")
    expect(hers.locator("main")).to_contain_text("autorisé par Claire")
    context.close()
