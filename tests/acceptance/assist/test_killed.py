"""Gone in the middle of a session: the agent, the controller, the technician."""

from __future__ import annotations

import pytest

from tests.acceptance.assist.conftest import Scene
from tests.acceptance.assist.family import Family
from tests.acceptance.assist.home import BANNER, FamilyPC
from tests.acceptance.assist.office import Technician
from tests.acceptance.assist.programs import Card
from tests.acceptance.assist.screen import Screen
from tests.acceptance.assist.sharing import controlled, same_picture, shared
from tests.acceptance.web.conftest import visit
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(300)


def test_the_agent_is_killed(scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician) -> None:
    """Nothing stays on the screen or behind it; the controller learns the truth; another session can follow."""
    card = Card(screen)
    controlled(karim, pc, family)
    same_picture(karim, screen, card)
    pc.kill_agent()
    # The kernel ends what it had started, before any agent runs again.
    wait_until(lambda: not (pc.servers() or pc.windows(BANNER)), "server and banner are gone", 30, poll=0.1)
    pc.start()
    pc.wait_for_nothing()
    karim.wait_said("state", "ended", seconds=60)
    assert karim.pixels(card.points()) is None
    (entry,) = scene.world.entries("assist.ended", pc.home)
    assert entry["body"]["code"] == "restart"
    shared(karim, pc, family)
    same_picture(karim, screen, card)


@pytest.mark.parametrize("limits", [{"link_seconds": 120.0}])
def test_the_controller_is_killed_and_comes_back(
    scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician
) -> None:
    """Within the agent's limit the session goes on: the same page has its picture again, by itself."""
    card = Card(screen)
    session = shared(karim, pc, family)
    same_picture(karim, screen, card)
    scene.world.kill()
    assert family.window(BANNER) is not None
    scene.world.start()
    karim.wait_said("link", "connected", seconds=60)
    assert karim.said("state") == "accepted"
    screen.click(*card.middle())
    wait_until(lambda: card.turned() != 0, "the colours have turned", 30, poll=0.1)
    same_picture(karim, screen, card)
    assert karim.session == session
    karim.page.click("#stop")
    karim.wait_said("state", "ended")
    pc.wait_for_nothing()


@pytest.mark.parametrize("limits", [{"link_seconds": 4.0}])
def test_the_controller_stays_away(
    scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician
) -> None:
    """Beyond the limit the agent ends it by itself; the controller that comes back says so."""
    shared(karim, pc, family)
    scene.world.kill()
    pc.wait_for_nothing(60)
    scene.world.start()
    karim.wait_said("state", "ended", seconds=90)
    (entry,) = scene.world.entries("assist.ended", pc.home)
    assert entry["body"]["code"] == "link"


def test_the_technician_closes_the_page(
    scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reload changes nothing. Once nobody has looked for a while the banner goes, and it is said why."""
    monkeypatch.setenv("RECYCLERIE_ASSIST_AWAY_SECONDS", "20")
    scene.world.kill()
    scene.world.start()
    try:
        scene.world.wait_linked(pc.home, 60)
        card = Card(screen)
        session = shared(karim, pc, family)
        karim.page.reload()
        karim.wait_said("link", "connected")
        same_picture(karim, screen, card)
        assert family.window(BANNER) is not None
        karim.page.goto("about:blank")
        pc.wait_for_nothing(60)
        visit(karim.page, f"{karim.url}/assist/{session}")
        karim.wait_said("state", "ended")
        (entry,) = scene.world.entries("assist.ended", pc.home)
        assert entry["body"]["code"] == "unwatched"
    finally:
        monkeypatch.undo()
        scene.world.kill()
        scene.world.start()
