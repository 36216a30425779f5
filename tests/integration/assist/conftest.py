"""A controller and machines at home, all real."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.assist.running import running
from tests.integration.assist.world import Home, World, missing


def _running() -> Iterator[World]:
    why = missing()
    if why:
        pytest.skip(why)
    with running() as found:
        yield found


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """A controller that runs for all tests; each has machines of its own."""
    yield from _running()


@pytest.fixture
def mortal() -> Iterator[World]:
    """A controller that a test may kill."""
    yield from _running()


@pytest.fixture
def home(world: World) -> Iterator[Home]:
    """A machine at home that is linked."""
    yield from _linked(world)


@pytest.fixture
def its_home(mortal: World) -> Iterator[Home]:
    """A machine of the controller that may be killed."""
    yield from _linked(mortal)


def _linked(world: World) -> Iterator[Home]:
    home = world.home()
    home.start()
    world.wait_linked(home)
    yield home
    if home.process is not None:
        home.stop()
