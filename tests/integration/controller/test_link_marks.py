"""Who is linked, written for all machines together: the newest counts, nothing is lost, who waits for it is woken."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from controller.agents.progress import ProgressBuffer
from controller.core import Core
from controller.database import utcnow
from controller.machines.announce import announce
from controller.machines.tables import Boot, Machine
from controller.workflows.tables import Run
from tests.integration.controller.facts import announcement


def linked(core: Core) -> bool:
    with core.database.read() as session:
        return session.execute(select(Boot.linked)).scalar_one()


@pytest.fixture
def buffer(core: Core) -> ProgressBuffer:
    """Of a controller with one accepted machine."""
    with core.database.write() as session:
        announce(session, "main", announcement(), "10.0.0.7", None)
        session.execute(select(Machine)).scalar_one().accepted_at = utcnow()
        session.execute(select(Boot)).scalar_one().status = "accepted"
    return ProgressBuffer(core)


def test_the_newest_counts(core: Core, buffer: ProgressBuffer) -> None:
    buffer.linked(1, 1, linked=True)
    buffer.flush()
    assert linked(core)
    buffer.linked(1, 1, linked=False)
    buffer.linked(1, 1, linked=True)
    buffer.flush()
    assert linked(core)
    buffer.linked(1, 1, linked=True)
    buffer.linked(1, 1, linked=False)
    buffer.flush()
    assert not linked(core)


def test_a_boot_that_ended_meanwhile_stays_without_a_link(core: Core, buffer: ProgressBuffer) -> None:
    buffer.linked(1, 1, linked=True)
    with core.database.write() as session:
        session.execute(select(Boot)).scalar_one().status = "ended"
    buffer.flush()
    assert not linked(core)


def test_a_database_that_does_not_answer_loses_no_mark(
    core: Core, buffer: ProgressBuffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer.linked(1, 1, linked=True)
    with monkeypatch.context() as patched:

        def fails() -> None:
            raise OperationalError("update", {}, Exception("database is locked"))

        patched.setattr(core.database, "write", fails)
        with pytest.raises(OperationalError):
            buffer.flush()
    assert not linked(core)
    buffer.flush()
    assert linked(core)


def test_two_flushes_at_once_write_in_the_order_in_which_they_took(
    core: Core, buffer: ProgressBuffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is slow: the second, with the newer mark, waits for it, and what it wrote stays."""
    inside, go_on, write = threading.Event(), threading.Event(), core.database.write

    def slow_at_first() -> Any:
        if not inside.is_set():
            inside.set()
            assert go_on.wait(60)
        return write()

    monkeypatch.setattr(core.database, "write", slow_at_first)
    first, second = threading.Thread(target=buffer.flush), threading.Thread(target=buffer.flush)
    buffer.linked(1, 1, linked=False)
    first.start()
    assert inside.wait(60)
    buffer.linked(1, 1, linked=True)
    second.start()
    second.join(0.5)
    waited = second.is_alive()
    go_on.set()
    first.join(60)
    second.join(60)
    assert linked(core)
    assert waited  # what the first took is written too when the second returns


@pytest.mark.parametrize(("state", "woken"), [("running", [1]), ("succeeded", [])])
def test_only_a_run_that_may_wait_is_woken(core: Core, buffer: ProgressBuffer, state: str, woken: list[int]) -> None:
    heard: list[int] = []

    def wake(machine_id: int) -> None:
        assert linked(core)  # whoever is woken looks at the row
        heard.append(machine_id)

    buffer.wake = wake
    with core.database.write() as session:
        run = Run(machine_id=1, workflow="recondition", profile="mini", state=state, started_by="user:1")
        run.created_at = utcnow()
        session.add(run)
    buffer.linked(1, 1, linked=True)
    buffer.flush()
    assert heard == woken
    buffer.linked(1, 1, linked=False)
    buffer.flush()
    assert heard == woken
