"""Live updates: what a change means for the pages, and a hub that never grows."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

from fastapi import FastAPI

from controller.bus import bus
from controller.core import Core
from controller.machines.moves import hold
from controller.machines.tables import Machine
from controller.maintenance.actions import get_action
from controller.maintenance.asking import ask
from controller.web.live import hub as hub_module
from controller.web.live.changes import Placements, gather
from controller.web.live.hub import QUEUE_LIMIT, Event, Hub, Watcher
from controller.web.live.revision import revision
from controller.workflows.jobs import hear_progress
from controller.workflows.tables import Job, RunStep
from tests.acceptance.web import home


def progress(core: Core, machine: int, done: int) -> None:
    """The agent says how far it is."""
    with core.database.write() as session:
        job = session.query(Job).filter_by(machine_id=machine).one()
        hear_progress(
            session, machine, {"job_id": job.id, "phase": "write", "done": done, "total": job.total, "unit": "bytes"}
        )


def test_a_card_that_only_changed_its_figures_is_sent_alone(app: FastAPI, core: Core, ids: dict[str, int]) -> None:
    known = Placements()
    machine = ids["at_work"]
    first = gather(core, app.state.templates, known, {f"machine:{machine}"}, ["fr"])
    assert first.board_changed  # nobody knew where it stood
    progress(core, machine, 1000)
    second = gather(core, app.state.templates, known, {f"machine:{machine}"}, ["fr", "en"])
    assert not second.board_changed
    assert f'id="card-{machine}"' in second.cards["fr"][machine]
    assert "effacement" in second.cards["fr"][machine]
    assert "erasing" in second.cards["en"][machine]
    assert second.topics == {f"machine:{machine}", f"lot:{ids['lot']}"}


def test_a_card_that_moved_changes_the_board(app: FastAPI, core: Core, ids: dict[str, int]) -> None:
    known = Placements()
    machine = ids["at_work"]
    gather(core, app.state.templates, known, {f"machine:{machine}"}, ["fr"])
    with core.database.write() as session:
        hold(session, session.get_one(Machine, machine), "{text}", "user:1", text="x")
    assert gather(core, app.state.templates, known, {f"machine:{machine}"}, ["fr"]).board_changed


def test_runs_and_logs_are_told_to_their_machines_page(app: FastAPI, core: Core, ids: dict[str, int]) -> None:
    with core.database.read() as session:
        step = session.query(RunStep).filter_by(name="erase", state="running").one()
    found = gather(core, app.state.templates, Placements(), {f"run:{step.run_id}", f"log:{step.id}", "odd"}, [])
    assert f"machine:{ids['at_work']}" in found.topics
    assert found.logs == {f"machine:{ids['at_work']}": (str(step.id),)}
    with core.database.write() as session:
        machine = session.get_one(Machine, home.build(session)["home_well"])
        asked = ask(session, core.settings, machine, get_action("update"), {}, "user:1", later=True)
    found = gather(core, app.state.templates, Placements(), {f"maintenance:{asked.id}", "maintenance:999"}, [])
    assert found.logs == {machine.subject: (f"m{asked.id}",)}


def test_a_page_that_falls_behind_reads_itself_again() -> None:
    watcher = Watcher(topic="board", language="fr")
    for n in range(QUEUE_LIMIT + 5):
        watcher.offer(Event(name="card", data=str(n)))
    events = []
    while not watcher.queue.empty():
        events.append(watcher.queue.get_nowait())
    assert len(events) <= QUEUE_LIMIT
    assert events[0] is not None
    assert events[0].name == "changed"


def test_many_pages_are_told_and_leave_nothing_behind(
    app: FastAPI, core: Core, ids: dict[str, int], monkeypatch: object
) -> None:
    hub_module.GATHER_SECONDS = 0.05
    hub = Hub(core, app.state.templates)
    machine = ids["at_work"]

    async def watch(topic: str, language: str) -> list[str]:
        names = []
        async with aclosing(hub.watch(topic, language, 30)) as events:  # type: ignore[type-var]
            async for event in events:
                names.append(event.name)
                if event.name == "card":
                    body = json.loads(event.data)
                    assert body["id"] == machine
                    return names
                if event.name == "changed" and topic != "board":
                    return names
        return names

    async def scenario() -> list[list[str]]:
        before = revision()
        pages = [asyncio.create_task(watch("board", "fr" if n % 2 else "en")) for n in range(60)]
        pages += [asyncio.create_task(watch(f"machine:{machine}", "fr")) for _ in range(20)]
        await asyncio.sleep(0.2)
        done = 0
        while not all(page.done() for page in pages):
            done += 1
            await asyncio.to_thread(progress, core, machine, done)
            await asyncio.sleep(0.1)
        assert revision() != before
        return [await page for page in pages]

    seen = asyncio.run(asyncio.wait_for(scenario(), 30))
    assert all(names[0] == "hello" for names in seen)
    assert all(names[-1] == "card" for names in seen[:60])
    assert not hub._watchers
    assert hub._task is None
    assert not bus._listeners


def test_pages_are_let_go_when_the_process_stops(app: FastAPI, core: Core) -> None:
    hub = Hub(core, app.state.templates)

    async def scenario() -> list[str]:
        async def watch() -> list[str]:
            async with aclosing(hub.watch("board", "fr", 60)) as events:  # type: ignore[type-var]
                return [event.name async for event in events]

        page = asyncio.create_task(watch())
        await asyncio.sleep(0.1)
        bus.close()
        return await asyncio.wait_for(page, 5)

    assert asyncio.run(scenario()) == ["hello"]
