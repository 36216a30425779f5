"""A database in memory's place and the dashboard on it, without TLS, engine or browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from controller.access.people import open_session
from controller.access.tables import User
from controller.core import Core, make_core
from controller.i18n import catalogue, set_language
from controller.migrate import upgrade
from controller.settings import Settings
from controller.web import catalogues
from controller.web.deps import COOKIE
from controller.web.pages import register_pages
from controller.web.vendor import VENDOR_DIR
from controller.workflows.control import Control
from tests.acceptance.web import scene


class StillEngine:
    """Keeps every run where it is."""

    def enqueue(self, *_: Any) -> None:
        """Keep it still."""

    def wake(self, _workflow_id: str) -> None:
        """Nobody sleeps."""


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    catalogues.compile_all()
    catalogue.cache_clear()


@pytest.fixture(autouse=True)
def _french() -> Iterator[None]:
    set_language("fr")
    yield
    set_language("fr")


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with its keys and an empty database, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("blank")
    made = make_core(Settings(data_dir=folder, public_address="recyclerie.test"))
    upgrade(made.database)
    made.database.close()
    return folder


@pytest.fixture(scope="session")
def filled(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """The same with the scene of the browser tests in it, and its ids."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copytree(blank, folder, dirs_exist_ok=True)
    made = make_core(Settings(data_dir=folder, public_address="recyclerie.test"))
    with made.database.write() as session:
        found = scene.build(session)
    made.database.close()
    return folder, found


@pytest.fixture
def core(blank: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Core]:
    """A controller's core on a database of its own; with the scene in it for tests that ask for its ``ids``."""
    source = request.getfixturevalue("filled")[0] if "ids" in request.fixturenames else blank
    shutil.copytree(source, tmp_path, dirs_exist_ok=True)
    made = make_core(Settings(data_dir=tmp_path, public_address="recyclerie.test"))
    yield made
    made.database.close()


@pytest.fixture
def ids(filled: tuple[Path, dict[str, int]], core: Core) -> dict[str, int]:
    """The machines and lots of the scene, by what they show."""
    return dict(filled[1])


@pytest.fixture
def app(core: Core) -> FastAPI:
    """The dashboard alone."""
    if not (VENDOR_DIR / "icons.svg").exists():
        pytest.skip("front-end files are missing: npm ci && python -m controller.web.vendor")
    made = FastAPI()
    made.state.core = core
    made.state.control = Control(core, StillEngine())  # type: ignore[arg-type]
    register_pages(made)
    return made


class Visitor:
    """A browser without script: keeps its cookie, sends the form's token."""

    def __init__(self, app: FastAPI, core: Core, login: str | None) -> None:
        """Signed in as ``login``, or nobody."""
        self.client = TestClient(app, base_url="https://recyclerie.test", follow_redirects=False)
        self.client.headers["accept"] = "text/html"
        self.csrf = ""
        if login:
            with core.database.write() as session:
                user = session.query(User).filter_by(login=login).one()
                secret, row = open_session(session, user)
                self.csrf = row.csrf
            self.client.cookies.set(COOKIE, secret)

    def get(self, url: str, **options: Any) -> Any:
        """Open a page."""
        return self.client.get(url, **options)

    def post(self, url: str, **data: Any) -> Any:
        """Send a form."""
        headers = data.pop("headers", {})
        return self.client.post(url, data={"csrf": self.csrf, **data}, headers=headers)


@pytest.fixture
def karim(app: FastAPI, core: Core, ids: dict[str, int]) -> Visitor:
    """A technician."""
    return Visitor(app, core, "karim")


@pytest.fixture
def amelie(app: FastAPI, core: Core, ids: dict[str, int]) -> Visitor:
    """An administrator."""
    return Visitor(app, core, "amelie")


@pytest.fixture
def nobody(app: FastAPI, core: Core, ids: dict[str, int]) -> Visitor:
    """Not signed in."""
    return Visitor(app, core, None)
