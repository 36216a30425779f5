"""The link of the agents over a real server and real WebSockets: who gets in, what is kept, what is acknowledged."""

from __future__ import annotations

import json
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from agent import protocol
from agent.protocol_tests import HANDS_ON_OPEN, HANDS_ON_RESULTS
from controller.access.roles import Role
from controller.agents import link
from controller.agents.routes import THROUGHPUT_PATH
from controller.agents.throughput import MAX_BYTES, Turns
from controller.core import Core
from controller.database import utcnow
from controller.errors import TooMany
from controller.hardware_tests.tables import HardwareTest
from controller.health.tables import Report
from controller.machines.announce import announce
from controller.machines.drives import drives_of
from controller.machines.intake import accept
from controller.machines.moves import take_for_parts
from controller.machines.registry import get_machine
from controller.machines.tables import Boot
from controller.settings import Settings
from controller.workflows.jobs import ENDED
from controller.workflows.tables import Job, Run, RunStep, StepLog
from tests.integration.controller.facts import announcement, health, inventory
from tests.integration.controller.playing import bearer, make_app, person
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(120)


class Served:
    """A controller on a port of loopback."""

    def __init__(self, settings: Settings) -> None:
        self.app = make_app(settings)
        self.core: Core = self.app.state.core
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = uvicorn.Config(self.app, host="127.0.0.1", port=self.port, log_level="warning", ws_max_size=4_000_000)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.links = ExitStack()

    def __enter__(self) -> Served:
        self.thread.start()
        wait_until(lambda: self.server.started, "the server listens", 30, poll=0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self.links.close()
        self.server.should_exit = True
        self.thread.join(20)

    def admit(self, number: int = 1, boot: int = 1) -> str:
        """A machine that was accepted: its token."""
        with self.core.database.write() as session:
            machine_id = announce(session, "main", announcement(number, boot), "127.0.0.1", None)["machine_id"]
            accept(session, get_machine(session, machine_id or 0), "user:1")
            return announce(session, "main", announcement(number, boot), "127.0.0.1", None)["token"]

    def open(self, token: str) -> ClientConnection:
        """The link, its welcome read."""
        client = self.links.enter_context(
            connect(
                f"ws://127.0.0.1:{self.port}{protocol.LINK_PATH}",
                additional_headers={"Authorization": f"Bearer {token}"},
                max_size=None,
            )
        )
        welcome = json.loads(client.recv(10))
        assert welcome["type"] == protocol.WELCOME
        return client

    def count(self, table: type[Any]) -> int:
        with self.core.database.read() as session:
            return session.execute(select(func.count()).select_from(table)).scalar_one()

    def boot(self, boot_id: int = 1) -> Boot:
        with self.core.database.read() as session:
            return session.get_one(Boot, boot_id)


@pytest.fixture
def served(settings: Settings) -> Iterator[Served]:
    with Served(settings) as found:
        yield found


def send(client: ClientConnection, kind: str, body: Any, identity: str | None = None) -> str:
    identity = identity or uuid.uuid4().hex
    client.send(json.dumps({"type": kind, "id": identity, "at": "2026-01-01T00:00:00Z", "body": body}))
    return identity


def acknowledged(client: ClientConnection, identity: str) -> None:
    answer = json.loads(client.recv(10))
    assert (answer["type"], answer["body"]["id"]) == (protocol.ACK, identity)


def tell(client: ClientConnection, kind: str, body: Any, identity: str | None = None) -> str:
    identity = send(client, kind, body, identity)
    acknowledged(client, identity)
    return identity


@pytest.mark.parametrize("token", ["", "wrong", "rcy_wrong", "Bearer"])
def test_a_wrong_token_is_refused_at_the_door(served: Served, token: str) -> None:
    served.admit()
    with pytest.raises(InvalidStatus) as refused:
        served.open(token)
    assert refused.value.response.status_code == 403  # which sends the agent back to its announcement


def test_a_token_of_an_earlier_announcement_is_refused(served: Served) -> None:
    old = served.admit()
    with served.core.database.write() as session:
        announce(session, "main", announcement(), "127.0.0.1", None)
    with pytest.raises(InvalidStatus):
        served.open(old)


def test_linked_and_not_linked(served: Served) -> None:
    client = served.open(served.admit())
    wait_until(lambda: served.boot().linked, "it is linked", 60, poll=0.05)
    client.close()
    wait_until(lambda: not served.boot().linked, "it is not linked any more", 60, poll=0.05)


def test_reports_are_kept_once(served: Served) -> None:
    """An agent that lost the acknowledgement sends the same message again, over the next link."""
    token = served.admit()
    client = served.open(token)
    identity = tell(client, protocol.INVENTORY, inventory())
    tell(client, protocol.INVENTORY, inventory(), identity)
    client.close()
    again = served.open(token)
    tell(again, protocol.INVENTORY, inventory(), identity)
    tell(again, protocol.HEALTH, health())
    assert served.count(Report) == 2
    with served.core.database.read() as session:
        assert len(drives_of(session, 1)) == 1


def test_the_same_id_of_two_machines_is_two_messages(served: Served) -> None:
    for number in (1, 2):
        tell(served.open(served.admit(number)), protocol.HEALTH, health(), "the-same")
    assert served.count(Report) == 2


def test_a_newer_link_of_the_same_boot_takes_over(served: Served) -> None:
    token = served.admit()
    old = served.open(token)
    new = served.open(token)
    with pytest.raises(ConnectionClosed) as closed:
        old.recv(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == link.REPLACED
    tell(new, protocol.HEALTH, health())
    served.app.state.progress.flush()
    assert served.boot().linked  # the end of the old one does not unlink the new


def test_a_boot_that_is_over_is_sent_to_announce_again(served: Served) -> None:
    """Another boot of the machine took over: what this one still says is not taken, and not acknowledged."""
    client = served.open(served.admit())
    with served.core.database.write() as session:
        session.get_one(Boot, 1).last_heard_at = utcnow().replace(year=2020)
        announce(session, "main", announcement(1, 2), "127.0.0.1", None)
    send(client, protocol.HEALTH, health())
    with pytest.raises(ConnectionClosed) as closed:
        client.recv(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == link.UNAUTHORISED
    assert served.count(Report) == 0


def test_who_left_is_not_listened_to(served: Served) -> None:
    client = served.open(served.admit())
    with served.core.database.write() as session:
        take_for_parts(session, get_machine(session, 1), "user:1")
    send(client, protocol.HEALTH, health())
    with pytest.raises(ConnectionClosed):
        client.recv(10)
    assert served.count(Report) == 0


@pytest.mark.parametrize(
    "text", ["", "hello", "[]", "{}", '{"type": "health"}', '{"type": "health", "id": "1", "body": 7}']
)
def test_what_is_no_message_ends_the_link(served: Served, text: str) -> None:
    client = served.open(served.admit())
    client.send(text)
    with pytest.raises(ConnectionClosed) as closed:
        client.recv(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == link.BAD_MESSAGE


def test_a_message_that_is_too_long_ends_the_link(served: Served) -> None:
    client = served.open(served.admit())
    with suppress(ConnectionClosed):
        client.send(json.dumps({"type": "health", "id": "1", "body": {"x": "y" * 4_100_000}}))
    with pytest.raises(ConnectionClosed):
        client.recv(10)
    assert served.count(Report) == 0


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (protocol.INVENTORY, {}),
        (protocol.INVENTORY, {**inventory(), "chassis": None}),
        (protocol.INVENTORY, {**inventory(), "drives": [None]}),
        (protocol.INVENTORY, {**inventory(), "drives": [{"size_bytes": 2**70, "serial": "ABCD"}]}),
        (protocol.INVENTORY, {**inventory(), "drives": "none"}),
        (protocol.INVENTORY, {**inventory(), "network": [{"mac": 7}]}),
        (protocol.JOB_RESULT, {"job_id": None}),
        (protocol.JOB_LOG, {"job_id": "r1-erase-d1-1", "offset": "x"}),
        ("made.up", {"x": 1}),
        (protocol.DRIVE_EVENT, {"action": "add", "path": "/dev/sdb", "serial": "S"}),
    ],
)
def test_a_message_that_cannot_be_read_does_not_stop_the_next(served: Served, kind: str, body: dict[str, Any]) -> None:
    """Acknowledged, so that the agent does not repeat it for ever, and dropped as a whole."""
    client = served.open(served.admit())
    tell(client, kind, body)
    tell(client, protocol.HEALTH, health())
    assert served.count(Report) == 1


def test_strange_letters_and_numbers_are_kept(served: Served) -> None:
    """NUL, half a pair, NaN: PostgreSQL takes none of them, and a drive's firmware may print them all."""
    client = served.open(served.admit())
    body = {**health(), "text": "a\0b\ud83d", "load": float("nan"), "raw": 2**64, "k\0": float("inf")}
    tell(client, protocol.HEALTH, body)
    with served.core.database.read() as session:
        kept = session.execute(select(Report.body)).scalar_one()
    assert (kept["text"], kept["load"], kept["k"]) == ("ab\ufffd", None, None)
    assert kept["raw"] == 2**64


def test_a_database_that_is_away_acknowledges_nothing(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The link ends, the agent keeps the message and sends it again: nothing is lost."""
    token = served.admit()
    client = served.open(token)

    def away(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("the database is away"))

    with monkeypatch.context() as patched:
        patched.setattr(link, "store_report", away)
        identity = send(client, protocol.HEALTH, health())
        with pytest.raises(ConnectionClosed):
            client.recv(10)
    again = served.open(token)
    tell(again, protocol.HEALTH, health(), identity)
    assert served.count(Report) == 1


@pytest.fixture
def job(served: Served) -> ClientConnection:
    """A connected machine with a job under way."""
    client = served.open(served.admit())
    with served.core.database.write() as session:
        now = utcnow()
        run = Run(machine_id=1, workflow="recondition", profile="mini", state="running", started_by="user:1")
        run.created_at, run.error_params = now, {}
        session.add(run)
        session.flush()
        step = RunStep(run_id=run.id, name="erase", position=2, state="running", error_params={})
        session.add(step)
        session.flush()
        session.add(Job(id="r1-erase-d1-1", step_id=step.id, machine_id=1, kind="erase", created_at=now, heard_at=now))
    return client


def test_a_jobs_progress_log_and_result(served: Served, job: ClientConnection) -> None:
    """Progress is not acknowledged; a log is in the database when it is; a result wakes the run, once."""
    for done in (1, 2, 3):
        send(job, protocol.JOB_PROGRESS, {"job_id": "r1-erase-d1-1", "phase": "write", "done": done, "total": 3})
    text = "one\ntwo\n"
    tell(job, protocol.JOB_LOG, {"job_id": "r1-erase-d1-1", "offset": 0, "text": text})
    assert served.count(StepLog) == 2
    tell(job, protocol.JOB_LOG, {"job_id": "r1-erase-d1-1", "offset": 0, "text": text})
    assert served.count(StepLog) == 2
    wait_until(lambda: _job(served).done == 3, "the newest progress is written", 60, poll=0.1)
    woken = len(served.app.state.engine.woken)
    result = {"job_id": "r1-erase-d1-1", "kind": "erase", "state": "succeeded", "error": "", "result": {"x": 1}}
    identity = tell(job, protocol.JOB_RESULT, result)
    tell(job, protocol.JOB_RESULT, {**result, "state": "failed"}, identity)
    assert (_job(served).state, _job(served).result) == ("succeeded", {"x": 1})
    assert served.app.state.engine.woken[woken:]
    send(job, protocol.JOB_PROGRESS, {"job_id": "r1-erase-d1-1", "phase": "write", "done": 1, "total": 3})
    tell(job, protocol.HEALTH, health())
    served.app.state.progress.flush()
    assert _job(served).state in ENDED


def _job(served: Served) -> Job:
    with served.core.database.read() as session:
        return session.get_one(Job, "r1-erase-d1-1")


def test_heartbeats_keep_the_machine_alive(served: Served) -> None:
    client = served.open(served.admit())
    with served.core.database.write() as session:
        session.get_one(Boot, 1).last_heard_at = utcnow().replace(year=2020)
    send(client, protocol.HEARTBEAT, {})
    wait_until(lambda: served.boot().last_heard_at.year > 2020, "it is heard", 60, poll=0.1)
    with served.core.database.read() as session:
        assert get_machine(session, 1).last_heard_at == served.boot().last_heard_at


def test_answers_at_the_pc_are_kept_and_acknowledged(served: Served) -> None:
    """Twice over the link, after a cut: once in the database."""
    token = served.admit()
    told = {
        "name": "screen", "subsystem": "screen", "target": "", "outcome": "pass", "reason": "", "figures": {},
        "started_at": "2026-01-01T10:00:00Z", "seconds": 9.0, "automatic": False,
    }  # fmt: skip
    body = {"session": "pc-1", "ended": False, "results": [told]}
    first = served.open(token)
    identity = tell(first, HANDS_ON_RESULTS, body)
    first.close()
    again = served.open(token)
    tell(again, HANDS_ON_RESULTS, body, identity)
    tell(again, HANDS_ON_RESULTS, {"session": 7, "results": "none"})
    assert served.count(HardwareTest) == 1


def test_the_pc_is_asked_to_show_its_tests(served: Served) -> None:
    """Only while it is connected; what is sent is what the agent's page needs."""
    token = served.admit()
    _, mine = person(served.core, Role.TECHNICIAN)
    url, headers = f"http://127.0.0.1:{served.port}/api/machines/1/tests/hands-on", bearer(mine)
    refused = httpx.post(url, headers=headers)
    assert (refused.status_code, "not connected" in refused.text) == (409, True)
    client = served.open(token)
    wait_until(lambda: served.boot().linked, "it is linked", 60, poll=0.05)
    asked = httpx.post(url, headers=headers, json={"tests": ["keyboard"], "language": "fr"})
    assert asked.status_code == 200, asked.text
    said = json.loads(client.recv(10))
    assert said["type"] == HANDS_ON_OPEN
    assert said["body"] == {"session": asked.json()["session"], "tests": ["keyboard"], "language": "fr"}
    client.close()
    wait_until(lambda: not served.boot().linked, "it is gone", 60, poll=0.05)
    assert httpx.post(url, headers=headers).status_code == 409
    assert httpx.post(url, headers=headers, json={"tests": ["../../etc"]}).status_code in (400, 422)


def test_zeros_to_measure_the_network_with(served: Served) -> None:
    """Only for machines with a token, at most 256 MiB, two at once, and a reader that leaves gives its turn back."""
    url = f"http://127.0.0.1:{served.port}{THROUGHPUT_PATH}"
    tokens = [bearer(served.admit(number)) for number in (1, 2, 3)]
    assert httpx.get(url, params={"bytes": 10}).status_code == 401
    assert httpx.get(url, params={"bytes": MAX_BYTES + 1}, headers=tokens[0]).status_code == 422
    assert httpx.get(url, params={"bytes": 0}, headers=tokens[0]).status_code == 422
    for size in (1, 262_144, 1_000_003):
        got = httpx.get(url, params={"bytes": size}, headers=tokens[0])
        assert (got.status_code, got.content == bytes(size)) == (200, True)
        assert int(got.headers["content-length"]) == size
    with ExitStack() as open_now:
        for headers in tokens[:2]:
            stream = httpx.stream("GET", url, params={"bytes": MAX_BYTES}, headers=headers)
            assert open_now.enter_context(stream).status_code == 200
        third = httpx.get(url, params={"bytes": 10}, headers=tokens[2])
        assert (third.status_code, "mesurent le" in str(third.json())) == (429, True)
    wait_until(lambda: httpx.get(url, params={"bytes": 10}, headers=tokens[2]).status_code == 200, "a turn is free", 60)


def test_a_turn_that_nobody_gives_back_ends_by_itself() -> None:
    turns = Turns(at_once=1, seconds=0.05)
    turns.take(1)
    with pytest.raises(TooMany):
        turns.take(2)
    wait_until(lambda: _takes(turns), "the turn is over", 60, poll=0.02)


def _takes(turns: Turns) -> bool:
    with suppress(TooMany):
        turns.take(2)
        return True
    return False
