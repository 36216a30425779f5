"""The steps that most tests share: a session that the family accepted, with the picture in the page."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.assist.family import Family
from tests.acceptance.assist.home import BANNER, QUESTION, FamilyPC
from tests.acceptance.assist.office import Technician
from tests.acceptance.assist.programs import Card, turned_by
from tests.acceptance.assist.screen import Screen
from tests.lab.waiting import wait_until

JPEG = 40  # how far a colour may be off after compression


def shared(karim: Technician, pc: FamilyPC, family: Family) -> str:
    """Ask, accept, see: the session's name."""
    session = karim.ask(pc.machine_id)
    family.accept()
    karim.wait_said("state", "accepted")
    karim.wait_said("link", "connected")
    family.sees(BANNER)
    return session


def controlled(karim: Technician, pc: FamilyPC, family: Family) -> str:
    """The second question too."""
    session = shared(karim, pc, family)
    before = _pictures(pc)
    karim.page.click("#ask-control")
    karim.wait_said("control", "asked")
    family.sees(QUESTION)
    family.accept()
    karim.wait_said("control", "given")
    # x11vnc is started anew: the picture of before, which takes no keys, may still be there for a moment.
    wait_until(lambda: _pictures(pc) > before, "the page has asked for the new picture", 30, poll=0.1)
    karim.wait_said("link", "connected")
    return session


def _pictures(pc: FamilyPC) -> int:
    opened = pc.world.entries("stream.opened", pc.home)
    return sum(entry["body"]["service"] == "screen" for entry in opened)


def same_picture(karim: Technician, screen: Screen, card: Card, seconds: float = 40) -> None:
    """Wait until the page shows what is on the family's screen: its size, and the four colours as they are there."""

    def same() -> bool:
        seen = karim.pixels(card.points())
        if seen is None or karim.size() != (screen.framebuffer.width, screen.framebuffer.height):
            return False
        turned = turned_by(seen, JPEG)
        return turned is not None and turned == card.turned()

    wait_until(same, "the page shows the family's screen", seconds, poll=0.2, hint=lambda: _seen(karim, card))


def _seen(karim: Technician, card: Card) -> str:
    where = Path("test-results/assist")
    karim.photograph(where / "unlike-technician.png")
    card.screen.picture(where / "unlike-family.png")
    return (
        f"pictures of both in {where}; "
        f"page {karim.size()} {karim.pixels(card.points())}, state {karim.said('state')}, link {karim.said('link')}; "
        f"family {card.turned()}"
    )
