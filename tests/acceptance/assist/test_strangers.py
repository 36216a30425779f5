"""Who has another machine's token gets nothing of a family's screen."""

from __future__ import annotations

import pytest

from tests.acceptance.assist.conftest import Scene
from tests.acceptance.assist.family import Family
from tests.acceptance.assist.home import QUESTION, FamilyPC
from tests.acceptance.assist.office import Technician
from tests.acceptance.assist.programs import Card
from tests.acceptance.assist.screen import Screen
from tests.acceptance.assist.sharing import same_picture, shared
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(300)


def test_an_agent_with_another_machines_token(
    scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician
) -> None:
    """Its host keys are others: it is refused, and hears no question, neither before nor during a session."""
    card = Card(screen)
    with Screen() as elsewhere:
        stranger = FamilyPC(scene.world, scene.net, elsewhere)
        (stranger.home.folder / "token").write_text((pc.home.folder / "token").read_text())
        stranger.home.start()
        try:
            told = "its SSH host keys are others"
            wait_until(lambda: told in stranger.home.log, "it is refused", 60, poll=0.2, hint=lambda: stranger.home.log)
            shared(karim, pc, family)
            same_picture(karim, screen, card)
            assert not stranger.windows(QUESTION)
            assert not scene.world.linked(stranger.home)
            assert stranger.nothing_is_left()
        finally:
            stranger.home.stop()
