"""A glance never overlooks a change, and costs nothing while nothing happens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.files import write_json
from agent.glance import FRESH_NS, Glance
from agent.hands_on.answers import open_session
from agent.hands_on.outgoing import Outgoing
from agent.jobs.folder import JobFolder
from agent.jobs.watcher import Watcher
from agent.link.outbox import Outbox
from agent.link.spool import Spool
from agent.protocol_tests import HANDS_ON_RESULTS
from tests.unit.agent.hands_on.test_answers import request


def age(*folders: Path, seconds: int = 60) -> None:
    for folder in folders:
        at = folder.stat().st_mtime_ns - seconds * 1_000_000_000
        os.utime(folder, ns=(at, at))


def test_a_change_is_seen_and_quiet_is_quiet(tmp_path: Path) -> None:
    glance, folder = Glance(), tmp_path / "folder"
    assert glance.changed([folder])  # never looked before
    assert not glance.changed([folder])  # it isn't there
    folder.mkdir()
    assert glance.changed([folder])
    age(folder)
    assert glance.changed([folder])
    assert not glance.changed([folder])
    write_json(folder / "a.json", {})
    assert glance.changed([folder])
    assert glance.changed([folder])  # another change in the same tick would have the same time
    age(folder)
    glance.changed([folder])
    write_json(folder / "a.json", {"replaced": True})
    assert glance.changed([folder])


def test_a_clock_that_jumped_hides_nothing_for_ever(tmp_path: Path) -> None:
    glance = Glance()
    ahead = tmp_path.stat().st_mtime_ns + FRESH_NS * 1000
    os.utime(tmp_path, ns=(ahead, ahead))
    glance.changed([tmp_path])
    assert not glance.changed([tmp_path])
    (tmp_path / "new").touch()  # its time is now, which is before
    assert glance.changed([tmp_path])


def test_an_answer_of_a_session_that_began_long_ago_is_seen(tmp_path: Path) -> None:
    outbox = Outbox(Spool(tmp_path / "spool"))
    outgoing = Outgoing(tmp_path, outbox)
    answers, _ = open_session(tmp_path, request())
    age(answers.folder, answers.folder.parent)
    assert outgoing._glance.changed(outgoing._folders())
    outgoing.look()
    assert not outgoing._glance.changed(outgoing._folders())
    answers.save([])
    assert outgoing._glance.changed(outgoing._folders())
    outgoing.look()
    assert [message["type"] for _, message in outbox.spool.after(0)] == [HANDS_ON_RESULTS]


async def _looks(watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a watcher looks at in three rounds."""
    seen: list[str] = []
    rounds = iter(range(3))
    look = watcher.look

    async def noted(folder: JobFolder) -> bool:
        seen.append(folder.job_id)
        return await look(folder)

    async def sleep(_: float) -> None:
        if next(rounds, None) is None:
            raise StopAsyncIteration

    monkeypatch.setattr(watcher, "look", noted)
    monkeypatch.setattr("agent.jobs.watcher.asyncio.sleep", sleep)
    with pytest.raises((StopAsyncIteration, RuntimeError)):
        await watcher.watch()
    return seen


def test_a_job_that_is_over_is_not_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    folder = tmp_path / "jobs" / "r1-erase-d1"
    write_json(folder / "spec.json", {"job_id": folder.name, "kind": "erase"})
    write_json(folder / "result.json", {"job_id": folder.name, "state": "failed"})
    age(folder.parent)
    watcher = Watcher(tmp_path / "jobs", Outbox(Spool(tmp_path / "spool")))
    assert asyncio.run(_looks(watcher, monkeypatch)) == [folder.name]


def test_a_job_without_its_spec_is_looked_at_until_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    folder = tmp_path / "jobs" / "r1-erase-d1"
    folder.mkdir(parents=True)
    age(folder.parent)
    watcher = Watcher(tmp_path / "jobs", Outbox(Spool(tmp_path / "spool")))
    assert asyncio.run(_looks(watcher, monkeypatch)) == [folder.name] * 4
