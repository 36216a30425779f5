"""What a machine lacks before it may be called reconditioned, read from the tables of both databases."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from controller.access.roles import Role
from controller.core import Core
from controller.cosmetics.record import record_look
from controller.cosmetics.tables import Look
from controller.cosmetics.zones import cleaning, zones
from controller.database import utcnow
from controller.erasure.tables import Erasure
from controller.errors import Conflict, NotFound, RecyclerieError
from controller.grading.gate.gate import Gate, gate, gates
from controller.grading.gate.handover import hand_over
from controller.grading.gate.lists import TESTS
from controller.grading.gate.waivers import end_waiver, waive
from controller.hardware_tests.tables import HardwareTest
from controller.health.reports import latest_report
from controller.health.tables import Report
from controller.ledger.chain import read_content
from controller.ledger.kinds import Kind
from controller.machines.announce import current_boot
from controller.machines.lifecycle import State
from controller.machines.moves import move
from controller.machines.registry import get_machine
from controller.machines.tables import Boot, Machine
from controller.workflows.tables import Run, RunStep
from tests import papers
from tests.acceptance.web import scene
from tests.integration.controller.playing import bearer, core_of, person, serving
from tests.unit.controller.gate.test_judge import INVENTORY

SERIAL = "GATE-S1"
BY_HAND = {item.key for item in TESTS if item.hands}
NUMBERS = itertools.count(1)
NOTE = "essayé avec un clavier USB, chez Madame Exemple"


def tried(session: Session, machine_id: int, subsystem: str, outcome: str = "pass", **more: Any) -> None:
    """One result of a test."""
    values: dict[str, Any] = {
        "machine_id": machine_id,
        "source": f"test:{next(NUMBERS)}",
        "name": subsystem,
        "subsystem": subsystem,
        "target": SERIAL if subsystem == "drive" else "",
        "outcome": outcome,
        "automatic": subsystem not in BY_HAND,
        "started_at": "2026-01-01T10:00:00Z",
        "received_at": utcnow(),
        **more,
    }
    session.add(HardwareTest(**values))
    session.flush()


def looked(session: Session, machine: Machine, **worse: tuple[str, str]) -> None:
    """Nothing to be seen but what is said, all cleaned."""
    found = dict.fromkeys(zones(machine.form), ("none", "")) | worse
    record_look(session, machine, found, cleaning(machine.form), "user:1")


def checked(session: Session, run_id: int) -> None:
    """The installed system passed its checks."""
    step = RunStep(run_id=run_id, name="check", position=6, state="succeeded", attempt=1, error_params={})
    session.add(step)
    session.flush()


def finished(session: Session, core: Core, serial: str = "GATE01", drive: str = SERIAL) -> Machine:
    """A laptop that went through everything."""
    machine = papers.machine(session, [scene.drive(drive)], serial)
    report = latest_report(session, machine.id, "inventory")
    assert report is not None
    report.body = {**report.body, **INVENTORY}
    (erasure,) = papers.erase(session, core, machine, issue=False)
    for item in TESTS:
        tried(session, machine.id, item.key, **({"target": drive} if item.key == "drive" else {}))
    looked(session, machine)
    checked(session, erasure.run_id)
    for state in (State.ERASING, State.ERASED, State.INSTALLING, State.INSTALLED, State.READY):
        move(session, machine, state, "controller")
    return machine


@pytest.fixture
def machine_id(core: Core) -> int:
    with core.database.write() as session:
        return finished(session, core).id


def found(core: Core, machine_id: int) -> Gate:
    with core.database.read() as session:
        return gate(session, get_machine(session, machine_id))


def items(core: Core, machine_id: int) -> list[str]:
    return [missing.item for missing in found(core, machine_id).missing]


def test_a_machine_that_went_through_everything_meets_its_list(core: Core, machine_id: int) -> None:
    assert found(core, machine_id) == Gate(met=True)


def test_a_machine_that_only_announced_itself_lacks_all(core: Core) -> None:
    with core.database.write() as session:
        machine_id = scene.plug(session, "NEW001", "HP", "EliteBook").id
    lacking = items(core, machine_id)
    assert {"inventory", "look", "erased", "system", "memory", "keyboard"} <= set(lacking)


def test_only_the_newest_result_of_a_test_counts(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        tried(session, machine_id, "memory", "fail", reason="bit 3 of 0x1000")
    assert items(core, machine_id) == ["memory"]
    with core.database.write() as session:
        tried(session, machine_id, "memory")  # the module was changed
    assert items(core, machine_id) == []


def test_a_part_that_was_changed_leaves_its_failure_behind(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        boot = current_boot(session, machine_id)
        assert boot is not None
        tried(session, machine_id, "wifi", "fail", reason="no network was heard", target="wlp2s0", boot_id=boot.id)
        tried(session, machine_id, "wifi", target="wlp3s0", boot_id=boot.id)
    assert items(core, machine_id) == ["wifi"]  # both are in it
    with core.database.write() as session:
        machine = get_machine(session, machine_id)
        announced = scene.announcement("PAPER01", "Dell Inc.", "Latitude E5470")
        again = Boot(
            machine_id=machine.id,
            mode="live",
            boot_id="the-next-one",
            secret_hash="0" * 64,
            status="ended",
            address="10.42.0.7",
            announcement=dict(announced),
            announced_at=utcnow(),
            last_heard_at=utcnow(),
        )
        session.add(again)
        session.flush()
        tried(session, machine_id, "wifi", target="wlp3s0", boot_id=again.id)
    assert items(core, machine_id) == []


def test_another_drive_must_be_tested_and_erased_itself(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        machine = get_machine(session, machine_id)
        scene.inventory(session, machine, [scene.drive("GATE-S2")], "swapped")
        report = latest_report(session, machine.id, "inventory")
        assert report is not None
        report.body = {**report.body, **INVENTORY}
    assert items(core, machine_id) == ["drive:GATE-S2", "erased:GATE-S2"]


def test_an_erase_that_a_second_reading_voided_proves_nothing(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        session.execute(select(Erasure)).scalar_one().outcome = "not_erased"
    assert items(core, machine_id) == [f"erased:{SERIAL}"]


def test_an_erase_of_an_earlier_run_proves_nothing(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        run = Run(
            machine_id=machine_id,
            workflow="recondition",
            profile="mini",
            state="running",
            started_by="user:1",
            created_at=utcnow(),
            error_params={},
        )
        session.add(run)
    assert items(core, machine_id) == [f"erased:{SERIAL}", "system"]


def test_checks_that_failed_are_no_checks(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        session.execute(select(RunStep).where(RunStep.name == "check")).scalar_one().state = "failed"
    assert items(core, machine_id) == ["system"]


def test_what_came_back_from_a_family_is_tried_again(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        machine = get_machine(session, machine_id)
        for state in (State.ALLOCATED, State.DELIVERED, State.RETURNED):
            move(session, machine, state, "user:1")
    lacking = items(core, machine_id)
    assert {"inventory", "memory", "keyboard", "look", f"erased:{SERIAL}", "system"} <= set(lacking)
    with core.database.write() as session:
        machine = get_machine(session, machine_id)
        looked(session, machine)
        tried(session, machine_id, "memory")
    again = items(core, machine_id)
    assert {"memory", "look"} & set(again) == set()
    assert "keyboard" in again


def test_a_person_lets_one_thing_pass_and_says_why(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        tried(session, machine_id, "keyboard", "fail", reason="the key A", automatic=False)
        machine = get_machine(session, machine_id)
        waive(session, machine, "keyboard", "told", NOTE, "user:2")
    outcome = found(core, machine_id)
    assert outcome.met
    (waived,) = outcome.waived
    assert (waived.what.item, waived.reason, waived.note, waived.by) == ("keyboard", "told", NOTE, "user:2")
    with core.database.read() as session:
        (entry,) = papers.entries(session, Kind.GATE_WAIVED)
        assert read_content(entry.content)["body"] == {"item": "keyboard", "was": "failed", "reason": "told"}
        assert read_content(entry.content)["actor"] == "user:2"
        assert "Exemple" not in entry.content


def test_what_was_let_pass_untried_and_then_fails_is_missing_again(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        session.query(HardwareTest).filter_by(subsystem="camera").delete()
        waive(session, get_machine(session, machine_id), "camera", "otherwise", NOTE, "user:2")
    assert found(core, machine_id).met
    with core.database.write() as session:
        tried(session, machine_id, "camera", "fail", reason="black")
    assert items(core, machine_id) == ["camera"]
    with core.database.write() as session:
        waive(session, get_machine(session, machine_id), "camera", "told", NOTE, "user:2")
    assert found(core, machine_id).met


def test_what_was_let_pass_is_asked_for_again(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        tried(session, machine_id, "wifi", "fail", reason="no network was heard")
        machine = get_machine(session, machine_id)
        waive(session, machine, "wifi", "told", NOTE, "user:2")
        end_waiver(session, machine, "wifi", "user:3")
    assert items(core, machine_id) == ["wifi"]
    with pytest.raises(NotFound), core.database.write() as session:
        end_waiver(session, get_machine(session, machine_id), "wifi", "user:3")


@pytest.mark.parametrize(
    ("item", "reason", "note", "error", "says"),
    [
        (f"erased:{SERIAL}", "told", NOTE, Conflict, "the law asks for it"),
        ("look", "otherwise", NOTE, Conflict, "the law asks for it"),
        ("memory", "told", NOTE, Conflict, "not missing any more"),
        ("nonsense", "told", NOTE, Conflict, "not missing any more"),
        ("keyboard", "absent", NOTE, RecyclerieError, "doesn't fit"),
        ("keyboard", "because", NOTE, RecyclerieError, "doesn't fit"),
        ("keyboard", "told", "  ", RecyclerieError, "explanation is missing"),
        ("camera", "told", NOTE, RecyclerieError, "doesn't fit"),
    ],
)
def test_not_everything_can_be_let_pass(
    core: Core, machine_id: int, item: str, reason: str, note: str, error: type[RecyclerieError], says: str
) -> None:
    with core.database.write() as session:
        tried(session, machine_id, "keyboard", "fail", reason="the key A", automatic=False)
        session.query(HardwareTest).filter_by(subsystem="camera").delete()
        session.execute(select(Erasure)).scalar_one().outcome = "unknown"
        session.query(Look).delete()
    with pytest.raises(error, match=says), core.database.write() as session:
        waive(session, get_machine(session, machine_id), item, reason, note, "user:2")


def test_a_hand_over_warns_and_is_written_down(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        tried(session, machine_id, "sound", "fail", reason="nothing was heard")
        machine = get_machine(session, machine_id)
        warned = hand_over(session, machine, State.ALLOCATED, "user:2")
        assert [one.item for one in warned] == ["sound"]
        assert machine.state is State.ALLOCATED  # nothing is forbidden
        entry = papers.entries(session, Kind.MACHINE_STATE)[-1]
        body = read_content(entry.content)["body"]
        assert (body["to"], body["reconditioned"], body["missing"]) == ("allocated", False, ["sound"])
        tried(session, machine_id, "sound")
        assert hand_over(session, machine, State.DELIVERED, "user:2") == ()
        body = read_content(papers.entries(session, Kind.MACHINE_STATE)[-1].content)["body"]
        assert (body["to"], body["reconditioned"], body["missing"]) == ("delivered", True, [])
        with pytest.raises(ValueError, match="no part of a hand-over"):
            hand_over(session, machine, State.RETURNED, "user:2")


def test_many_machines_take_as_many_queries_as_one(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        others = [finished(session, core, f"GATE1{n}", f"GATE-X{n}").id for n in range(4)]
        tried(session, others[2], "cpu", "fail", reason="it went out")
    asked: list[str] = []
    event.listen(core.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with core.database.read() as session:
        machines = [get_machine(session, i) for i in (machine_id, *others)]
        asked.clear()
        gates(session, machines[:1])
        one = len(asked)
        asked.clear()
        outcome = gates(session, machines)
        assert len(asked) == one <= 12
        assert gates(session, []) == {}
    assert {i: o.met for i, o in outcome.items()} == {i: i != others[2] for i in (machine_id, *others)}


def test_the_api_says_it(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        tried(session, machine_id, "battery", "fail", reason="It holds 12 %.")
        tried(session, machine_id, "keyboard", "fail", reason="the key A", automatic=False)
        waive(session, get_machine(session, machine_id), "keyboard", "told", NOTE, "user:2")
    with serving(core.settings) as client:
        _, token = person(core_of(client), Role.TECHNICIAN, "paul")
        said = client.get(f"/api/machines/{machine_id}", headers=bearer(token)).json()["reconditioned"]
    assert said["met"] is False
    assert said["waived"] == [{"item": "keyboard", "reason": "told"}]
    (missing,) = said["missing"]
    assert (missing["item"], missing["failed"]) == ("battery", True)
    assert "It holds 12 %." in missing["text"]


def test_an_old_inventory_and_an_odd_one_break_nothing(core: Core, machine_id: int) -> None:
    with core.database.write() as session:
        report = session.execute(select(Report).where(Report.machine_id == machine_id)).scalars().first()
        assert report is not None
        report.body = {"schema": "recyclerie.inventory/1", "inputs": "none", "network": [None, 3]}
        report.received_at = utcnow() - dt.timedelta(days=400)
    assert items(core, machine_id) == []  # its tests passed, and a laptop has what a laptop has
