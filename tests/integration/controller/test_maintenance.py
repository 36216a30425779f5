"""Asking for maintenance over the API and its durable end, on both databases, without Ansible."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from schemathesis.core.result import Ok
from sqlalchemy import select

from controller.access.roles import Role
from controller.access.secrets import hash_secret
from controller.core import Core, make_core
from controller.database import utcnow
from controller.ledger.chain import read_content
from controller.ledger.tables import LedgerEntry
from controller.machines.lifecycle import State
from controller.machines.registry import new_machine
from controller.machines.tables import Boot, ResidentToken
from controller.maintenance import work
from controller.maintenance.actions import get_action
from controller.maintenance.asking import end
from controller.maintenance.office import Office
from controller.maintenance.outcome import End
from controller.maintenance.tables import MaintenanceAction, MaintenanceLog
from controller.settings import Settings
from controller.workflows.engine import Engine
from controller.workflows.runner import FROM_MACHINE, PlayResult
from tests.integration.controller.playing import NotingEngine, app_of, bearer, core_of, person, serving
from tests.integration.controller.test_openapi import CHECKS
from tests.lab.waiting import wait_until


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with serving(settings) as found:
        yield found


@pytest.fixture
def core(client: TestClient) -> Core:
    return core_of(client)


@pytest.fixture
def office(client: TestClient) -> Office:
    found: Office = app_of(client).state.maintenance
    return found


@pytest.fixture
def technician(client: TestClient, core: Core) -> dict[str, str]:
    return bearer(person(core, Role.TECHNICIAN)[1])


def make_home(core: Core, *, linked: bool = True, state: State = State.DELIVERED, rights: bool = True) -> int:
    with core.database.write() as session:
        machine = new_machine(session, "main", state)
        machine.tag, machine.accepted_at = f"R-{machine.id:06d}", utcnow()
        now = utcnow()
        session.add(
            ResidentToken(
                machine_id=machine.id,
                token_hash=hash_secret(str(machine.id)),
                created_at=now,
                revoked_at=None if rights else now,
            )
        )
        session.add(
            Boot(
                machine_id=machine.id,
                mode="resident",
                boot_id="b",
                secret_hash=hash_secret(f"s{machine.id}"),
                status="accepted",
                address="192.0.2.7",
                linked=linked,
                ssh_host_keys=["ssh-ed25519 AAAA"],
                announcement={},
                announced_at=now,
                last_heard_at=now,
            )
        )
        return machine.id


def link(core: Core, machine_id: int, linked: bool) -> None:
    with core.database.write() as session:
        session.query(Boot).filter_by(machine_id=machine_id).update({"linked": linked})


def row(core: Core, action_id: int) -> MaintenanceAction:
    with core.database.read() as session:
        return session.get_one(MaintenanceAction, action_id)


def facts(core: Core) -> list[tuple[str, Any]]:
    with core.database.read() as session:
        rows = session.execute(select(LedgerEntry).order_by(LedgerEntry.seq)).scalars()
        kinds = ("maintenance.started", "maintenance.ended", "machine.revoked")
        return [(r.kind, read_content(r.content)["body"]) for r in rows if r.kind in kinds]


Play = Callable[..., PlayResult]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> list[PlayResult]:
    """What the next plays come to; their arguments are kept in ``plays``."""
    results: list[PlayResult] = []

    def played(
        _settings: Any, playbook: str, target: Any, variables: Any, key: Any, log: Any, *_: Any, **more: Any
    ) -> PlayResult:
        plays.append({"playbook": playbook, "target": target, "variables": variables, "key": key, **more})
        log("info", "TASK [Bring the system up to date] ***")
        log(FROM_MACHINE, "Unpacking…")
        return results.pop(0)

    plays.clear()
    monkeypatch.setattr(work, "run_play", played)
    monkeypatch.setattr(work, "connect", _refusing)
    return results


plays: list[dict[str, Any]] = []


def _refusing(*_: Any, **__: Any) -> None:
    raise OSError("no way in")


def ask(client: TestClient, who: dict[str, str], machine: int, **body: Any) -> Any:
    return client.post(f"/api/machines/{machine}/maintenance", json={"action": "update", **body}, headers=who)


def test_an_update_is_asked_played_and_told(
    client: TestClient, core: Core, office: Office, technician: dict[str, str], play: list[PlayResult]
) -> None:
    machine = make_home(core)
    asked = ask(client, technician, machine).json()
    assert (asked["state"], asked["asked_by"]) == ("queued", "user:1")
    assert ask(client, technician, machine).status_code == 409  # once is enough
    engine: NotingEngine = app_of(client).state.engine
    assert engine.enqueued == ["maintenance-1-1"]
    play.append(PlayResult(status="successful", data={"maintained": {"update": True}, "words": "3 upgraded"}))
    assert work.perform(1, 1) == "succeeded"
    (one,) = plays
    assert (one["playbook"], one["tags"], one["key"]) == ("maintain.yml", "update", core.keys.maintenance)
    assert one["variables"]["maintain_id"] == "action-1"
    assert (one["target"].linked, one["target"].actor, one["target"].name) == (True, "user:1", f"R-{machine:06d}")
    assert work.perform(1, 1) == "succeeded"  # again after a kill: nothing happens twice
    assert len(plays) == 1
    seen = client.get("/api/maintenance/1", headers=technician).json()
    assert (seen["state"], seen["changed"], seen["words"]) == (
        "succeeded",
        True,
        "Updates were installed: everything is up to date.",
    )
    log = client.get("/api/maintenance/1/log", headers=technician).json()
    assert [(line["source"], line["text"]) for line in log][1] == ("machine", "Unpacking…")
    assert facts(core) == [
        ("maintenance.started", {"action": 1, "what": "update", "params": {}}),
        (
            "maintenance.ended",
            {"action": 1, "what": "update", "state": "succeeded", "changed": True, "outcome": "done"},
        ),
    ]


def test_a_machine_that_is_away_is_refused_or_waited_for(
    client: TestClient, core: Core, office: Office, technician: dict[str, str], play: list[PlayResult]
) -> None:
    machine = make_home(core, linked=False)
    refused = ask(client, technician, machine)
    assert refused.status_code == 409
    assert "not connected" in refused.json()["error"]
    assert ask(client, technician, machine, later=True).json()["state"] == "waiting"
    office.round()
    assert row(core, 1).state == "waiting"
    link(core, machine, True)
    office.round()
    assert row(core, 1).state == "queued"

    # Lost in the middle: the same work is taken up again, under the same name, as another workflow.

    def lose(*_: Any, **__: Any) -> PlayResult:
        link(core, machine, False)
        return PlayResult(status="unreachable", error="Data could not be sent to remote host")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(work, "run_play", lose)
        assert work.perform(1, 1) == "waiting"
    assert (row(core, 1).generation, row(core, 1).tries) == (2, 0)
    assert work.perform(1, 1) == "waiting"  # the older workflow has nothing to say any more
    link(core, machine, True)
    office.round()
    play.append(PlayResult(status="successful", data={"maintained": {"update": False}}))
    assert work.perform(1, 2) == "succeeded"
    assert plays[-1]["variables"]["maintain_id"] == "action-1"
    assert [kind for kind, _ in facts(core)] == ["maintenance.started", "maintenance.ended"]


def test_a_connected_machine_that_lets_nobody_in_is_not_tried_for_ever(
    client: TestClient, core: Core, office: Office, technician: dict[str, str], play: list[PlayResult]
) -> None:
    machine = make_home(core)
    ask(client, technician, machine)
    for generation in (1, 2, 3):
        play.append(PlayResult(status="unreachable", error="Connection closed"))
        state = work.perform(1, generation)
        if generation < 3:
            assert state == "waiting"
            office.round()
            assert row(core, 1).state == "waiting"  # not at once
            with core.database.write() as session:
                session.get_one(MaintenanceAction, 1).not_before = utcnow()
            office.round()
    assert (row(core, 1).state, row(core, 1).outcome, row(core, 1).detail) == ("failed", "no-entry", "no way in")


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (PlayResult(status="failed", error="E: Could not get lock /var/lib/dpkg/lock"), "locked"),
        (PlayResult(status="failed", error="what is this"), "failed"),
        (PlayResult(status="timeout", error="8 h are over"), "too-long"),
    ],
)
def test_a_failure_is_said_in_words_and_the_tools_own(
    client: TestClient, core: Core, technician: dict[str, str], play: list[PlayResult], result: PlayResult, outcome: str
) -> None:
    machine = make_home(core)
    ask(client, technician, machine)
    play.append(result)
    assert work.perform(1, 1) == "failed"
    seen = client.get("/api/maintenance/1", headers=technician).json()
    assert (seen["outcome"], seen["detail"]) == (outcome, result.error)
    assert f"R-{machine:06d}" in seen["words"]


def test_taking_back(
    client: TestClient, core: Core, office: Office, technician: dict[str, str], play: list[PlayResult]
) -> None:
    machine = make_home(core)
    ask(client, technician, machine)
    assert client.post("/api/maintenance/1/cancel", headers=technician).json()["state"] == "cancelled"
    assert work.perform(1, 1) == "cancelled"  # its turn comes all the same
    assert plays == []
    assert client.post("/api/maintenance/1/cancel", headers=technician).status_code == 409
    ask(client, technician, machine)

    def cancelled(*args: Any, **_: Any) -> PlayResult:
        assert client.post("/api/maintenance/2/cancel", headers=technician).json()["state"] == "running"
        assert args[6]() is True  # the play looks
        return PlayResult(status="canceled", error="")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(work, "run_play", cancelled)
        assert work.perform(2, 1) == "cancelled"
    assert row(core, 2).outcome == "cancelled-running"
    assert [body["state"] for kind, body in facts(core) if kind == "maintenance.ended"] == ["cancelled"]


def test_all_machines_at_home_are_asked(
    client: TestClient, core: Core, office: Office, technician: dict[str, str], play: list[PlayResult]
) -> None:
    here, away = make_home(core), make_home(core, linked=False)
    make_home(core, state=State.READY)
    make_home(core, rights=False)
    busy = make_home(core)
    ask(client, technician, busy)
    rows = client.post("/api/maintenance", json={"action": "update"}, headers=technician).json()
    assert [(r["machine_id"], r["state"]) for r in rows] == [(here, "queued"), (away, "waiting")]
    assert len({r["batch"] for r in rows}) == 1
    assert client.post("/api/maintenance", json={"action": "update"}, headers=technician).status_code == 409
    assert client.post("/api/maintenance", json={"action": "logs"}, headers=technician).status_code in (400, 422)
    assert office.cancel_batch(rows[0]["batch"]) == 2
    assert office.cancel_batch("") == 0


@pytest.mark.parametrize("state", [State.INSPECTED, State.RETURNED, State.INSTALLED])
def test_a_machine_in_the_workshop_is_not_maintained(
    client: TestClient, core: Core, technician: dict[str, str], state: State
) -> None:
    assert ask(client, technician, make_home(core, state=state), later=True).status_code == 409


def test_what_nobody_means_any_more_is_given_up(
    client: TestClient, core: Core, office: Office, technician: dict[str, str]
) -> None:
    machine = make_home(core, linked=False)
    ask(client, technician, machine, later=True)
    office.tidy()
    assert row(core, 1).state == "waiting"
    with core.database.write() as session:
        session.get_one(MaintenanceAction, 1).expires_at = utcnow() - dt.timedelta(seconds=1)
        session.add(
            MaintenanceLog(
                action_id=1, at=utcnow() - dt.timedelta(days=400), source="ansible", level="info", text="old"
            )
        )
    office.tidy()
    assert (row(core, 1).state, row(core, 1).outcome) == ("expired", "expired")
    assert facts(core) == []  # nothing was ever done
    assert client.get("/api/maintenance/1/log", headers=technician).json() == []


def test_a_machine_that_lost_its_rights_is_not_waited_for(
    client: TestClient, core: Core, office: Office, technician: dict[str, str]
) -> None:
    machine = make_home(core, linked=False)
    ask(client, technician, machine, later=True)
    with core.database.write() as session:
        session.query(ResidentToken).update({"revoked_at": utcnow()})
    office.tidy()
    assert (row(core, 1).state, row(core, 1).outcome) == ("failed", "rights-ended")


def test_few_machines_at_once_and_one_thing_at_a_time_on_each(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real engine."""
    core = make_core(settings.model_copy(update={"maintenance_at_once": 2}))
    at_work: list[int] = []
    overlaps: list[int] = []
    most = [0]
    lock = threading.Lock()

    def slowly(action_id: int, _generation: int) -> str:
        machine = row(core, action_id).machine_id
        with lock:
            overlaps.extend(other for other in at_work if other == machine)
            at_work.append(machine)
            most[0] = max(most[0], len(at_work))
        time.sleep(0.3)
        with lock:
            at_work.remove(machine)
        with core.database.write() as session:
            end(session, session.get_one(MaintenanceAction, action_id), End(state="succeeded", outcome="done"))
        return "succeeded"

    monkeypatch.setattr(work, "perform", slowly)
    engine = Engine(core.settings)
    office = Office(core, engine)
    engine.launch()
    try:
        machines = [make_home(core) for _ in range(5)]
        rows = [office.ask(machines[0], get_action(name), {}, "user:1") for name in ("antivirus", "repair", "logs")]
        rows += office.ask_everywhere(get_action("update"), "user:1")
        wait_until(lambda: all(row(core, one.id).state == "succeeded" for one in rows), "all is done", 60, poll=0.1)
    finally:
        engine.close()
        core.database.close()
    assert len(rows) == 8
    assert (most[0], overlaps) == (2, [])


def test_a_controller_killed_before_it_enqueued_does_so_later(
    client: TestClient, core: Core, office: Office, technician: dict[str, str]
) -> None:
    ask(client, technician, make_home(core))
    engine: NotingEngine = app_of(client).state.engine
    engine.enqueued.clear()
    office.tidy()
    office.tidy()
    assert engine.enqueued == ["maintenance-1-1"]


def test_ending_a_machines_rights(client: TestClient, core: Core, office: Office, technician: dict[str, str]) -> None:
    from controller.machines.registry import get_machine
    from controller.maintenance.rights import end_rights

    machine = make_home(core, linked=False)
    ask(client, technician, machine, later=True)
    with core.database.write() as session:
        end_rights(session, get_machine(session, machine), "user:1", f"r-{machine:06d} ")
    assert row(core, 1).state == "cancelled"
    assert facts(core) == [("machine.revoked", {"tokens": 1})]
    assert ask(client, technician, machine, later=True).status_code == 409


def test_who_may(client: TestClient, core: Core) -> None:
    machine = make_home(core)
    assert client.post(f"/api/machines/{machine}/maintenance", json={"action": "update"}).status_code == 401
    assert client.get("/maintenance/1/bundle", headers={"accept": "text/html"}).status_code == 303


@pytest.mark.one_database
def test_the_api_keeps_its_word_where_there_is_something(
    client: TestClient, core: Core, technician: dict[str, str], play: list[PlayResult]
) -> None:
    ask(client, technician, make_home(core))
    play.append(PlayResult(status="successful", data={"maintained": {"update": True}}))
    work.perform(1, 1)
    client.headers.update(technician)
    schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
    tried: set[str] = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found.err()
        operation = found.ok()
        if "maintenance" not in operation.path:
            continue

        @examples(
            max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy())
        def try_it(case: Any) -> None:
            answer = client.request(**case.as_transport_kwargs(base_url="https://testserver"))
            tried.add(case.operation.label)
            case.validate_response(answer, checks=CHECKS)

        try_it()
    assert len(tried) == 6
