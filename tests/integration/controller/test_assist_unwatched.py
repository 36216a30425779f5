"""A session that nobody looks at any more is ended, with a reason of its own; one that somebody looks at is not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.assist.sessions.presence import Presence
from controller.assist.sessions.store import add_session, find_session, hear_assist_state
from controller.assist.sessions.unwatched import Unwatched
from controller.core import Core
from controller.machines.registry import get_machine
from controller.migrate import upgrade
from controller.settings import Settings
from tests.integration.assist.family import resident
from tests.integration.controller.assist_world import Served, asked, closed
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(120)
LIMIT = 120.0


class Played:
    """The rounds of a controller: its clock, its links, and one session that is on."""

    def __init__(self, core: Core) -> None:
        self.core, self.now, self.linked, self.said = core, 0.0, True, list[tuple[int, str, dict[str, Any]]]()
        with core.database.write() as session:
            self.machine, _ = resident(session, "R-000900")
            machine = get_machine(session, self.machine)
            row = add_session(session, machine, who="user:1", why="x", minutes=30, answer_seconds=90)
            self.name = row.session
        self.start()

    def start(self) -> None:
        """A controller starts: it knows nothing of pages."""
        self.presence = Presence(lambda: self.now)
        self.unwatched = Unwatched(
            database=self.core.database,
            links=self,
            linked=lambda machine: self.linked and machine == self.machine,
            presence=self.presence,
            seconds=LIMIT,
        )

    async def send(self, boot_id: int, kind: str, body: dict[str, Any]) -> bool:
        """As the link does."""
        self.said.append((boot_id, kind, body))
        return True

    def hears(self, state: str, number: int, **more: Any) -> None:
        """What the agent says."""
        with self.core.database.write() as session:
            hear_assist_state(
                session, self.machine, {"session": self.name, "state": state, "number": number, "seconds": 0} | more
            )

    def after(self, seconds: float) -> int:
        """How often the agent was told to stop, once this much time has passed and it was looked."""
        self.now += seconds
        asyncio.run(self.unwatched.round())
        assert all(kind == "assist.stop" and body == {"session": self.name} for _, kind, body in self.said)
        return len(self.said)

    @property
    def kept(self) -> tuple[str, str]:
        """State and code."""
        with self.core.database.read() as session:
            row = find_session(session, self.name)
            return row.state, row.code


@pytest.fixture
def played(core: Core) -> Played:
    upgrade(core.database)
    return Played(core)


@pytest.fixture
def on(played: Played) -> Played:
    played.hears("accepted", 2)
    return played


def test_nobody_looked_any_more(on: Played) -> None:
    on.presence.came(on.name)
    assert on.after(10 * LIMIT) == 0
    on.presence.went(on.name)
    assert on.after(LIMIT - 1) == 0
    assert on.kept == ("accepted", "")
    assert on.after(1) == 1
    assert on.kept == ("accepted", "unwatched")  # it is over once its agent says so
    on.hears("ended", 3, code="assistant", seconds=200)
    assert on.kept == ("ended", "unwatched")
    assert on.after(LIMIT) == 1


def test_a_reload_and_a_lost_line_end_nothing(on: Played) -> None:
    for _ in range(5):
        on.presence.came(on.name)
        on.after(60)
        on.presence.went(on.name)
        assert on.after(LIMIT - 1) == 0


def test_a_page_that_was_never_opened(on: Played) -> None:
    assert on.after(0) == 0
    assert on.after(LIMIT) == 1


def test_a_question_is_left_alone(played: Played) -> None:
    played.hears("asked", 1)
    for _ in range(3):
        assert played.after(10 * LIMIT) == 0
    assert played.kept == ("asked", "")
    played.hears("accepted", 2)
    assert played.after(LIMIT - 1) == 0  # it counts from the yes
    assert played.after(LIMIT) == 1


def test_a_restart_gives_time_to_come_back_and_no_more(on: Played) -> None:
    on.after(0)
    assert on.after(LIMIT - 1) == 0
    on.start()
    assert on.after(LIMIT - 1) == 0
    assert on.after(LIMIT - 1) == 0
    assert on.after(1) == 1


def test_what_was_decided_is_said_again_after_a_restart(on: Played) -> None:
    """The agent did not hear it, or its answer was lost with the link."""
    on.after(0)
    assert on.after(LIMIT) == 1
    on.start()
    on.presence.came(on.name)
    assert on.after(1) == 2
    on.hears("ended", 3, code="assistant")
    assert on.kept == ("ended", "unwatched")


def test_a_machine_out_of_reach_ends_it_by_itself(on: Played) -> None:
    on.linked = False
    on.after(0)
    assert on.after(2 * LIMIT) == 0
    on.hears("ended", 3, code="link")
    assert on.kept == ("ended", "link")


def test_the_family_was_quicker(on: Played) -> None:
    on.after(0)
    on.after(LIMIT)
    on.hears("ended", 3, code="family")
    assert on.kept == ("ended", "family")


@pytest.fixture
def hasty(settings: Settings, tmp_path: Path) -> Iterator[Served]:
    """A served controller that waits two seconds."""
    with Served(settings.model_copy(update={"assist_away_seconds": 2.0}), tmp_path) as found:
        yield found


def test_the_page_is_closed(hasty: Served) -> None:
    """With real sockets: the page stays for longer than it may be away, and goes."""
    machine, family, name = asked(hasty)
    view = hasty.view(name, hasty.cookie(hasty.user))
    family.accepts(name)
    assert view.recv(20) == b"RFB 003.008\n"
    with pytest.raises(TimeoutError):
        view.recv(4)
    assert hasty.row(name).code == ""
    view.close()
    assert family.hears("assist.stop") == {"session": name}
    family.ends(name, "assistant", seconds=6)
    wait_until(lambda: hasty.row(name).state == "ended", "it is over", 60, poll=0.05)
    (entry,) = hasty.facts("assist.ended")
    assert entry["body"] == {"session": name, "code": "unwatched", "seconds": 6, "control": False}
    assert entry["actor"] == f"machine:{machine}"
    assert closed(hasty.view(name, hasty.cookie(hasty.user))) == 4410
    text = hasty.api.get(f"/api/assist/{name}").json()
    assert (text["state"], text["code"]) == ("ended", "unwatched")
