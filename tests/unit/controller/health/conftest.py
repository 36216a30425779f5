"""Sentences are compared as they stand in the sources."""

from __future__ import annotations

import pytest

from controller.i18n import set_language


@pytest.fixture(autouse=True)
def in_english() -> None:
    set_language("en")
