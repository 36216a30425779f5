"""What must never happen: the wrong disk written, a dying disk called erased, two machines taken for one."""

from __future__ import annotations

import dataclasses

import pytest

from tests.acceptance.runs.workshop import Workshop
from tests.lab.waiting import wait_until
from tests.rig.fixtures import MakePC

pytestmark = [pytest.mark.rig, pytest.mark.timeout(300)]
MIB = 1024**2
SECRET = b"what another family keeps here"
RUBBISH = {
    "system_uuid": "03000200-0400-0500-0006-000700080009",
    "system_serial": "To Be Filled By O.E.M.",
    "board_serial": "Default string",
    "chassis_serial": "Chassis Serial Number",
    "manufacturer": "To Be Filled By O.E.M.",
    "product": "To Be Filled By O.E.M.",
    "version": "",
    "sku": "",
    "asset_tag": "",
    "chassis_type": "3",
}


def test_same_rubbish_serial_stays_two(shop: Workshop, make_pc: MakePC) -> None:
    """Two machines whose firmware says the same nonsense are told apart."""
    for _ in range(2):
        make_pc(site=shop.site(), chassis_facts=dict(RUBBISH)).power_on()

    def both() -> list[dict[str, object]] | None:
        machines = shop.technician.get("/api/machines")
        return machines if len(machines) >= 2 else None

    machines = wait_until(both, "two machines announce themselves", 60, poll=0.2, hint=shop.hint)
    assert len(machines) == 2
    assert [m["conflict_with"] for m in machines] == [[], []]
    assert [m["accepted"] for m in machines] == [False, False]  # quarantined until somebody accepts them
    assert shop.technician.get("/api/inventory") == {"machines": []}  # and Ansible can't reach them


def test_disk_swapped_after_authorisation_is_not_written(shop: Workshop, make_pc: MakePC) -> None:
    """What is in the bay is no longer what was authorised: held, with both serials, and not one byte written."""
    disk = shop.bench.disk(96 * MIB)
    disk.put(0, SECRET)
    pc = make_pc(disks=[disk], site=shop.site())
    lot = shop.technician.new_lot("Ville d'Exemple", 1, "mini")
    pc.power_on()
    machine = shop.admit(pc, lot)
    shop.wait_step(machine, "authorise", "waiting")
    old = disk.facts.serial
    disk.facts = dataclasses.replace(disk.facts, serial="SWAPPED-0001")
    pc.tell_agent()
    shop.technician.authorise(machine)
    view = shop.wait_state(machine, "held", "erased", "ready", timeout=120)
    assert view["state"] == "held"
    assert old in view["held_reason"]
    assert "SWAPPED-0001" in view["held_reason"]
    assert disk.get(0, len(SECRET)) == SECRET
    assert all(e["outcome"] != "erased" for e in view["erasures"])


@pytest.mark.parametrize("reads", [False, True], ids=["writes fail", "reads fail"])
def test_disk_with_io_errors_is_held(shop: Workshop, make_pc: MakePC, reads: bool) -> None:
    """A dying drive is never erased, and the good one beside it keeps its own claim."""
    bad = shop.bench.disk(64 * MIB, faulty=True)
    good = shop.bench.disk(64 * MIB)
    pc = make_pc(disks=[bad, good], site=shop.site())
    lot = shop.technician.new_lot("Ville d'Exemple", 1, "mini")
    pc.power_on()
    machine = shop.admit(pc, lot)
    shop.wait_step(machine, "authorise", "waiting")
    assert bad.faults is not None
    bad.faults.fail(reads=reads, writes=not reads)
    shop.technician.authorise(machine)
    view = shop.wait_state(machine, "held", "erased", "installing", "ready", timeout=180)
    assert view["state"] == "held"
    by_serial = {
        next(d["serial"] for d in view["drives"] if d["id"] == e["drive_id"]): e["outcome"] for e in view["erasures"]
    }
    assert by_serial[bad.facts.serial] in ("not_erased", "unknown")
    assert by_serial[good.facts.serial] == "erased"
    assert bad.facts.serial in view["held_reason"]
    claims = [e for e in shop.technician.get("/api/ledger") if e["kind"] == "drive.claim"]
    assert {c["body"]["outcome"] for c in claims} == set(by_serial.values())


def test_power_cut_in_the_middle_of_an_erase(shop: Workshop, make_pc: MakePC) -> None:
    """The plug pulled: at the next start the erase begins again by itself, and only the second one counts."""
    disk = shop.bench.disk(256 * MIB, bytes_per_second=20 * MIB)
    pc = make_pc(disks=[disk], site=shop.site())
    lot = shop.technician.new_lot("Ville d'Exemple", 1, "mini")
    pc.power_on()
    machine = shop.admit(pc, lot)
    shop.wait_step(machine, "authorise", "waiting")
    shop.technician.authorise(machine)

    def writing() -> bool:
        jobs = (shop.technician.machine(machine)["run"] or {}).get("jobs", [])
        return any(job["kind"] == "erase" and job["done"] > 0 for job in jobs)

    wait_until(writing, "the erase moves", 90, poll=0.2, hint=shop.hint)
    pc.power_off(hard=True)
    pc.power_on()
    # The mini image doesn't fit on this drive: the run stops after the erase, which is what is looked at here.
    view = shop.wait_state(machine, "held", timeout=240)
    assert "built-in drive" in view["held_reason"], view["held_reason"]
    assert sorted(e["outcome"] for e in view["erasures"]) == ["erased", "unknown"]
    assert [j["state"] for j in view["run"]["jobs"] if j["kind"] == "erase"] == ["lost", "succeeded"]
