"""Lots, labels, accepting, tying, merging: what ends up in the tables and in the ledger."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controller.core import Core
from controller.database import utcnow
from controller.errors import Conflict, RecyclerieError
from controller.health.reports import store_report
from controller.health.tables import Report
from controller.ledger.chain import read_content
from controller.ledger.tables import LedgerEntry
from controller.machines.announce import announce, current_boot, find_boot
from controller.machines.drives import drives_of
from controller.machines.intake import accept, create_lot, expect_machines, refuse, tie
from controller.machines.lifecycle import State
from controller.machines.merging import merge
from controller.machines.moves import hold, recycle
from controller.machines.registry import get_machine
from controller.machines.tables import Boot, Lot, Machine, MachineIdentifier
from tests.integration.controller.facts import announcement, chassis, inventory

LOT: dict[str, Any] = {
    "site": "main",
    "donor_name": "Madame Marie Dupont",
    "donor_kind": "person",
    "regime": "free",
    "received_on": dt.date(2026, 1, 2),
    "expected_count": 3,
    "profile": "mini",
    "notes": "téléphoner à M. Durand",
    "actor": "user:1",
}


def new_lot(session: Session, **changes: Any) -> Lot:
    return create_lot(session, **{**LOT, **changes})


def plug(session: Session, number: int = 1, boot: int = 1, **changes: Any) -> Machine:
    """PC ``number`` announces itself."""
    answer = announce(session, "main", announcement(number, boot, **changes), "10.0.0.7", None)
    return get_machine(session, answer["machine_id"] or 0)


def entries(session: Session, kind: str = "") -> list[dict[str, Any]]:
    rows = session.execute(select(LedgerEntry).order_by(LedgerEntry.seq)).scalars()
    return [read_content(row.content) for row in rows if not kind or row.kind == kind]


def test_lot(core: Core) -> None:
    with core.database.write() as session:
        lots = [new_lot(session), new_lot(session, donor_name="  Ville d'Exemple  ", donor_kind="public")]
        year = utcnow().year
        assert [lot.code for lot in lots] == [f"L-{year}-0001", f"L-{year}-0002"]
        assert lots[1].donor_name == "Ville d'Exemple"
        text = str(entries(session))
    assert "Dupont" not in text  # the donor may be a person
    assert "Durand" not in text
    assert "Exemple" not in text


@pytest.mark.parametrize(
    "changes",
    [
        {"donor_name": "  "},
        {"donor_kind": "alien"},
        {"regime": "unknown"},
        {"expected_count": -1},
        {"expected_count": 10_001},
    ],
)
def test_a_lot_that_cannot_be(core: Core, changes: dict[str, Any]) -> None:
    with pytest.raises(RecyclerieError), core.database.write() as session:
        new_lot(session, **changes)
    with core.database.read() as session:
        assert session.execute(select(func.count()).select_from(Lot)).scalar_one() == 0


def test_labels(core: Core) -> None:
    with core.database.write() as session:
        lot = new_lot(session)
        first = expect_machines(session, lot, 2, "user:1")
        second = expect_machines(session, lot, 1, "user:1")
        assert [m.tag for m in first + second] == ["R-000001", "R-000002", "R-000003"]
        assert {m.state for m in first} == {State.EXPECTED}
        assert len(entries(session, "machine.expected")) == 3


@pytest.mark.parametrize("count", [0, -1, 501])
def test_labels_that_cannot_be_printed(core: Core, count: int) -> None:
    with core.database.write() as session:
        lot = new_lot(session)
        with pytest.raises(RecyclerieError):
            expect_machines(session, lot, count, "user:1")


def test_tags_run_out_cleanly(core: Core) -> None:
    with core.database.write() as session:
        lot = new_lot(session)
        expect_machines(session, lot, 1, "user:1")[0].tag = "R-999998"
        session.flush()
        assert [m.tag for m in expect_machines(session, lot, 1, "user:1")] == ["R-999999"]
        with pytest.raises(RecyclerieError, match="no 1 asset tags left"):
            expect_machines(session, lot, 1, "user:1")


def test_labels_and_lots_made_at_once_are_all_different(core: Core) -> None:
    """Both databases: each writer sees what the one before it wrote."""

    def work(_: int) -> tuple[str, list[str | None]]:
        with core.database.write() as session:
            lot = new_lot(session)
            return lot.code, [m.tag for m in expect_machines(session, lot, 5, "user:1")]

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(work, range(12)))
    assert len({code for code, _ in made}) == 12
    assert len({tag for _, tags in made for tag in tags}) == 60


def test_tie_to_a_printed_label(core: Core) -> None:
    """The expected machine gives its tag up: it has come."""
    with core.database.write() as session:
        lot = new_lot(session)
        expected = expect_machines(session, lot, 2, "user:1")
        machine = tie(session, plug(session), lot, "user:1", "r-1")
        assert (machine.tag, machine.lot_id) == ("R-000001", lot.id)
        assert session.get(Machine, expected[0].id) is None
        assert session.get(Machine, expected[1].id) is not None
        tied = entries(session, "machine.tied")[0]
        assert (tied["subject"], tied["body"]) == (machine.subject, {"tag": "R-000001", "lot": lot.id})
    with core.database.write() as session:  # the id of the one that gave up its label is nobody else's
        assert plug(session, 2).id > expected[1].id + 1


def test_tie_without_a_label_takes_the_next_tag(core: Core) -> None:
    with core.database.write() as session:
        lot = new_lot(session)
        expect_machines(session, lot, 2, "user:1")
        assert tie(session, plug(session), lot, "user:1", "  ").tag == "R-000003"


def test_tie_again_moves_it_to_another_lot(core: Core) -> None:
    with core.database.write() as session:
        lots = [new_lot(session), new_lot(session)]
        machine = plug(session)
        for lot in lots:
            tie(session, machine, lot, "user:1")
        assert (machine.tag, machine.lot_id) == ("R-000001", lots[1].id)
        tie(session, machine, lots[1], "user:1", "R-000001")  # its own tag


def test_tie_refuses(core: Core) -> None:
    with core.database.write() as session:
        lot = new_lot(session)
        expect_machines(session, lot, 3, "user:1")
        one, two = plug(session, 1), plug(session, 2)
        tie(session, one, lot, "user:1", "R-000001")
        cases = [
            (two, "R-000001", "already on another machine"),
            (one, "R-000002", "already carries a tag"),
            (two, "R-000099", "No label R-000099 was printed"),
            (two, "hello", "not an asset tag"),
        ]
        for machine, tag, why in cases:
            with pytest.raises(RecyclerieError, match=why):
                tie(session, machine, lot, "user:1", tag)
        held = expect_machines(session, lot, 1, "user:1")[0]
        hold(session, held, "{text}", "user:1", text="lost")
        with pytest.raises(Conflict, match="already on another machine"):
            tie(session, two, lot, "user:1", held.tag)
        recycle(session, one, "user:1", "BSD-1", 2.5)
        with pytest.raises(Conflict, match="has left the workshop"):
            tie(session, one, lot, "user:1")


def test_accept(core: Core) -> None:
    with core.database.write() as session:
        machine = plug(session)
        accept(session, machine, "user:7")
        accept(session, machine, "user:8")  # twice changes nothing
        assert machine.accepted_by == "user:7"
        boot = current_boot(session, machine.id)
        assert boot is not None
        assert boot.status == "accepted"
        assert [e["actor"] for e in entries(session, "machine.accepted")] == ["user:7"]


def test_accepting_a_look_alike_needs_a_persons_word(core: Core) -> None:
    with core.database.write() as session:
        known = plug(session)
        accept(session, known, "user:1")
        stranger = swapped(session)
        assert stranger.conflict_with == [known.id]
        with pytest.raises(Conflict, match="looks like a machine that is known"):
            accept(session, stranger, "user:1")
        assert stranger.accepted_at is None
        accept(session, stranger, "user:1", another=True)
        assert (stranger.accepted_at is not None, stranger.conflict_with) == (True, [])


def test_refuse_an_accepted_one(core: Core) -> None:
    with core.database.write() as session:
        machine = plug(session)
        accept(session, machine, "user:1")
        with pytest.raises(Conflict, match="accepted already"):
            refuse(session, machine, "user:1")


def swapped(session: Session, number: int = 2) -> Machine:
    """PC 1 after its board was replaced by that of PC ``number``."""
    one = chassis(1)
    mixed = chassis(number, system_serial=one["system_serial"], chassis_serial=one["chassis_serial"])
    return plug(session, number, chassis=mixed)


@pytest.fixture
def conflict(core: Core) -> tuple[int, int]:
    """A known machine with lot, tag and report; and itself with another board, in quarantine."""
    with core.database.write() as session:
        known = plug(session)
        accept(session, known, "user:1")
        tie(session, known, new_lot(session), "user:1")
        boot = current_boot(session, known.id)
        assert boot is not None
        store_report(session, known, boot, "inventory", inventory(), "m1")
        return known.id, swapped(session).id


def test_merge(core: Core, conflict: tuple[int, int]) -> None:
    known_id, stranger_id = conflict
    with core.database.write() as session:
        merge(session, get_machine(session, stranger_id), get_machine(session, known_id), "user:1")
    with core.database.write() as session:
        assert session.get(Machine, stranger_id) is None
        machine = get_machine(session, known_id)
        assert (machine.tag, machine.lot_id is not None) == ("R-000001", True)
        boots = session.execute(select(Boot).order_by(Boot.id)).scalars().all()
        assert [(b.machine_id, b.status) for b in boots] == [(known_id, "ended"), (known_id, "accepted")]
        values = session.execute(select(MachineIdentifier.kind).order_by(MachineIdentifier.kind)).scalars().all()
        assert (
            values == ["board_serial"] * 2 + ["chassis_serial"] + ["mac"] * 2 + ["system_serial"] + ["system_uuid"] * 2
        )
        assert session.execute(select(Report.machine_id)).scalars().all() == [known_id]
        assert [e["body"] for e in entries(session, "machine.merged")] == [{"merged": stranger_id}]
        assert len(drives_of(session, known_id)) == 1
        # It announces itself with the new board from now on, and with the old one in it again.
        answer = announce(session, "main", announcement(2, chassis=chassis(2)), "10.0.0.7", None)
        assert (answer["machine_id"], answer["status"]) == (known_id, "accepted")
        assert find_boot(session, answer["token"]) is not None
        assert plug(session, 1, 2).id == known_id


def test_the_id_of_a_merged_machine_is_never_used_again(core: Core, conflict: tuple[int, int]) -> None:
    """It stays the name of the one that was merged, in the ledger."""
    known_id, stranger_id = conflict
    with core.database.write() as session:
        merge(session, get_machine(session, stranger_id), get_machine(session, known_id), "user:1")
        assert plug(session, 9).id > stranger_id


def test_merge_ends_the_known_ones_earlier_boot(core: Core, conflict: tuple[int, int]) -> None:
    known_id, stranger_id = conflict
    with core.database.write() as session:
        token = announce(session, "main", announcement(1), "10.0.0.7", None)["token"]
        assert find_boot(session, token) is not None
        merge(session, get_machine(session, stranger_id), get_machine(session, known_id), "user:1")
        assert find_boot(session, token) is None


def test_merge_refuses(core: Core, conflict: tuple[int, int]) -> None:
    known_id, stranger_id = conflict
    with core.database.write() as session:
        known, stranger = get_machine(session, known_id), get_machine(session, stranger_id)
        with pytest.raises(Conflict, match="can't be merged"):
            merge(session, known, known, "user:1")
        with pytest.raises(Conflict, match="can't be merged"):
            merge(session, known, stranger, "user:1")  # it was accepted
        boot = current_boot(session, known_id)
        assert boot is not None
        boot.linked, boot.last_heard_at = True, utcnow()
        with pytest.raises(Conflict, match="connected right now"):
            merge(session, stranger, known, "user:1")
        boot.linked = False
        recycle(session, known, "user:1", "BSD-1", 2.5)
        with pytest.raises(Conflict, match="has left the workshop"):
            merge(session, stranger, known, "user:1")


def test_merge_passes_the_label_on(core: Core) -> None:
    """The known machine had none: the label that was stuck on the stranger is its own from now on."""
    with core.database.write() as session:
        known = plug(session)
        accept(session, known, "user:1")
        lot = new_lot(session)
        expect_machines(session, lot, 1, "user:1")
        stranger = tie(session, swapped(session), lot, "user:1", "R-000001")
        merge(session, stranger, known, "user:1")
        assert (known.tag, known.lot_id) == ("R-000001", lot.id)
        assert entries(session, "machine.tied")[-1]["subject"] == known.subject


def test_merge_puts_a_second_label_back(core: Core, conflict: tuple[int, int]) -> None:
    """Both carry one: the known machine keeps its own, the other is a printed label of its lot again."""
    known_id, stranger_id = conflict
    with core.database.write() as session:
        lot = session.execute(select(Lot)).scalar_one()
        tie(session, get_machine(session, stranger_id), lot, "user:1")
        merge(session, get_machine(session, stranger_id), get_machine(session, known_id), "user:1")
        tags = {row.tag: row.state_name for row in session.execute(select(Machine)).scalars()}
        assert tags == {"R-000001": "plugged", "R-000002": "expected"}
        assert tie(session, plug(session, 7), lot, "user:1", "R-000002").tag == "R-000002"


def test_merge_settles_other_conflicts_too(core: Core, conflict: tuple[int, int]) -> None:
    """A third that looked like the stranger looks like the known machine now."""
    known_id, stranger_id = conflict
    with core.database.write() as session:
        third = plug(session, 3)
        third.conflict_with = [stranger_id]
        session.flush()
        merge(session, get_machine(session, stranger_id), get_machine(session, known_id), "user:1")
        assert get_machine(session, third.id).conflict_with == [known_id]


def test_merge_with_a_returned_machine(core: Core, conflict: tuple[int, int]) -> None:
    known_id, stranger_id = conflict
    with core.database.write() as session:
        known = get_machine(session, known_id)
        known.state_name = State.RETURNED.value
        merge(session, get_machine(session, stranger_id), known, "user:1")
        assert known.state is State.PLUGGED
