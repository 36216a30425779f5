"""A controller's application whose engine only writes down what it was asked: for tests of what is in front of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from controller.access.people import create_token, create_user
from controller.access.roles import Role
from controller.access.tables import User
from controller.agents.link import Ear
from controller.app import create_app
from controller.core import Core
from controller.maintenance.office import Office
from controller.settings import Settings
from controller.workflows.control import Control
from controller.workflows.engine import Engine

PASSWORD = "a password of the tests"


class NotingEngine(Engine):
    """An engine that runs nothing."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.enqueued: list[str] = []
        self.woken: list[str] = []

    def launch(self) -> None:
        """Nothing to start."""

    def close(self) -> None:
        """Nothing to stop."""

    def enqueue(
        self, workflow_id: str, machine_id: int, function: Callable[..., Any], *args: Any, queue: str = ""
    ) -> None:
        """Note it."""
        self.enqueued.append(workflow_id)

    def known(self, workflow_id: str) -> bool:
        """Everything that was noted."""
        return workflow_id in self.enqueued

    def broken(self, workflow_id: str) -> str:
        """Nothing breaks."""
        return ""

    def forget(self, before: dt.datetime) -> int:
        """Nothing is kept."""
        return 0

    def wake(self, workflow_id: str) -> None:
        """Note it."""
        self.woken.append(workflow_id)


def make_app(settings: Settings) -> FastAPI:
    """The application, with an engine that only notes."""
    app = create_app(settings)
    state = app.state
    state.engine = NotingEngine(settings)
    state.control = Control(state.core, state.engine)
    state.maintenance = Office(state.core, state.engine)
    state.ear = Ear(core=state.core, control=state.control, logs=state.logs, progress=state.progress)
    return app


@contextmanager
def serving(settings: Settings) -> Iterator[TestClient]:
    """The application, started, with a client that nobody has signed in."""
    with TestClient(make_app(settings), base_url="https://testserver", follow_redirects=False) as client:
        yield client


def app_of(client: TestClient) -> FastAPI:
    """The app behind a client."""
    assert isinstance(client.app, FastAPI)
    return client.app


def core_of(client: TestClient) -> Core:
    """The core behind a client."""
    core: Core = app_of(client).state.core
    return core


def person(core: Core, role: Role, login: str = "") -> tuple[User, str]:
    """A person with this role, and an API token of theirs."""
    with core.database.write() as session:
        user = create_user(
            session,
            site="main",
            login=login or role.value,
            display_name=role.value,
            role=role,
            password=PASSWORD,
            language="en",
        )
        return user, create_token(session, user, "tests")


def bearer(token: str) -> dict[str, str]:
    """The header of a program that has a token."""
    return {"Authorization": f"Bearer {token}"}
