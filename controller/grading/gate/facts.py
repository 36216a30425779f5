"""What the list asks about, read from the tables: nine queries, whatever the number of machines.

Only what happened since a machine last came into the workshop counts: what a family brought back is tried again.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from controller.cosmetics.look import LookFacts, facts_of
from controller.cosmetics.tables import Look
from controller.erasure.tables import Erasure
from controller.grading.gate.judge import DriveFacts, Facts, Result
from controller.hardware_tests.tables import HardwareTest
from controller.health.tables import Report
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerEntry
from controller.machines.snapshot import items
from controller.machines.tables import Drive, Machine
from controller.workflows.tables import Run, RunStep

# Built-in devices of the inventory's "inputs" by which a machine has its own.
_KEYBOARDS = ("keyboard",)
_POINTERS = ("touchpad", "trackpoint", "touchscreen")


def gather(session: Session, machines: Sequence[Machine]) -> dict[int, Facts]:
    """The facts of each machine, by its id."""
    ids = [machine.id for machine in machines]
    since = _since(session, ids)
    inventories = {r.machine_id: r for r in session.execute(_newest(Report, ids, Report.kind == "inventory")).scalars()}
    runs = {run.machine_id: run for run in session.execute(_newest(Run, ids)).scalars()}
    run_ids = [run.id for run in runs.values()]
    checked = _checked(session, run_ids)
    erased = _erased(session, run_ids)
    drives = _by_machine(
        session.execute(select(Drive).where(Drive.machine_id.in_(ids)).order_by(Drive.path, Drive.id)).scalars()
    )
    results = _by_machine(session.execute(_newest_tests(ids)).scalars())
    looks = {look.machine_id: facts_of(look) for look in session.execute(_newest(Look, ids)).scalars()}
    return {
        machine.id: _facts(
            machine,
            since.get(machine.id),
            inventories.get(machine.id),
            runs.get(machine.id),
            checked,
            erased,
            drives[machine.id],
            results[machine.id],
            looks.get(machine.id),
        )
        for machine in machines
    }


def _facts(
    machine: Machine,
    since: dt.datetime | None,
    inventory: Report | None,
    run: Run | None,
    checked: frozenset[int],
    erased: frozenset[tuple[int, int]],
    drives: Sequence[Drive],
    results: Sequence[HardwareTest],
    look: LookFacts | None,
) -> Facts:
    results = of_newest_boot(results)

    def fresh(at: dt.datetime | None) -> bool:
        return at is not None and (since is None or at >= since)

    run_id = run.id if run is not None and fresh(run.created_at) else 0
    seen = look if look is not None and fresh(look.at) else None
    return Facts(
        form=machine.form,
        parts=parts_of(inventory.body) if inventory is not None and fresh(inventory.received_at) else None,
        drives=tuple(
            DriveFacts(
                name=f"{drive.model} {drive.serial}".strip() or drive.path,
                target=(str(drive.facts.get("serial") or "") or drive.path)[:120],
                erased=(run_id, drive.id) in erased,
            )
            for drive in drives
        ),
        results=tuple(
            Result(
                subsystem=row.subsystem,
                target=row.target,
                outcome=row.outcome,
                reason=row.reason,
                automatic=row.automatic,
            )
            for row in results
            if fresh(row.received_at)
        ),
        looked=seen is not None,
        broken=seen.broken if seen else (),
        not_cleaned=seen.not_cleaned if seen else (),
        system_checked=run_id in checked,
    )


def of_newest_boot(results: Sequence[HardwareTest]) -> list[HardwareTest]:
    """Without what was tried on things that are no longer there: an interface, a camera that was changed since.

    To change a part a machine is switched off. So of each test only the results of the newest boot in which it was
    run stand. Not of drives: those are known by their serial numbers, and may be tested one by one.
    """
    newest: dict[str, HardwareTest] = {}
    for row in results:
        known = newest.get(row.name)
        if known is None or row.id > known.id:
            newest[row.name] = row
    return [row for row in results if row.subsystem == "drive" or row.boot_id == newest[row.name].boot_id]


def parts_of(inventory: Mapping[str, Any]) -> frozenset[str]:
    """Which parts with functions of their own an inventory shows; what is odd in it shows none. Pure."""
    own = [i for i in items(inventory, "inputs") if i.get("built_in")]
    shown = {
        "battery": bool(items(inventory, "batteries")),
        "wired": any(not n.get("wireless") and n.get("bus") != "usb" for n in items(inventory, "network")),
        "wireless": any(n.get("wireless") for n in items(inventory, "network"))
        or any(c.get("kind") == "wireless" and c.get("bus") != "usb" for c in items(inventory, "network_cards")),
        "sound": any(s.get("bus") != "usb" for s in items(inventory, "sound")),
        "camera": bool(items(inventory, "cameras")),
        "fan": any(s.get("kind") == "fan" for s in items(inventory, "sensors")),
        "screen": any(s.get("internal") for s in items(inventory, "screens")),
        "keyboard": any(i.get("kind") in _KEYBOARDS and i.get("bus") != "usb" for i in own),
        "pointer": any(i.get("kind") in _POINTERS for i in own),
        "usb": bool(items(inventory, "usb_buses")),
    }
    return frozenset(part for part, there in shown.items() if there)


PARTS = ("battery", "wired", "wireless", "sound", "camera", "fan", "screen", "keyboard", "pointer", "usb")


def _newest(table: Any, ids: Sequence[int], *where: Any) -> Select[Any]:
    newest = select(func.max(table.id)).where(table.machine_id.in_(ids), *where).group_by(table.machine_id)
    return select(table).where(table.id.in_(newest))


def _newest_tests(ids: Sequence[int]) -> Select[Any]:
    newest = (
        select(func.max(HardwareTest.id))
        .where(HardwareTest.machine_id.in_(ids))
        .group_by(HardwareTest.machine_id, HardwareTest.name, HardwareTest.target)
    )
    return select(HardwareTest).where(HardwareTest.id.in_(newest)).order_by(HardwareTest.name, HardwareTest.target)


def _checked(session: Session, run_ids: Sequence[int]) -> frozenset[int]:
    query = select(RunStep.run_id).where(
        RunStep.run_id.in_(run_ids), RunStep.name == "check", RunStep.state == "succeeded"
    )
    return frozenset(session.execute(query).scalars())


def _erased(session: Session, run_ids: Sequence[int]) -> frozenset[tuple[int, int]]:
    """Run and drive of each erase whose newest claim stands."""
    newest = select(func.max(Erasure.id)).where(Erasure.run_id.in_(run_ids)).group_by(Erasure.run_id, Erasure.drive_id)
    query = select(Erasure.run_id, Erasure.drive_id).where(Erasure.id.in_(newest), Erasure.outcome == "erased")
    return frozenset((row.run_id, row.drive_id) for row in session.execute(query))


def _since(session: Session, ids: Sequence[int]) -> dict[int, dt.datetime]:
    """When each machine was last brought back; nothing for one that never left."""
    query = (
        select(LedgerEntry.subject, func.max(LedgerEntry.at))
        .where(
            LedgerEntry.subject.in_([f"machine:{i}" for i in ids]),
            LedgerEntry.kind == Kind.MACHINE_STATE.value,
            LedgerEntry.content.contains('"to":"returned"', autoescape=True),
        )
        .group_by(LedgerEntry.subject)
    )
    return {int(subject.partition(":")[2]): at for subject, at in session.execute(query)}


def _by_machine(rows: Iterable[Any]) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.machine_id].append(row)
    return found
