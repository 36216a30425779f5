"""The installed family PC, behind NAT, is taken over from the dashboard with consent, and maintained through the link.

Everything is real: the installed disk, the greeter, Xfce, the windows that ask, x11vnc, the browser. Only with
``make lab PROFILE=famille``: it needs a desktop.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.acceptance.assist import azerty
from tests.acceptance.assist.office import Technician as Viewer
from tests.acceptance.web.conftest import CHROMIUM, FLAGS
from tests.lab.cast import bios_pc
from tests.lab.day import recondition
from tests.lab.errors import LabTimeout
from tests.lab.hands import Family
from tests.lab.home import (
    SLOW,
    WHITE,
    Operator,
    accept,
    bar_is_shown,
    is_dark,
    kept,
    press_stop,
    sign_in,
    taken_home,
    wait_linked,
)
from tests.lab.paths import RESULTS
from tests.lab.virtualpc import VirtualPC
from tests.lab.waiting import wait_until
from tests.lab.workshop import LOGIN, Workshop

pytestmark = [pytest.mark.lab, pytest.mark.timeout(7200)]
PICTURES = RESULTS / "assist"
TEXT = "Voilà : l'été, ça c'est déjà réglé ! 3 € à côté, où ?"
JOURNAL = ("journalctl", "--no-pager", "--boot", "--output=short-precise", "--lines=3000")
FILE = "/home/famille/essai.txt"
BOX = 10_000  # places: the box of Xfce covers about 50,000
X11 = ("env", "DISPLAY=:0", "XAUTHORITY=/home/famille/.Xauthority")
DARKEN = ("runuser", "-u", "famille", "--", *X11, "xset", "dpms", "force", "off")


class LabViewer(Viewer):
    """The mediator's browser, signed in at the lab's own controller."""

    def __init__(self, browser: Browser, room: Workshop) -> None:
        self.url, self.login = room.url, LOGIN
        self.context = browser.new_context(
            ignore_https_errors=True, viewport={"width": 1440, "height": 900}, locale="fr-FR", base_url=room.url
        )
        self.context.set_default_timeout(60_000)
        self.faults = []
        self._open()
        self.page.goto(f"{room.url}/sign-in")
        self.page.fill("input[name=login]", LOGIN)
        self.page.fill("input[name=password]", room.password)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(f"{room.url}/")


@contextlib.contextmanager
def mediator(room: Workshop) -> Iterator[LabViewer]:
    """A browser with the dashboard, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield LabViewer(browser, room)
        browser.close()


def test_a_family_is_helped_at_home(room: Workshop, lot: int, disks: Path, profile: str) -> None:
    """From the workshop's bench to a text typed on the family's screen, and the family's stop."""
    if profile != "famille":
        pytest.skip("needs the desktop: make lab PROFILE=famille")
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed: apt-get install chromium")
    part = bios_pc(disks, profile)
    with VirtualPC(part.donated, room.network, RESULTS) as machine:
        story = recondition(room, part, lot, machine)
    assert story.as_expected, story.end.view["held_reason"]
    tag = story.end.view["tag"]
    with VirtualPC(taken_home(part.donated), room.network, RESULTS) as machine:
        PICTURES.mkdir(parents=True, exist_ok=True)
        family, operator = Family(machine, PICTURES), Operator(room, tag)
        wait_linked(room, story.machine_id, machine.must_run)
        with mediator(room) as viewer:
            sign_in(family, first_password(viewer, story.machine_id))
            family.keep("desktop")
            operator.inside(*DARKEN)  # nobody has moved the mouse for a while
            family.wait_for("a dark screen", is_dark)
            try:
                be_helped(viewer, family, story.machine_id)
            except BaseException:
                viewer.photograph(kept(PICTURES, "dashboard-at-failure"))
                raise
            finally:
                journal = operator.inside(*JOURNAL)
                kept(PICTURES, "agent").with_suffix(".log").write_text(journal)
        # Once to look, once more with mouse and keyboard: a third time would mean that the picture broke off.
        assert journal.count(" opened screen ") == 2, "look at agent.log: why the stream was closed stands there"
        assert operator.inside("cat", FILE).strip() == TEXT
        assert "failed=0" in operator.play("reinspect")
    ended = [e["kind"] for e in room.technician.get(f"/api/machines/{story.machine_id}/ledger")]
    for kind in ("assist.asked", "assist.answered", "assist.control", "assist.ended"):
        assert kind in ended, ended


def first_password(viewer: LabViewer, machine_id: int) -> str:
    """What the machine's page says for the family's first sign-in."""
    viewer.page.goto(f"{viewer.url}/machines/{machine_id}")
    return viewer.page.locator("#first-sign-in dd code").nth(1).inner_text().strip()


def open_starter(family: Family) -> None:
    """Opens the box that starts programs. A desktop that has only just come up doesn't take its shortcut yet."""
    before = family.look()
    for patience in (90, 90, 300):
        family.press("alt", "f2")
        with contextlib.suppress(LabTimeout):
            family.wait_for("the box that starts programs", lambda now: now.unlike(before) > BOX, patience)
            return
    raise LabTimeout("Alt+F2 opened nothing on the family's desktop", f"see {family.keep('wait')}")


def be_helped(viewer: LabViewer, family: Family, machine_id: int) -> None:
    """Both questions are accepted, a text is typed from afar, and the family ends it."""
    viewer.ask(machine_id, "Vérifier les accents avec vous", 15)
    accept(family, "question")
    viewer.wait_said("state", "accepted", seconds=300)
    viewer.wait_said("picture", "drawn", seconds=300)
    assert viewer.size() == (1280, 800)
    family.wait_for("the red bar", bar_is_shown)
    viewer.photograph(kept(PICTURES, "dashboard-view"))
    family.keep("screen-view")

    viewer.page.click("#ask-control")
    accept(family, "question-control")
    viewer.wait_said("control", "given", seconds=300)
    wait_until(lambda: viewer.said("link") == "connected", "the picture is back", 300)
    family.wait_still("the desktop", 4)

    open_starter(family)  # the family opens an editor while the mediator looks on
    family.wait_still("the box that starts programs", 5)
    family.type("mousepad " + FILE.replace("/home/famille/", "") + "\n")
    family.wait_for("the editor's white page", lambda picture: len(picture.runs(WHITE, 500)) > 200, SLOW)
    family.wait_still("the editor", 3)
    wait_until(lambda: viewer.size() == (1280, 800), "the picture is there", 300)
    viewer.click(200, 250)
    viewer.type(TEXT)
    family.wait_still("the text", 4)
    viewer.send(azerty.control("s"))
    family.wait_still("it is saved", 4)
    viewer.photograph(kept(PICTURES, "dashboard-control"))
    family.keep("screen-control")

    press_stop(family)
    viewer.wait_said("state", "ended", seconds=120)
    family.wait_for("no red bar", lambda picture: not bar_is_shown(picture))
    viewer.photograph(kept(PICTURES, "dashboard-ended"))
    assert re.search(r"famil", viewer.page.inner_text("#cover"), re.IGNORECASE)
