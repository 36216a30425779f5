"""What may be erased, and a person's word bound to exactly what was shown; drives that come, go and look alike."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.core import Core
from controller.database import utcnow
from controller.erasure.authorise import (
    authorise,
    authorise_from_lot,
    current_authorisation,
    preauthorise_lot,
    preview,
    revoke,
)
from controller.errors import Conflict
from controller.health.reports import store_report
from controller.machines.announce import announce, current_boot
from controller.machines.drives import drives_of
from controller.machines.intake import accept, tie
from controller.machines.lifecycle import State
from controller.machines.moves import move
from controller.machines.registry import get_machine
from controller.machines.tables import Drive, Machine
from tests.integration.controller.facts import announcement, drive, inventory
from tests.integration.controller.test_intake import entries, new_lot

SMALL = 64 * 10**9


def report(session: Session, machine: Machine, *drives: dict[str, Any], **changes: Any) -> None:
    """The machine's live system reports its inventory."""
    boot = current_boot(session, machine.id)
    assert boot is not None
    number = len(entries(session)) + session.query(Drive).count()
    store_report(session, machine, boot, "inventory", inventory(1, list(drives), **changes), f"m{number}-{utcnow()}")


def ready(session: Session, *drives: dict[str, Any], number: int = 1) -> Machine:
    """An inspected machine with its lot and tag."""
    answer = announce(session, "main", announcement(number), "10.0.0.7", None)
    machine = get_machine(session, answer["machine_id"] or 0)
    accept(session, machine, "user:1")
    tie(session, machine, new_lot(session), "user:1")
    report(session, machine, *(drives or (drive(),)))
    move(session, machine, State.INSPECTED, "controller")
    return machine


def shown(session: Session, machine: Machine) -> list[tuple[int, str]]:
    return [(d.drive.id, d.drive.serial) for d in preview(session, machine).drives]


def test_authorised_is_what_was_shown(core: Core) -> None:
    with core.database.write() as session:
        machine = ready(session, drive(1), drive(2, path="/dev/sdb", size_bytes=SMALL))
        found = authorise(session, machine, shown(session, machine), "user:3")
        assert current_authorisation(session, machine.id) is found
        assert [(d["serial"], d["size_bytes"]) for d in found.drives] == [
            ("S3Z9NB0K000001", 250_059_350_016),
            ("S3Z9NB0K000002", SMALL),
        ]
        (entry,) = entries(session, "erase.authorised")
        assert entry["actor"] == "user:3"
        assert entry["body"]["drives"] == found.drives
        assert entry["body"]["chassis"] == found.chassis


def test_not_what_was_shown(core: Core) -> None:
    """A drive more, a drive less, another serial: the person must look again."""
    with core.database.write() as session:
        machine = ready(session, drive(1), drive(2, path="/dev/sdb"))
        one, two = shown(session, machine)
        for drives in ([one], [one, two, (99, "X")], [one, (two[0], "OTHER")], [one, (99, two[1])], []):
            with pytest.raises(Conflict, match="no longer the ones that were shown"):
                authorise(session, machine, drives, "user:3")
        assert current_authorisation(session, machine.id) is None


def test_a_drive_exchanged_after_it_was_shown(core: Core) -> None:
    with core.database.write() as session:
        machine = ready(session, drive(1))
        seen = shown(session, machine)
        report(session, machine, drive(2))
        with pytest.raises(Conflict, match="no longer the ones"):
            authorise(session, machine, seen, "user:3")


def test_again_replaces_the_one_before(core: Core) -> None:
    with core.database.write() as session:
        machine = ready(session)
        first = authorise(session, machine, shown(session, machine), "user:3")
        second = authorise(session, machine, shown(session, machine), "user:4")
        assert current_authorisation(session, machine.id) is second
        assert (first.revoked_at is not None, first.revoked_reason) == (True, "replaced")
        revoke(session, machine, "user:1", "started over")
        assert current_authorisation(session, machine.id) is None
        assert [e["body"]["reason"] for e in entries(session, "erase.revoked")] == ["replaced", "started over"]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ({"state": "plugged"}, "inspected first"),
        ({"state": "erasing"}, "inspected first"),
        ({"state": "held"}, "inspected first"),
        ({"lot": None}, "belongs to no lot"),
        ({"drives": []}, "No drive was found"),
        ({"drives": [drive(1, boot_medium=True)]}, "No drive was found"),
        ({"drives": [drive(1, read_only=True)]}, "can't be erased"),
        ({"drives": [drive(1), drive(2, serial="", wwn="", path="/dev/sdb")]}, "can't be erased"),
    ],
)
def test_what_cannot_be_authorised(core: Core, spoil: dict[str, Any], why: str) -> None:
    with core.database.write() as session:
        machine = ready(session)
        if "state" in spoil:
            machine.state_name = spoil["state"]
        if "lot" in spoil:
            machine.lot_id = machine.lot = None
        if "drives" in spoil:
            report(session, machine, *spoil["drives"], problems=["the RAID mode of its firmware hides drives"])
        seen = preview(session, machine)
        assert not seen.ok
        assert why in seen.problem.format(**seen.params)
        with pytest.raises(Conflict):
            authorise(session, machine, shown(session, machine), "user:3")


def test_a_machine_without_drives_says_why(core: Core) -> None:
    with core.database.write() as session:
        machine = ready(session)
        report(session, machine, problems=["firmware in RAID mode: set it to AHCI"])
        seen = preview(session, machine)
        assert "AHCI" in seen.problem.format(**seen.params)


def test_two_drives_with_one_serial_are_both_shown_and_none_authorised(core: Core) -> None:
    """One row for both would let the second keep its data behind the first one's certificate."""
    twin = {"serial": "AA00000000000000485", "wwn": "", "model": "SSD 120GB"}
    with core.database.write() as session:
        machine = ready(session, drive(1, **twin), drive(2, **twin, path="/dev/sdb"))
        seen = preview(session, machine)
        assert [d.drive.path for d in seen.drives] == ["/dev/sda", "/dev/sdb"]
        assert [d.eraseable for d in seen.drives] == [False, False]
        assert not seen.ok
        ids = [d.id for d in drives_of(session, machine.id)]
        report(session, machine, drive(1, **twin), drive(2, **twin, path="/dev/sdb"))
        assert [d.id for d in drives_of(session, machine.id)] == ids  # the same two rows as before
        report(session, machine, drive(1, **twin))  # one was taken out
        assert preview(session, machine).ok


def test_one_serial_in_two_machines_that_are_on_is_two_drives(core: Core) -> None:
    twin = {"serial": "AA00000000000000485", "wwn": "", "model": "SSD 120GB"}
    with core.database.write() as session:
        one, two = ready(session, drive(1, **twin)), ready(session, drive(2, **twin), number=2)
        assert [len(drives_of(session, m.id)) for m in (one, two)] == [0, 1]  # one is off: the drive was moved
        boot = current_boot(session, two.id)
        assert boot is not None
        boot.linked, boot.last_heard_at = True, utcnow()
        report(session, one, drive(1, **twin))
        assert [len(drives_of(session, m.id)) for m in (one, two)] == [1, 1]
        identities = session.execute(select(Drive.identity).order_by(Drive.id)).scalars().all()
        assert identities == ["serial:SSD 120GB|AA00000000000000485", "serial:SSD 120GB|AA00000000000000485#2"]


def test_a_drive_moves_with_its_history(core: Core) -> None:
    with core.database.write() as session:
        one, two = ready(session, drive(1)), ready(session, drive(2), number=2)
        (moved,) = drives_of(session, one.id)
        report(session, two, drive(1), drive(2, path="/dev/sdb"))
        assert moved.machine_id == two.id
        report(session, one)
        assert drives_of(session, one.id) == []
        said = [(e["kind"], e["body"]["machine"]) for e in entries(session) if e["subject"] == moved.subject]
        assert said == [("drive.seen", one.id), ("drive.seen", two.id)]
        report(session, two, drive(2))
        assert moved.machine_id is None
        assert entries(session, "drive.gone")[-1]["subject"] == moved.subject


def test_drives_that_say_too_much(core: Core) -> None:
    """Longer than any column, and letters that a pattern would take for its own."""
    with core.database.write() as session:
        machine = ready(session, drive(1, serial="S1" * 250, model="M2" * 250, wwn="", path="/dev/" + "x" * 90))
        assert preview(session, machine).ok
        report(session, machine, drive(1, serial="A_%#2", wwn="", model="x"), drive(2, serial="A_%", wwn="", model="x"))
        assert len(drives_of(session, machine.id)) == 2


def test_an_installed_systems_inventory_is_not_about_drives(core: Core) -> None:
    with core.database.write() as session:
        machine = ready(session)
        boot = current_boot(session, machine.id)
        assert boot is not None
        boot.mode = "resident"
        store_report(session, machine, boot, "inventory", inventory(1, []), "resident-1")
        assert len(drives_of(session, machine.id)) == 1


def test_a_message_is_stored_once(core: Core) -> None:
    with core.database.write() as session:
        one, two = ready(session), ready(session, drive(2), number=2)
        boot = current_boot(session, one.id)
        assert boot is not None
        assert store_report(session, one, boot, "health", {}, "same")
        assert not store_report(session, one, boot, "health", {}, "same")
        assert store_report(session, two, boot, "health", {}, "same")  # another machine's ids are its own


def test_preauthorised_lot(core: Core) -> None:
    with core.database.write() as session:
        machine = ready(session)
        assert machine.lot is not None
        assert authorise_from_lot(session, machine) is None
        preauthorise_lot(session, machine.lot, "user:9")
        preauthorise_lot(session, machine.lot, "user:8")  # twice changes nothing
        found = authorise_from_lot(session, machine)
        assert found is not None
        assert (found.authorised_by, found.lot_id) == ("user:9", machine.lot_id)
        assert len(entries(session, "lot.preauthorised")) == 1


@pytest.mark.parametrize("drives", [[], [drive(1, read_only=True)], [drive(1), drive(1, path="/dev/sdb")]])
def test_a_preauthorised_lot_covers_nothing_doubtful(core: Core, drives: list[dict[str, Any]]) -> None:
    with core.database.write() as session:
        machine = ready(session)
        assert machine.lot is not None
        preauthorise_lot(session, machine.lot, "user:9")
        report(session, machine, *drives)
        assert authorise_from_lot(session, machine) is None


def test_another_lots_word_does_not_count(core: Core) -> None:
    with core.database.write() as session:
        machine = ready(session)
        preauthorise_lot(session, new_lot(session), "user:9")
        assert authorise_from_lot(session, machine) is None


HIDES = "storage controller Intel RST is in RAID mode and hides an NVMe drive: switch the firmware to AHCI"
MAY_HIDE = "storage controller LSI is in RAID mode and may hide drives behind a RAID volume: set its drives to …"


def test_a_machine_that_hides_one_of_its_drives_cannot_be_authorised(core: Core) -> None:
    """The drive that is seen would be erased, the machine be ready, and the other one keep its data."""
    with core.database.write() as session:
        machine = ready(session)
        report(session, machine, drive(1), problems=["the processor can't be described", HIDES])
        seen = preview(session, machine)
        assert "AHCI" in seen.problem.format(**seen.params)
        with pytest.raises(Conflict, match="can't be seen"):
            authorise(session, machine, shown(session, machine), "user:3")


def test_a_machine_that_may_hide_drives_needs_a_person(core: Core) -> None:
    with core.database.write() as session:
        machine = ready(session)
        assert machine.lot is not None
        preauthorise_lot(session, machine.lot, "user:9")
        report(session, machine, drive(1), problems=[MAY_HIDE])
        assert preview(session, machine).beware == MAY_HIDE
        assert authorise_from_lot(session, machine) is None
        assert authorise(session, machine, shown(session, machine), "user:3")
