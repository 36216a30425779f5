"""What changed in a machine: found when an inventory comes in, kept once, in the ledger and on the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from controller.core import Core
from controller.health.reports import store_report
from controller.i18n import set_language
from controller.ledger.kinds import Kind
from controller.machines.announce import current_boot
from controller.machines.changes.keeping import changes_of
from controller.machines.merging import merge
from controller.machines.registry import get_machine
from controller.machines.tables import Boot
from controller.web.views.history import describe
from controller.web.views.machine_changes import changes_tab
from tests.integration.controller.facts import drive, inventory
from tests.integration.controller.test_intake import entries, plug, swapped

GIB = 1024**3


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("fr")


def tell(core: Core, machine_id: int, message: str, **body: Any) -> None:
    """The machine's inventory, as its agent sends it."""
    with core.database.write() as session:
        machine = get_machine(session, machine_id)
        boot = current_boot(session, machine_id)
        assert boot is not None
        store_report(session, machine, boot, "inventory", inventory(machine_id, **body), message)


def modules(*sizes: int) -> dict[str, Any]:
    return {"modules": [{"slot": f"DIMM{n}", "size_bytes": s * GIB, "type": "DDR4"} for n, s in enumerate(sizes)]}


def test_a_module_less_and_another_drive(core: Core) -> None:
    with core.database.write() as session:
        machine_id = plug(session).id
    tell(core, machine_id, "a", memory=modules(4, 4))
    tell(core, machine_id, "b", memory=modules(4, 4))
    tell(core, machine_id, "c", memory=modules(4), drives=[drive(7)])
    tell(core, machine_id, "c", memory=modules(4), drives=[drive(7)])  # sent twice: the answer was lost
    with core.database.read() as session:
        (kept,) = changes_of(session, machine_id)
        assert kept.boot_id == session.query(Boot).one().id
        assert kept.since <= kept.at
        (entry,) = entries(session, Kind.MACHINE_CHANGED)
        assert entry["subject"] == entry["actor"] == f"machine:{machine_id}"
        assert entry["body"] == {"boot": kept.boot_id, "changes": kept.changes}
        (found,) = changes_tab(session, get_machine(session, machine_id))["part_changes"]
        english = [str(shown.line) for shown in found.lines]
    assert english == [
        "4\N{NO-BREAK SPACE}GB DDR4 taken out of DIMM1",
        "Samsung SSD 860 S3Z9NB0K000007 (250\N{NO-BREAK SPACE}GB) in place of "
        "Samsung SSD 860 S3Z9NB0K000001 (250\N{NO-BREAK SPACE}GB)",
    ]
    assert str(describe(entry["kind"], entry["body"], None)) == "; ".join(english)  # type: ignore[arg-type]
    assert str(found.boot) == "in the workshop"


def test_a_machine_that_stays_as_it_is_has_no_history(core: Core) -> None:
    with core.database.write() as session:
        machine_id = plug(session).id
    for message in "abc":
        tell(core, machine_id, message, memory=modules(8), taken_at=f"2026-01-0{ord(message) - 96}T10:00:00Z")
    with core.database.read() as session:
        assert changes_of(session, machine_id) == []
        assert entries(session, Kind.MACHINE_CHANGED) == []
        assert changes_tab(session, get_machine(session, machine_id)) == {"part_changes": ()}


def test_a_merged_machine_brings_its_history(core: Core) -> None:
    with core.database.write() as session:
        known = plug(session).id
        stranger = swapped(session).id
    tell(core, stranger, "a", memory=modules(4))
    tell(core, stranger, "b", memory=modules(8))
    with core.database.write() as session:
        merge(session, get_machine(session, stranger), get_machine(session, known), "user:1")
        (kept,) = changes_of(session, known)
    assert [change["part"] for change in kept.changes] == ["memory"]
