"""A session as it should be: asked, accepted, seen; then control, text, clipboard; then over."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from tests.acceptance.assist import rfb
from tests.acceptance.assist.conftest import Scene
from tests.acceptance.assist.family import Family
from tests.acceptance.assist.home import BANNER, QUESTION, FamilyPC
from tests.acceptance.assist.office import Technician
from tests.acceptance.assist.programs import Card, Editor
from tests.acceptance.assist.screen import Screen
from tests.acceptance.assist.sharing import controlled, same_picture, shared
from tests.integration.assist.network import CONTROLLER
from tests.lab.errors import LabTimeout
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
LOWER_A, ENTER = 0x61, 0xFF0D


def test_a_family_says_yes_and_is_seen_until_the_technician_stops(
    scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician, shots: Path
) -> None:
    card = Card(screen)
    karim.ask(pc.machine_id, "L’imprimante ne répond plus", 30)
    family.sees(QUESTION)
    karim.wait_said("state", "asked")
    assert not pc.servers()  # nothing shows the screen before the answer
    screen.picture(shots / "1-question-family.png")
    karim.photograph(shots / "1-question-technician.png")
    family.accept()
    karim.wait_said("link", "connected")
    family.sees(BANNER)
    same_picture(karim, screen, card)
    screen.picture(shots / "2-seen-family.png")
    karim.photograph(shots / "2-seen-technician.png")
    # What changes on the screen changes in the page.
    screen.click(*card.middle())
    wait_until(lambda: card.turned() != 0, "the colours have turned", 30, poll=0.1)
    same_picture(karim, screen, card)
    karim.page.click("#stop")
    karim.wait_said("state", "ended")
    pc.wait_for_nothing()
    assert karim.pixels(card.points()) is None  # no picture stays in the page
    karim.photograph(shots / "3-over-technician.png")
    kinds = ("assist.asked", "assist.answered", "assist.ended")
    entries = [entry for kind in kinds for entry in scene.world.entries(kind, pc.home)]
    assert [entry["kind"] for entry in entries] == list(kinds)
    assert not any(text in str(entries) for text in ("imprimante", "Karim", "Benali"))


def test_before_the_second_yes_keys_and_clicks_do_nothing(
    scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician
) -> None:
    """Neither those of the page, nor those of a program that has the technician's cookie and lies."""
    card, editor = Card(screen), Editor(screen)
    session = shared(karim, pc, family)
    same_picture(karim, screen, card)
    karim.click(*card.middle())
    karim.type("aaa")
    cookie = next(one for one in karim.context.cookies() if one["name"] == "recyclerie_session")
    rfb.run(_lie(scene, session, cookie["value"], card, editor))
    screen.put_in_clipboard("du foyer")  # and what the family copies stays at home
    wait_until(lambda: screen.clipboard() == "du foyer", "the family has copied", 30, poll=0.1)
    assert editor.text() == ""
    assert card.turned() == 0
    # The negative control: the family's own hand does what theirs could not.
    screen.click(*card.middle())
    wait_until(lambda: card.turned() != 0, "the family's click works", 30, poll=0.1)


async def _lie(scene: Scene, session: str, cookie: str, card: Card, editor: Editor) -> None:
    plug = scene.net.connect(scene.net.office, CONTROLLER, scene.world.settings.port)
    context = ssl.create_default_context(cafile=str(scene.world.core.keys.ca))
    address = f"{scene.url.replace('https', 'wss')}/assist/{session}/screen?page=liar&take=true"
    async with rfb.viewer(address, plug, context, Cookie=f"recyclerie_session={cookie}", Origin=scene.url) as liar:
        await liar.click(*card.middle())
        await liar.click(editor.X + 100, editor.Y + 100)
        for key in (LOWER_A, ENTER, LOWER_A):
            await liar.key(key)
        await liar.cut("from a liar")
        # All of it is read before the picture that is asked for after it.
        await liar.ask(0, 0, liar.width, liar.height, changes_only=False)
        pixels = [r.pixel(*card.points()[0]) for r in await asyncio.wait_for(liar.update(), 30)]
        assert any(pixel is not None for pixel in pixels)


TEXTS = {
    "words": "Bonjour Madame, tout va bien ?",
    "accents": "é è ç à ù ÉÈÇÀ",
    "dead keys": "ê ï ô û â ë Ê Ï",
    "AltGr": "~#{[|`\\^@]} €",
    "signs": "&\"'(-_)=°+$£*%µ<>,;:!?./§ 0123456789",
    "ligatures": "œ æ Œ «»",
    "upper case": "AZERTY qwerty ÇA VA",
}


def test_what_a_technician_types_on_a_french_keyboard_stands_in_the_familys_letter(
    pc: FamilyPC, family: Family, screen: Screen, karim: Technician, shots: Path
) -> None:
    editor = Editor(screen)
    controlled(karim, pc, family)
    # Once: a second click on that place soon after would be a double click, and choose the word being typed.
    karim.click(*editor.inside())
    editor.wait_focused()
    wrong = {}
    for name, text in TEXTS.items():
        editor.clear()
        karim.type(text)
        try:
            editor.wait_for(text)
        except LabTimeout as problem:
            wrong[name] = str(problem)
    screen.picture(shots / "4-typed-family.png")
    karim.photograph(shots / "4-typed-technician.png")
    assert not wrong, wrong


def test_text_goes_through_both_clipboards(
    pc: FamilyPC, family: Family, screen: Screen, karim: Technician, shots: Path
) -> None:
    editor = Editor(screen)
    controlled(karim, pc, family)
    karim.click(*editor.inside())
    # To the family.
    karim.page.click("#clipboard summary")
    karim.photograph(shots / "5-clipboard-technician.png")
    karim.page.fill("#clipboard-text", "Réglé à Noël")
    karim.page.click("#clipboard-send")
    wait_until(lambda: screen.clipboard() == "Réglé à Noël", "it is in the family's clipboard", 30, poll=0.2)
    editor.focus()
    screen.keys("ctrl+v")
    editor.wait_for("Réglé à Noël")
    # And back.
    screen.put_in_clipboard("Numéro : 42 à l’été")
    box = karim.page.locator("#clipboard-text")
    wait_until(lambda: "42" in box.input_value(), "it is in the page", 30, poll=0.2)
    assert box.input_value().startswith("Numéro : 42 à l")
    # Characters that a clipboard of 1998 doesn't know can be typed by the page.
    editor.clear()
    karim.click(*editor.inside())
    karim.page.click("#clipboard summary")
    karim.page.fill("#clipboard-text", "Œuvre à 10 €, l’été\nfin")
    karim.page.click("#type-text")
    editor.wait_for("Œuvre à 10 €, l’été\nfin")
