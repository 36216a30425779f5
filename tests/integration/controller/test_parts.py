"""The stock of parts, on both databases: what comes, goes and is counted, and what the ledger says of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.roles import Role
from controller.core import Core
from controller.database import utcnow
from controller.errors import Conflict, RecyclerieError
from controller.grading.keep import RULES, grade_missing, regrade
from controller.grading.tables import MachineGrade
from controller.hardware_tests.tables import HardwareTest
from controller.health.reports import store_report
from controller.ledger.chain import read_content
from controller.ledger.checkpoint import make_checkpoint
from controller.ledger.tables import LedgerEntry
from controller.ledger.verify import verify
from controller.machines.announce import announce, current_boot
from controller.machines.intake import accept
from controller.machines.lifecycle import State
from controller.machines.moves import move, recycle, take_for_parts
from controller.machines.registry import get_machine
from controller.machines.tables import Machine
from controller.parts.kinds import Origin, PartKind
from controller.parts.queries import fitted, moves_of, offers, parts
from controller.parts.stock import NewPart, add, correct, discard, get_part, put_back, take
from controller.parts.tables import Part, PartMove
from controller.settings import Settings
from tests.integration.controller.facts import announcement, inventory
from tests.integration.controller.playing import bearer, core_of, person, serving

GIB, GB = 2**30, 10**9
SSD = NewPart(kind=PartKind.SSD, count=2, size_bytes=240 * GB, interface="SATA", cost_cents=1500, place="box 1")


def machine(session: Session, number: int = 1) -> Machine:
    """An accepted machine in the workshop."""
    found = get_machine(session, announce(session, "main", announcement(number), "10.0.0.7", None)["machine_id"] or 0)
    accept(session, found, "user:1")
    return found


def entries(session: Session, subject: str) -> list[tuple[str, dict[str, Any]]]:
    rows = session.execute(select(LedgerEntry).where(LedgerEntry.subject == subject).order_by(LedgerEntry.seq))
    return [(row.kind, read_content(row.content)["body"]) for row in rows.scalars()]


def test_every_move_is_told(core: Core) -> None:
    with core.database.write() as session:
        pc = machine(session)
        part = add(session, SSD, "main", "user:1")
        taken = take(session, part, pc, "user:2")
        assert [(m.id, p.id) for m, p in fitted(session, pc.id)] == [(taken.id, part.id)]
        put_back(session, taken, "user:2")
        assert fitted(session, pc.id) == []
        take(session, part, pc, "user:2", 2)
        correct(session, part, 5, "Mme Martin en a retrouvé", "user:3")
        discard(session, part, 4, "cassés", "user:3")
        assert part.count == 1
        assert [(m.kind, m.delta, m.left) for m in moves_of(session, part.id)] == [
            ("discarded", -4, 1), ("counted", 5, 5), ("taken", -2, 0), ("returned", 1, 2), ("taken", -1, 1),
            ("added", 2, 2),
        ]  # fmt: skip
        told = entries(session, part.subject)
        assert [kind for kind, _ in told] == [
            "part.added", "part.taken", "part.returned", "part.taken", "part.counted", "part.discarded",
        ]  # fmt: skip
        assert told[0][1] == {"kind": "ssd", "count": 2, "origin": "donated", "cost_cents": 1500}
        assert told[1][1] == {"machine": pc.id, "count": 1, "cost_cents": 1500, "left": 1}
        beside = [
            entry for entry in entries(session, pc.subject) if entry[0].startswith("machine.") and "fitted" in entry[0]
        ]
        assert beside == [
            ("machine.fitted", {"part": part.id, "kind": "ssd", "count": 1, "cost_cents": 1500}),
            ("machine.unfitted", {"part": part.id, "kind": "ssd", "count": 1}),
            ("machine.fitted", {"part": part.id, "kind": "ssd", "count": 2, "cost_cents": 1500}),
        ]
        everything = str([read_content(r.content) for r in session.execute(select(LedgerEntry)).scalars()])
        assert "Martin" not in everything  # what a person typed may name somebody
        make_checkpoint(session, core.keys.ledger)
        assert not verify(session, core.keys.ledger.public_key()).faults


def test_two_people_take_the_last_one_at_once(core: Core) -> None:
    with core.database.write() as session:
        ids = [machine(session, n).id for n in (1, 2)]
        part_id = add(session, NewPart(kind=PartKind.WEBCAM), "main", "user:1").id
    both = Barrier(2)

    def try_it(machine_id: int) -> str:
        both.wait(30)
        try:
            with core.database.write() as session:
                take(session, get_part(session, part_id), get_machine(session, machine_id), f"user:{machine_id}")
        except Conflict as error:
            return error.message
        return "taken"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(try_it, ids))
    assert said == ["There is none left: somebody took the last one.", "taken"]
    with core.database.read() as session:
        assert session.get_one(Part, part_id).count == 0
        assert [m.kind for m in moves_of(session, part_id)] == ["taken", "added"]
        assert sum(len(fitted(session, i)) for i in ids) == 1


def test_two_people_put_the_same_back_at_once(core: Core) -> None:
    with core.database.write() as session:
        taken = take(session, add(session, SSD, "main", "user:1"), machine(session), "user:1").id
    both = Barrier(2)

    def try_it(_: int) -> bool:
        both.wait(30)
        try:
            with core.database.write() as session:
                put_back(session, session.get_one(PartMove, taken), "user:1")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(try_it, range(2))) == [False, True]
    with core.database.read() as session:
        assert parts(session, "main")[0].count == 2


def test_a_machine_for_parts_fills_the_stock(core: Core) -> None:
    with core.database.write() as session:
        pc = machine(session)
        take_for_parts(session, pc, "user:1")
        new = NewPart(kind=PartKind.MEMORY, size_bytes=4 * GIB, memory_type="DDR3", form_factor="SODIMM",
                      origin=Origin.MACHINE)  # fmt: skip
        part = add(session, new, "main", "user:1", pc)
        assert part.origin_machine_id == pc.id
        assert ("machine.stripped", {"part": part.id, "kind": "memory", "count": 1}) in entries(session, pc.subject)
        assert entries(session, part.subject)[0][1]["machine"] == pc.id
        with pytest.raises(Conflict, match="can't be given parts"):
            take(session, part, pc, "user:1")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"count": 0}, "can't be a count"),
    ({"count": 1001}, "can't be a count"),
    ({"size_bytes": 0}, "The size is missing"),
    ({"size_bytes": 10**18}, "The size is missing"),
    ({"interface": ""}, "connection is missing"),
    ({"interface": "SCSI"}, "connection is missing"),
    ({"cost_cents": -1}, "cost can't be right"),
    ({"cost_cents": 100_001}, "cost can't be right"),
    ({"kind": PartKind.MEMORY}, "kind of memory is missing"),
    ({"kind": PartKind.BATTERY}, "What it fits is missing"),
    ({"kind": PartKind.OTHER}, "What it is is missing"),
    ({"origin": Origin.MACHINE}, "Which machine"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_parts_that_cannot_be(core: Core, changes: dict[str, Any], words: str) -> None:
    values = {"kind": PartKind.SSD, "count": 2, "size_bytes": 240 * GB, "interface": "SATA", **changes}
    with pytest.raises(RecyclerieError, match=words), core.database.write() as session:
        add(session, NewPart(**values), "main", "user:1")
    with core.database.read() as session:
        assert not parts(session, "main", gone=True)


def test_what_can_not_be_done(core: Core) -> None:
    with core.database.write() as session:
        gone, pc = machine(session, 1), machine(session, 2)
        recycle(session, gone, "user:1", "BSD-1", 3.0)
        part = add(session, SSD, "main", "user:1")
        with pytest.raises(Conflict, match="not in the workshop"):
            take(session, part, gone, "user:1")
        with pytest.raises(Conflict, match="Nothing can be taken out"):
            add(session, NewPart(kind=PartKind.WEBCAM, origin=Origin.MACHINE), "main", "user:1", gone)
        with pytest.raises(Conflict, match="only 2 left"):
            take(session, part, pc, "user:1", 3)
        with pytest.raises(Conflict, match="That is the count already"):
            correct(session, part, 2, "compté", "user:1")
        with pytest.raises(RecyclerieError, match="reason is missing"):
            correct(session, part, 3, "  ", "user:1")
        with pytest.raises(RecyclerieError, match="reason is missing"):
            discard(session, part, 1, "", "user:1")
        with pytest.raises(RecyclerieError, match="can't be a count"):
            correct(session, part, -1, "compté", "user:1")
        added = moves_of(session, part.id)[0]
        with pytest.raises(Conflict, match="can't be put back"):
            put_back(session, added, "user:1")
        assert part.count == 2


@pytest.mark.parametrize(
    ("q", "kind", "found"),
    [("", None, 3), ("ddr4 sodimm", None, 1), ("SODIMM ddr3", None, 0), ("", PartKind.SSD, 1), ("box", None, 1),
     ("t470", None, 1), ("%", None, 0), ("_", None, 0), ("\\", None, 0)],
)  # fmt: skip
def test_search(core: Core, q: str, kind: PartKind | None, found: int) -> None:
    with core.database.write() as session:
        add(session, SSD, "main", "user:1")
        add(session, NewPart(kind=PartKind.BATTERY, fits="ThinkPad T470"), "main", "user:1")
        add(session, NewPart(kind=PartKind.MEMORY, size_bytes=GIB, memory_type="DDR4", form_factor="SODIMM"), "main",
            "user:1")  # fmt: skip
        add(session, NewPart(kind=PartKind.WEBCAM), "elsewhere", "user:1")
        assert len(parts(session, "main", kind=kind, q=q)) == found
        assert {o.kind for o in offers(session, "main")} == {"ssd", "battery", "memory"}


# -- the grade that is kept beside a machine ---------------------------------------------------------------------------


def inspected(session: Session, pc: Machine, name: str = "r1", **changes: Any) -> None:
    boot = current_boot(session, pc.id)
    assert boot is not None
    store_report(session, pc, boot, "inventory", {**inventory(), **changes}, name)


def result(pc: Machine, outcome: str, number: int = 1) -> HardwareTest:
    return HardwareTest(
        machine_id=pc.id, source=f"t{number}", name="memory", subsystem="memory", outcome=outcome, automatic=True,
        figures={}, started_at="", received_at=utcnow(),
    )  # fmt: skip


CPU = {"bits_64": True, "cores": 4, "max_mhz": 3000, "level": 3}


def test_a_grade_comes_with_its_facts(core: Core) -> None:
    with core.database.write() as session:
        pc = machine(session)
        inspected(session, pc, cpu=CPU)
        pc_id = pc.id
    with core.database.read() as session:
        before = session.get_one(MachineGrade, pc_id)
        assert before.sentence["message"]
        assert before.rules == RULES
        assert not before.tested
    with core.database.write() as session:
        session.add(result(get_machine(session, pc_id), "fail"))
    with core.database.read() as session:
        after = session.get_one(MachineGrade, pc_id)
        assert (after.grade, after.use, after.tested) == ("D", "parts", True)


def test_what_is_rolled_back_leaves_no_grade(core: Core) -> None:
    with core.database.write() as session:
        pc_id = machine(session).id

    def inspect_and_fail() -> None:
        with core.database.write() as session:
            inspected(session, get_machine(session, pc_id), cpu=CPU)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        inspect_and_fail()
    with core.database.write() as session:
        move(session, get_machine(session, pc_id), State.INSPECTED, "user:1")
    with core.database.read() as session:
        assert session.get(MachineGrade, pc_id) is None


def test_a_grade_that_cannot_be_made_holds_up_nothing(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise ValueError("a rule with a fault")

    with core.database.write() as session:
        pc_id = machine(session).id
    monkeypatch.setattr("controller.grading.keep.assess", fail)
    with core.database.write() as session:
        inspected(session, get_machine(session, pc_id), cpu=CPU)
    with core.database.read() as session:
        assert session.get(MachineGrade, pc_id) is None
    assert grade_missing(core.database) == 1
    assert grade_missing(core.database) == 0, "tried every minute for ever"


def test_machines_from_before_are_graded_in_time(core: Core) -> None:
    with core.database.write() as session:
        ids = [machine(session, n).id for n in (1, 2)]
        for n in ids:
            inspected(session, get_machine(session, n), f"r{n}", cpu=CPU)
    with core.database.write() as session:
        session.delete(session.get_one(MachineGrade, ids[0]))
        session.get_one(MachineGrade, ids[1]).rules = RULES - 1
    assert grade_missing(core.database) == 2
    assert grade_missing(core.database) == 0
    with core.database.write() as session:
        assert regrade(session, 10**6) is None


# -- over the API ----------------------------------------------------


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A controller with one inspected machine."""
    with serving(settings) as found:
        with core_of(found).database.write() as session:
            inspected(session, machine(session), cpu=CPU, memory={"total_bytes": 4 * GIB, "modules": []})
        yield found


def test_the_way_of_a_part_over_the_api(client: TestClient) -> None:
    _, technician = person(core_of(client), Role.TECHNICIAN, login="t1")
    _, coordinator = person(core_of(client), Role.COORDINATOR, login="c1")
    client.headers.update(bearer(technician))
    body = {"kind": "ssd", "count": 2, "size_bytes": 240 * GB, "interface": "SATA", "cost_cents": 1500}
    part = client.post("/api/parts", json=body).json()
    assert part["count"] == 2
    taken = client.post(f"/api/parts/{part['id']}/take", json={"machine_id": 1})
    assert taken.status_code == 200, taken.text
    said = client.get("/api/machines/1/assessment").json()
    assert said["fitted"][0]["part_id"] == part["id"]
    assert {fit["use"] for fit in said["fits"]} == {"light", "office", "video"}
    assert client.post(f"/api/part-moves/{taken.json()['id']}/put-back").json()["left"] == 2
    assert client.post(f"/api/part-moves/{taken.json()['id']}/put-back").status_code == 409
    wrong = {"count": 1, "reason": "compté"}
    assert client.post(f"/api/parts/{part['id']}/count", json=wrong).status_code == 403
    assert client.post(f"/api/parts/{part['id']}/discard", json=wrong).status_code == 403
    client.headers.update(bearer(coordinator))
    assert client.post(f"/api/parts/{part['id']}/count", json=wrong).json()["left"] == 1
    assert client.post(f"/api/parts/{part['id']}/discard", json=wrong).json()["left"] == 0
    assert client.get("/api/parts").json() == []
    assert [p["count"] for p in client.get("/api/parts", params={"gone": True}).json()] == [0]
    assert [m["kind"] for m in client.get(f"/api/parts/{part['id']}").json()["moves"]] == [
        "discarded", "counted", "returned", "taken", "added",
    ]  # fmt: skip
    for missing in ("/api/parts/99", "/api/machines/99/assessment"):
        assert client.get(missing).status_code == 404
