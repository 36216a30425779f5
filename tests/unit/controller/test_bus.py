"""News of a change: told after the commit, never before, never for what was rolled back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from controller import bus as bus_module
from controller.bus import QUEUE_LIMIT, Bus, Change, publish_after_commit
from controller.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    yield found
    found.close()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The topics that were published, in order."""
    own = Bus()
    monkeypatch.setattr(bus_module, "bus", own)
    topics: list[str] = []
    own.on_change(lambda change: topics.append(change.topic))
    return topics


def test_told_after_the_commit(database: Database, heard: list[str]) -> None:
    with database.write() as session:
        publish_after_commit(session, "machine:1")
        publish_after_commit(session, "machine:1")
        assert heard == []
    assert heard == ["machine:1"]


def test_a_savepoint_is_no_commit(database: Database, heard: list[str]) -> None:
    """A page that looks at the release of a savepoint would read the old state and never hear of the new one."""
    with database.write() as session:
        publish_after_commit(session, "machine:1")
        with session.begin_nested():
            publish_after_commit(session, "machine:2")
        assert heard == []
    assert sorted(heard) == ["machine:1", "machine:2"]


def test_a_savepoint_that_fails_forgets_nothing_else(database: Database, heard: list[str]) -> None:
    with database.write() as session:
        publish_after_commit(session, "machine:1")
        with pytest.raises(RuntimeError), session.begin_nested():
            raise RuntimeError
    assert heard == ["machine:1"]


def test_nothing_is_told_of_what_was_rolled_back(database: Database, heard: list[str]) -> None:
    def fail(session: Session) -> None:
        publish_after_commit(session, "machine:1")
        raise RuntimeError

    with pytest.raises(RuntimeError), database.write() as session:
        fail(session)
    with database.write():
        pass
    assert heard == []


def test_a_listener_that_falls_behind_loses_the_oldest() -> None:
    async def scenario() -> list[str]:
        own = Bus()
        changes = own.listen()
        first = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        for number in range(QUEUE_LIMIT + 11):
            own.publish(f"machine:{number}")
            await asyncio.sleep(0)
        got = [(await first).topic]
        own.close()
        got += [change.topic async for change in changes]
        return got

    got = asyncio.run(scenario())
    assert len(got) <= QUEUE_LIMIT + 1
    assert got[-1] == f"machine:{QUEUE_LIMIT + 10}"


def test_closing_ends_every_listener() -> None:
    async def scenario() -> list[Change]:
        own = Bus()
        listeners = [own.listen() for _ in range(2)]
        tasks = [asyncio.ensure_future(_all(listener)) for listener in listeners]
        await asyncio.sleep(0)
        own.publish("lot:1")
        own.close()
        return [change for changes in await asyncio.gather(*tasks) for change in changes]

    assert [change.topic for change in asyncio.run(scenario())] == ["lot:1", "lot:1"]


async def _all(listener: AsyncIterable[Change]) -> list[Change]:
    return [change async for change in listener]
