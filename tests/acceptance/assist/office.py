"""A technician elsewhere: a real browser in a network of its own, in front of the dashboard."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright

from controller.access.people import create_user
from tests.acceptance.assist import azerty
from tests.acceptance.assist.framebuffer import Colour
from tests.acceptance.web.conftest import CHROMIUM, FLAGS, make_context, visit
from tests.acceptance.web.scene import PASSWORDS, ROLES
from tests.integration.assist.network import HomeNetwork
from tests.integration.assist.world import World
from tests.lab.waiting import wait_until

NAMES = {"karim": "Karim Benali", "claire": "Claire Fontaine", "amelie": "Amélie Roux"}
# One pixel of the page's picture, in the family's own pixels.
PIXELS = """points => {
  const canvas = document.querySelector('#stage canvas');
  if (!canvas || !canvas.width) return null;
  const context = canvas.getContext('2d');
  return points.map(([x, y]) => [...context.getImageData(x, y, 1, 1).data].slice(0, 3));
}"""
PLACE = """([x, y]) => {
  const canvas = document.querySelector('#stage canvas'), box = canvas.getBoundingClientRect();
  return [box.left + x * box.width / canvas.width, box.top + y * box.height / canvas.height];
}"""


def people(world: World) -> None:
    """Those who may sign in."""
    with world.core.database.write() as session:
        for login, role in ROLES.items():
            create_user(
                session,
                site="main",
                login=login,
                display_name=NAMES[login],
                role=role,
                password=PASSWORDS[login],
                language="fr",
            )


@contextmanager
def office_browser(playwright: Playwright, net: HomeNetwork, folder: Path) -> Iterator[Browser]:
    """Chromium in the office's network."""
    wrapper = folder / "chromium-in-the-office"
    wrapper.write_text(f'#!/bin/sh\nexec ip netns exec {net.office} {CHROMIUM} "$@"\n')
    wrapper.chmod(0o755)
    browser = playwright.chromium.launch(executable_path=str(wrapper), args=FLAGS)
    yield browser
    browser.close()


class Technician:
    """One person's browser window."""

    def __init__(self, browser: Browser, url: str, login: str = "karim", **options: Any) -> None:
        self.url, self.login = url, login
        self.context = make_context(browser, **options)
        self.context.set_default_timeout(20_000)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
        self.faults: list[str] = []
        self._open()
        visit(self.page, f"{url}/sign-in")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", PASSWORDS[login])
        self.page.click("button.main-action")
        self.page.wait_for_url(f"{url}/")

    def _open(self) -> None:
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.keyboard = self.context.new_cdp_session(self.page)

    def second_page(self) -> Technician:
        """The same person, the same profile, the same address in another page."""
        other = copy.copy(self)
        other._open()
        visit(other.page, self.page.url)
        return other

    def close(self) -> None:
        """Close the window; no script may have failed in it."""
        self.context.close()
        assert not self.faults, self.faults

    # -- the session ---------------------------------------------------------------------------------

    def ask(self, machine_id: int, why: str = "L’imprimante ne répond plus", minutes: int = 30) -> str:
        """Fill in the form on the machine's page. Returns the session's name; the viewer's page is open then."""
        self.fill_in(machine_id, why, minutes)
        self.page.click("#screen-ask-go")
        self.page.wait_for_url(re.compile("/assist/[0-9a-f]{32}"))
        return self.session

    def fill_in(self, machine_id: int, why: str, minutes: int = 30) -> None:
        """The form, not sent yet."""
        visit(self.page, f"{self.url}/machines/{machine_id}?tab=assist")
        self.page.fill("#screen-ask [name=why]", why)
        self.page.select_option("#screen-ask [name=minutes]", str(minutes))

    @property
    def session(self) -> str:
        """Its name, from the address."""
        return self.page.url.split("/assist/")[1][:32]

    def said(self, name: str) -> str:
        """``data-state``, ``data-control`` or ``data-link`` of the viewer's page."""
        return self.page.locator("#screen").get_attribute(f"data-{name}") or ""

    def words(self) -> str:
        """What the page says to the person."""
        return " ".join(self.page.locator("#words").inner_text().split())

    def wait_said(self, name: str, *values: str, seconds: float = 40) -> str:
        """Until the page says one of these."""
        wait_until(
            lambda: self.said(name) in values,
            f"the page's {name} is {' or '.join(values)}",
            seconds,
            poll=0.1,
            hint=lambda: f"it is {self.said(name)!r}; the page says: {self.words()}; faults: {self.faults}",
        )
        return self.said(name)

    # -- eyes and hands ------------------------------------------------------------------------------

    def pixels(self, points: list[tuple[int, int]]) -> list[Colour] | None:
        """Colours of the page's picture at places of the family's screen; None while there is no picture."""
        found = self.page.evaluate(PIXELS, [list(point) for point in points])
        return None if found is None else [(red, green, blue) for red, green, blue in found]

    def size(self) -> tuple[int, int]:
        """Of the picture, in the family's pixels."""
        width, height = self.page.evaluate(
            "() => { const c = document.querySelector('#stage canvas'); return c ? [c.width, c.height] : [0, 0]; }"
        )
        return width, height

    def click(self, x: int, y: int) -> None:
        """Click in the picture on that place of the family's screen."""
        at = self.page.evaluate(PLACE, [x, y])
        self.page.mouse.click(at[0], at[1])

    def type(self, text: str) -> None:
        """Type on a French keyboard."""
        for character in text:
            self.send(azerty.events(character))

    def send(self, events: Any) -> None:
        """Key events as they come from the keyboard."""
        for event in events:
            self.keyboard.send("Input.dispatchKeyEvent", event)

    def photograph(self, path: Path) -> None:
        """Keep what the page looks like."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)
