"""A home behind NAT with a screen and a family, the controller, a technician's browser elsewhere: all real.

One controller and one browser for all tests; each has a screen, a machine and an agent of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from controller.web import catalogues
from controller.web.vendor import VENDOR_DIR
from tests.acceptance.assist import screen as screens
from tests.acceptance.assist.family import Family
from tests.acceptance.assist.home import FamilyPC
from tests.acceptance.assist.office import Technician, office_browser, people
from tests.acceptance.assist.screen import Screen
from tests.acceptance.web.conftest import CHROMIUM
from tests.integration.assist import internet as internets
from tests.integration.assist.network import HomeNetwork
from tests.integration.assist.world import World

MakeTechnician = Callable[..., Technician]


def missing() -> str:
    """Why none of this can be played here, or nothing."""
    why = internets.missing() or screens.missing()
    if not why and not Path(CHROMIUM).exists():
        why = "chromium is not installed: apt-get install chromium"
    if not why and not (VENDOR_DIR / "icons.svg").exists():
        why = "front-end files are missing: npm ci && python -m controller.web.vendor"
    return why


@dataclass
class Scene:
    """Where everything happens."""

    net: HomeNetwork
    world: World
    browser: Browser

    @property
    def url(self) -> str:
        """Of the dashboard."""
        return self.world.core.controller_url


@pytest.fixture(scope="session")
def scene(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Networks, controller, browser."""
    why = missing()
    if why:
        pytest.skip(why)
    catalogues.compile_all()
    with internets.internet() as (net, world):
        net.make_office()
        people(world)
        with office_browser(playwright, net, tmp_path_factory.mktemp("office")) as browser:
            yield Scene(net, world, browser)


@pytest.fixture
def screen(scene: Scene) -> Iterator[Screen]:
    """The family's screen."""
    with Screen() as found:
        yield found


@pytest.fixture
def limits() -> dict[str, Any]:
    """What a test changes of the agent's limits (agent.assist.rules.Limits)."""
    return {}


@pytest.fixture
def pc(scene: Scene, screen: Screen, limits: dict[str, Any]) -> Iterator[FamilyPC]:
    """The family's PC, linked."""
    if scene.world.process is None or scene.world.process.poll() is not None:
        scene.world.start()  # the test before killed it
    with FamilyPC(scene.world, scene.net, screen, **limits) as found:
        yield found
    scene.net.mend()


@pytest.fixture
def family(pc: FamilyPC, screen: Screen) -> Family:
    """Whoever sits in front of it."""
    return Family(pc, screen)


@pytest.fixture
def technicians(scene: Scene) -> Iterator[MakeTechnician]:
    """Opens browser windows, by login."""
    opened: list[Technician] = []

    def make(login: str = "karim", **options: Any) -> Technician:
        opened.append(Technician(scene.browser, scene.url, login, **options))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def karim(pc: FamilyPC, technicians: MakeTechnician) -> Technician:
    """A technician in front of the dashboard."""
    return technicians()


@pytest.fixture
def shots() -> Path:
    """Where pictures of both screens are kept (``RECYCLERIE_SHOTS``)."""
    return Path(os.environ.get("RECYCLERIE_SHOTS", "test-results/assist"))
