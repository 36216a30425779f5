"""The whole cosmetic check on a phone: every part judged by thumb, cleaned, photographed; with script and without."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from controller.cosmetics.zones import cleaning, zones
from tests.acceptance.web.conftest import Workshop, make_context, sign_in, visit
from tests.unit.controller.cosmetics.photos import COMMENT, MAKER, phone_photo

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SHOTS = os.environ.get("RECYCLERIE_SHOTS")  # a folder: pictures are kept there


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def phone(request: pytest.FixtureRequest, browser: Browser, workshop: Workshop) -> Iterator[Page]:
    """A technician's phone."""
    context = make_context(browser, java_script_enabled=request.param, **PHONE)
    page = context.new_page()
    sign_in(page, workshop)
    yield page
    context.close()


def photo(name: str = "IMG_0001.jpg", data: bytes | None = None) -> FilePayload:
    """A file of the phone's."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": data or phone_photo(1200, 900)}


def judge(page: Page, zone: str, severity: str) -> None:
    """Tap on how bad it is."""
    page.locator(f"label.pick:has(input[name='zone-{zone}'][value='{severity}'])").tap()


def judge_all(page: Page) -> None:
    """Everything is fine but the lid and a hinge."""
    for zone in zones("laptop"):
        judge(page, zone, {"lid": "visible", "hinges": "broken"}.get(zone, "none"))


def look_fine(page: Page, name: str) -> None:
    """Nothing serious for axe, nothing wider than the screen; a picture for whoever wants one."""
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical", "moderate")]
    assert not found, [(v["id"], v["nodes"][0]["html"][:300]) for v in found]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_the_whole_check_by_thumb(phone: Page, workshop: Workshop) -> None:
    machine = workshop.ids["ready"]
    visit(phone, f"{workshop.url}/machines/{machine}")
    phone.locator("#checklist a[href$='/look']").tap()
    phone.wait_for_url("**/look")
    # Each target is large enough for a thumb.
    for box in phone.locator("label.pick, .check.big").all():
        size = box.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 44
    expect(phone.locator("input[name='note-lid']")).not_to_be_visible()
    judge_all(phone)
    phone.locator("input[name='note-lid']").fill("rayure de 3 cm")
    for task in cleaning("laptop"):
        phone.locator(f"label.check:has(input[value='{task}'])").tap()
    phone.locator("#f-camera").set_input_files([photo()])
    phone.locator("#f-gallery").set_input_files([photo("a.jpg", phone_photo(800, 600, 6)), photo("b.jpg", b"not one")])
    phone.locator("#record").tap()
    # What was no photo is told; the rest is recorded.
    phone.wait_for_url("**/look?not_kept=not-a-photo_1*")
    expect(phone.locator(".notice.tone-alert")).to_have_count(1)
    expect(phone.locator(".photos img")).to_have_count(2)
    phone.locator(".back").tap()
    phone.wait_for_url("**tab=tests*")
    look = phone.locator("#look")
    expect(look).to_contain_text("rayure de 3 cm")
    expect(look.locator(".badge.tone-alert")).to_have_count(1)
    # A broken hinge stays on the list, the rest of the look does not.
    missing = phone.locator("#checklist li.tone-alert")
    expect(missing.first).to_be_visible()
    expect(phone.locator("#checklist a[href$='/look']")).to_have_count(0)
    for image in look.locator(".photos img").all():
        answer = phone.request.get(workshop.url + (image.get_attribute("src") or ""))
        assert answer.headers["cache-control"].startswith("private")
        assert max(Image.open(io.BytesIO(answer.body())).size) <= 320
        assert MAKER.encode() not in answer.body()
        assert COMMENT not in answer.body()
    # One is deleted, for good.
    first = look.locator(".photos li").first
    url = workshop.url + (first.locator("a").get_attribute("href") or "")
    first.locator("summary").tap()
    first.locator("button").tap()
    expect(phone.locator("#look .photos li")).to_have_count(1)
    assert phone.request.get(url).status == 404


def test_what_was_tapped_is_still_there_after_an_error(browser: Browser, workshop: Workshop) -> None:
    """With script an error is told on the page itself: nobody taps nine parts twice."""
    context = make_context(browser, **PHONE)
    page = context.new_page()
    sign_in(page, workshop)
    visit(page, f"{workshop.url}/machines/{workshop.ids['ready']}/look")
    judge_all(page)
    page.evaluate("document.querySelectorAll('#look-form [required]').forEach(e => e.required = false)")
    page.evaluate("document.querySelector('input[name=zone-base]:checked').checked = false")
    page.locator("input[name='note-lid']").fill("rayure de 3 cm")
    page.locator("#record").tap()
    expect(page.locator("#notice .notice")).to_be_visible()
    expect(page.locator("input[name='zone-hinges'][value='broken']")).to_be_checked()
    expect(page.locator("input[name='note-lid']")).to_have_value("rayure de 3 cm")
    judge(page, "base", "none")
    page.locator("#record").tap()
    page.wait_for_url("**tab=tests*")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_readable_for_everybody(browser: Browser, workshop: Workshop, scheme: str) -> None:
    machine = workshop.ids["ready"]
    context = make_context(browser, color_scheme=scheme)
    page = context.new_page()
    sign_in(page, workshop, "claire")
    visit(page, f"{workshop.url}/machines/{machine}/look")
    for zone in zones("laptop"):
        severity = {"lid": "visible", "hinges": "broken", "base": "light"}.get(zone, "none")
        page.locator(f"input[name='zone-{zone}'][value='{severity}']").check()
    page.locator("input[name='note-lid']").fill("rayure de 3 cm, près du logo")
    page.locator("input[value='outside']").check()
    page.locator("#f-gallery").set_input_files([photo(f"{n}.jpg", phone_photo(900 + n, 700)) for n in range(3)])
    pictures = [
        ("form", f"/machines/{machine}/look"),
        ("tab", f"/machines/{machine}?tab=tests"),
        ("ready", f"/machines/{machine}"),
        ("inspected", f"/machines/{workshop.ids['waiting']}?tab=tests"),
        ("list", "/settings/tests"),
        ("settings", "/settings"),
        ("history", f"/machines/{machine}?tab=history"),
    ]
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        look_fine(page, f"look-filled-{width}-{scheme}")
    page.locator("#record").click()
    page.wait_for_url("**tab=tests*")
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        for name, path in pictures:
            visit(page, workshop.url + path)
            page.locator("details.fold:has(select[name='item'])").evaluate_all("all => all.forEach(e => e.open = true)")
            look_fine(page, f"look-{name}-{width}-{scheme}")
    context.close()


def test_one_test_is_let_pass_and_asked_for_again(browser: Browser, workshop: Workshop) -> None:
    machine = workshop.ids["ready"]
    context = make_context(browser, **PHONE)
    page = context.new_page()
    sign_in(page, workshop, "claire")
    visit(page, f"{workshop.url}/machines/{machine}")
    before = page.locator("#checklist .lacks > li").count()
    page.locator("#checklist details:has(select[name='item']) > summary").tap()
    page.select_option("select[name=item]", "keyboard")
    page.select_option("select[name=reason]", "otherwise")
    page.fill("textarea[name=note]", "clavier essayé sous Linux")
    page.locator("#checklist form[action$='/waive'] button").tap()
    expect(page.locator("#checklist s")).to_have_count(1)
    expect(page.locator("#checklist")).to_contain_text("clavier essayé sous Linux")
    page.locator("#checklist form[action$='/waive/end'] button").first.tap()
    expect(page.locator("#checklist s")).to_have_count(0)
    visit(page, f"{workshop.url}/machines/{machine}")
    expect(page.locator("#checklist .lacks > li")).to_have_count(before)
    context.close()


def test_nobody_else_sees_a_photo(browser: Browser, workshop: Workshop, page: Page, tmp_path: Path) -> None:
    machine = workshop.ids["ready"]
    visit(page, f"{workshop.url}/machines/{machine}/look")
    for zone in zones("laptop"):
        page.locator(f"input[name='zone-{zone}'][value='none']").check()
    page.locator("#f-camera").set_input_files([photo()])
    page.locator("#record").click()
    page.wait_for_url("**tab=tests*")
    url = workshop.url + (page.locator(".photos a").first.get_attribute("href") or "")
    assert page.request.get(url).status == 200
    stranger = make_context(browser)
    answer = stranger.request.get(url, max_redirects=0)
    assert answer.status in (303, 401)
    assert answer.headers["content-type"] != "image/jpeg"
    stranger.close()
