"""The real controller over TLS, the real agent with its own sshd, and a technician's browser."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from controller.access.people import create_user
from controller.access.roles import Role
from tests.acceptance.web.conftest import browser, make_context, visit
from tests.integration.assist.world import Home, World, missing

__all__ = ["browser"]
PASSWORD = "le-chat-dort-ici"
LOGIN = "karim"


def make_people(world: World) -> None:
    """A technician."""
    with world.core.database.write() as session:
        create_user(
            session,
            site="main",
            login=LOGIN,
            display_name="Karim",
            role=Role.TECHNICIAN,
            password=PASSWORD,
            language="fr",
        )


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A controller of the module's own, with a short patience for idle terminals where a test asks for it."""
    why = missing()
    if why:
        pytest.skip(why)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RECYCLERIE_CONFIG", "/nonexistent")
        found = World(Path(tempfile.mkdtemp(prefix="rcy-maintain-")))
    make_people(found)
    try:
        found.start()
        yield found
    finally:
        found.close()


@pytest.fixture(scope="module")
def home(world: World) -> Iterator[Home]:
    """A machine at home that is linked."""
    home = world.home()
    home.start()
    world.wait_linked(home)
    yield home
    if home.process is not None:
        home.stop()


def sign_in(page: Page, world: World) -> None:
    """By the form."""
    visit(page, f"{world.core.controller_url}/sign-in")
    page.fill("input[name=login]", LOGIN)
    page.fill("input[name=password]", PASSWORD)
    page.click("button.main-action")
    page.wait_for_url(f"{world.core.controller_url}/")


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    """The technician's browser, signed in; fails on any error of a script, and on what the pages' policy refused."""
    context = make_context(browser)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console",
        lambda said: faults.append(f"{said.text} {said.location}") if "Content Security Policy" in said.text else None,
    )
    sign_in(opened, world)
    yield opened
    context.close()
    assert not faults, "\n".join(faults)
