"""Settings: where they come from, what is refused, and what follows from them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from controller.database import driver_url
from controller.settings import Settings


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No file and no variables of the computer that runs the tests."""
    import os

    for name in [n for n in os.environ if n.startswith("RECYCLERIE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RECYCLERIE_CONFIG", str(tmp_path / "recyclerie.toml"))


def write(tmp_path: Path, text: str) -> None:
    (tmp_path / "recyclerie.toml").write_text(text)


def test_defaults() -> None:
    found = Settings()
    assert found.site == "main"
    assert found.database_url == "sqlite:////var/lib/recyclerie/recyclerie.sqlite"
    assert found.dbos_url == "sqlite:////var/lib/recyclerie/dbos.sqlite"
    assert found.image_dir == Path("/var/lib/recyclerie/images")


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, 'site = "aix"\nport = 9443\nimage_dir = "/srv/images"\n')
    monkeypatch.setenv("RECYCLERIE_SITE", "gardanne")
    monkeypatch.setenv("RECYCLERIE_DATABASE_URL", "postgresql://db/recyclerie")
    found = Settings()
    assert (found.site, found.port, found.image_dir) == ("gardanne", 9443, Path("/srv/images"))
    assert found.dbos_url == found.database_url  # the durable runs go to the same server


@pytest.mark.parametrize(
    "text",
    [
        'colour = "green"',  # a setting that doesn't exist is a typing error
        'site = "Aix en Provence"',
        "port = 0",
        "max_parallel_runs = 0",
        'default_language = "de"',
        'installed_locale = "french"',
        'tls_certificate = "/etc/ssl/own.crt"',  # without its key
        'tls_key = "/etc/ssl/own.key"',
    ],
)
def test_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize(
    ("url", "with_driver"),
    [
        ("postgresql://a@b/c", "postgresql+psycopg://a@b/c"),
        ("postgres://a@b/c", "postgresql+psycopg://a@b/c"),
        ("postgresql+psycopg://a@b/c", "postgresql+psycopg://a@b/c"),
        ("sqlite:////x", "sqlite:////x"),
    ],
)
def test_the_driver_is_ours(url: str, with_driver: str) -> None:
    assert driver_url(url) == with_driver
