"""One Playwright for all browser tests of a process: a second one can't start beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """It, started when the first test asks for it."""
    with sync_playwright() as running:
        yield running
