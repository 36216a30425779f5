"""A controller without its servers: settings, keys, database; and what announces itself to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.core import Core, make_core
from controller.settings import Settings
from tests.integration.controller.assist_world import on, served  # noqa: F401 - fixtures


def make_settings(folder: Path, url: str, **more: Any) -> Settings:
    """Settings of a controller whose data is under ``folder``."""
    values: dict[str, Any] = {
        "data_dir": folder / "data",
        "image_dir": folder / "images",
        "database_url": url,
        "public_address": "127.0.0.1",
        "host": "127.0.0.1",
        "default_profile": "mini",
        "default_language": "en",
        "announce_per_minute": 100_000,
        "sign_in_per_minute": 100_000,
    }
    return Settings(**{**values, **more})


@pytest.fixture
def settings(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings on a migrated database, of both kinds."""
    monkeypatch.setenv("RECYCLERIE_CONFIG", "/nonexistent")
    return make_settings(tmp_path, database_url)


@pytest.fixture
def core(settings: Settings) -> Iterator[Core]:
    """One controller, on both databases."""
    found = make_core(settings)
    yield found
    found.database.close()
