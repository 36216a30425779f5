"""Maintenance on a machine's page: asked with one click, seen live, its logs downloaded, its rights ended."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.integration.assist.world import Home, World
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(240)
SHOTS = os.environ.get("RECYCLERIE_SHOTS")


def look(page: Page, name: str, part: str = "#maintenance") -> None:
    """Axe finds nothing there; a picture of the page, where somebody wants one."""
    violations = Axe().run(page, context=part).response["violations"]
    grave = [(v["id"], v["nodes"][0]["html"][:200]) for v in violations if v["impact"] != "minor"]
    assert not grave, (name, grave)
    if not SHOTS:
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{SHOTS}/{name}-{width}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})


def test_logs_are_fetched_from_the_page(page: Page, world: World, home: Home, tmp_path: Path) -> None:
    """This computer plays the family's: its own sshd, its own logs; the play is the real one."""
    url = f"{world.core.controller_url}/machines/{home.machine_id}?tab=assist"
    page.goto(url)
    look(page, "maintenance-connected")
    page.click("#maintenance-others > summary")
    assert page.is_visible("#f-package")
    assert page.is_visible("#f-timezone")
    look(page, "maintenance-others")
    page.click("#maintenance-others form:has(input[value=logs]) button")
    page.wait_for_selector("#maintenance .step.is-running", timeout=30_000)
    page.wait_for_selector("#maintenance .log li", timeout=60_000)  # by itself, without a reload
    look(page, "maintenance-running")
    link = page.wait_for_selector("#maintenance a[download]", timeout=120_000)
    assert link is not None
    look(page, "maintenance-done")
    with page.expect_download() as got:
        link.click()
    got.value.save_as(tmp_path / "logs.tar.gz")
    assert got.value.suggested_filename.startswith(home.tag)
    with tarfile.open(tmp_path / "logs.tar.gz") as packed:
        assert "kernel.txt" in packed.getnames()
    assert not list(Path("/run").glob("recyclerie-logs-*"))
    (ended,) = world.entries("maintenance.ended", home)
    assert (ended["body"]["what"], ended["body"]["state"]) == ("logs", "succeeded")
    page.goto(f"{world.core.controller_url}/maintenance")
    assert home.tag in page.inner_text("#all-maintenance")
    look(page, "maintenance-all", "#main")


def test_a_machine_that_is_off_is_asked_for_later_and_loses_its_rights(page: Page, world: World) -> None:
    away = world.home()
    away.start()
    world.wait_linked(away)
    away.stop()
    wait_until(lambda: not world.linked(away), "it is off", 60)
    page.goto(f"{world.core.controller_url}/machines/{away.machine_id}?tab=assist")
    page.click("#maintenance .main-action")
    page.wait_for_selector("#maintenance .step.is-waiting")
    look(page, "maintenance-waiting")
    page.click("#maintenance .step.is-waiting button")
    page.wait_for_selector("#maintenance .step.is-waiting", state="detached")
    page.click("#maintenance-revoke > summary")
    look(page, "maintenance-revoke")
    page.fill("#maintenance-revoke input[name=tag]", "R-999999")
    page.click("#maintenance-revoke button.danger")
    page.wait_for_selector("#notice .notice")
    assert world.entries("machine.revoked", away) == []
    page.fill("#maintenance-revoke input[name=tag]", away.tag)
    page.click("#maintenance-revoke button.danger")
    page.wait_for_selector("#maintenance .notice.tone-alert")
    assert len(world.entries("machine.revoked", away)) == 1
    assert page.query_selector("#maintenance .main-action") is None
    look(page, "maintenance-revoked")
    away.start()  # whoever has it now
    wait_until(lambda: "401" in away.log or "revoked" in away.log, "it is refused", 60, hint=lambda: away.log[-1500:])
    assert not world.linked(away)
