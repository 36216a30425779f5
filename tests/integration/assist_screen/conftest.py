"""One desktop for all tests; each test has an agent of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.assist_screen.desktop import Desktop, missing
from tests.integration.assist_screen.household import Household


@pytest.fixture(scope="session")
def desktop() -> Iterator[Desktop]:
    """An X server with a window manager."""
    why = missing()
    if why:
        pytest.skip(why)
    found = Desktop()
    yield found
    found.close()


@pytest.fixture
def house(desktop: Desktop) -> Iterator[Callable[..., Household]]:
    """Makes a family's PC that is switched on and linked."""
    made: list[Household] = []

    def make(*, start: bool = True, **limits: Any) -> Household:
        made.append(Household(desktop, **limits))
        if start:
            made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.close()
