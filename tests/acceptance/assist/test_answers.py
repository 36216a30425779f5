"""No, nothing, not any more: each way in which a session does not begin, or ends."""

from __future__ import annotations

import pytest

from tests.acceptance.assist.conftest import MakeTechnician, Scene
from tests.acceptance.assist.family import Family
from tests.acceptance.assist.home import BANNER, QUESTION, FamilyPC
from tests.acceptance.assist.office import Technician
from tests.acceptance.assist.programs import Card, Editor
from tests.acceptance.assist.screen import Screen
from tests.acceptance.assist.sharing import controlled, same_picture, shared
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(300)


def test_refused(scene: Scene, pc: FamilyPC, family: Family, karim: Technician) -> None:
    karim.ask(pc.machine_id)
    family.refuse()
    karim.wait_said("state", "refused")
    assert karim.page.locator("#stage canvas").count() == 0
    pc.wait_for_nothing()
    (entry,) = scene.world.entries("assist.answered", pc.home)
    assert entry["body"]["answer"] == "refused"
    assert not scene.world.entries("assist.ended", pc.home)
    assert not scene.world.entries("stream.opened", pc.home)


def test_a_window_that_nobody_answers_is_a_no(scene: Scene, pc: FamilyPC, family: Family, karim: Technician) -> None:
    """The whole minute and a half: the controller's own time, nothing of it shortened."""
    karim.ask(pc.machine_id)
    family.sees(QUESTION)
    karim.wait_said("state", "unanswered", seconds=150)
    pc.wait_for_nothing()
    assert not scene.world.entries("stream.opened", pc.home)


def test_a_question_can_be_taken_away(pc: FamilyPC, family: Family, karim: Technician) -> None:
    karim.ask(pc.machine_id)
    family.sees(QUESTION)
    karim.page.click("#stop")
    wait_until(lambda: family.window(QUESTION) is None, "the question is gone", 30, poll=0.1)
    karim.wait_said("state", "unanswered")
    pc.wait_for_nothing()


def test_control_refused_leaves_the_picture(pc: FamilyPC, family: Family, screen: Screen, karim: Technician) -> None:
    card, editor = Card(screen), Editor(screen)
    shared(karim, pc, family)
    karim.page.click("#ask-control")
    family.refuse()
    karim.wait_said("control", "refused")
    same_picture(karim, screen, card)
    karim.click(*editor.inside())
    karim.type("abc")
    karim.click(*card.middle())
    same_picture(karim, screen, card)
    assert card.turned() == 0
    assert editor.text() == ""
    assert len(pc.servers()) == 1
    assert "-viewonly" in pc.servers()[0].cmdline()


def test_the_familys_button_ends_it_at_once(
    scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician
) -> None:
    """Also while the technician has mouse and keyboard."""
    card = Card(screen)
    controlled(karim, pc, family)
    same_picture(karim, screen, card)
    family.stop()
    karim.wait_said("state", "ended")
    pc.wait_for_nothing()
    assert karim.pixels(card.points()) is None
    (entry,) = scene.world.entries("assist.ended", pc.home)
    assert entry["body"]["code"] == "family"


def test_the_technician_stops_while_in_control(
    scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician
) -> None:
    editor = Editor(screen)
    controlled(karim, pc, family)
    karim.click(*editor.inside())
    karim.type("oui")
    editor.wait_for("oui")
    karim.page.click("#stop")
    karim.wait_said("state", "ended")
    pc.wait_for_nothing()
    (entry,) = scene.world.entries("assist.ended", pc.home)
    assert entry["body"]["code"] == "assistant"
    karim.page.reload()  # the page of a session that is over stays one, and shows no picture
    assert karim.said("state") == "ended"
    assert karim.page.locator("#stage canvas").count() == 0


@pytest.mark.parametrize("limits", [{"minute_seconds": 1.0}])
def test_it_ends_when_its_time_is_over(scene: Scene, pc: FamilyPC, family: Family, karim: Technician) -> None:
    """Fifteen minutes, of a second each on this family's PC."""
    karim.ask(pc.machine_id, minutes=15)
    family.accept()
    family.sees(BANNER)
    karim.wait_said("state", "ended", seconds=60)
    pc.wait_for_nothing()
    (entry,) = scene.world.entries("assist.ended", pc.home)
    assert entry["body"]["code"] == "time"


def test_a_window_that_is_killed_is_a_no(pc: FamilyPC, family: Family, karim: Technician) -> None:
    karim.ask(pc.machine_id)
    family.sees(QUESTION)
    pc.windows(QUESTION)[0].kill()
    karim.wait_said("state", "refused", "unanswered")
    pc.wait_for_nothing()


@pytest.mark.parametrize("what", ["banner", "x11vnc"])
def test_without_its_banner_or_its_server_a_session_is_over(
    pc: FamilyPC, family: Family, karim: Technician, what: str
) -> None:
    shared(karim, pc, family)
    (pc.windows(BANNER) if what == "banner" else pc.servers())[0].kill()
    karim.wait_said("state", "ended")
    pc.wait_for_nothing()


KEEP_FORM = """() => {
    const form = document.querySelector("#screen-ask");
    window.kept = {url: form.action, body: new URLSearchParams(new FormData(form))};
}"""
SEND_FORM = """async () => (await fetch(window.kept.url, {method: "POST", body: window.kept.body})).status"""


def test_two_technicians_at_once(
    pc: FamilyPC, family: Family, screen: Screen, karim: Technician, technicians: MakeTechnician
) -> None:
    """The second can't ask, sees no picture of the first one's session, and may ask once it is over."""
    claire = technicians("amelie")
    claire.fill_in(pc.machine_id, "Un autre souci")  # the form was open before the first one asked
    claire.page.evaluate(KEEP_FORM)
    card = Card(screen)
    session = shared(karim, pc, family)
    claire.page.wait_for_selector("#screen-ask-go", state="detached")  # live: there is nothing to ask now
    assert claire.page.evaluate(SEND_FORM) == 409  # on its way just then
    assert family.window(QUESTION) is None
    claire.page.goto(f"{claire.url}/assist/{session}")
    claire.page.wait_for_selector("#screen")
    assert claire.page.locator("#stage canvas").count() == 0
    same_picture(karim, screen, card)  # nobody was pushed out
    karim.page.click("#stop")
    karim.wait_said("state", "ended")
    claire.ask(pc.machine_id, "Un autre souci")
    family.accept()
    claire.wait_said("link", "connected")
    same_picture(claire, screen, card)


def test_one_person_in_two_pages(pc: FamilyPC, family: Family, screen: Screen, karim: Technician) -> None:
    """The second page says where the picture is, and takes it when told to."""
    card = Card(screen)
    shared(karim, pc, family)
    second = karim.second_page()
    second.wait_said("link", "elsewhere")
    same_picture(karim, screen, card)
    second.page.click("#here")
    second.wait_said("link", "connected")
    karim.wait_said("link", "elsewhere")
    same_picture(second, screen, card)
