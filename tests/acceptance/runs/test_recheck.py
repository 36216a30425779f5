"""The second person, on real parts: a run that waits for one, and a disk that was altered meanwhile."""

from __future__ import annotations

import pytest

from tests.acceptance.runs.firmware import plug_in
from tests.acceptance.runs.workshop import Workshop, disk_bytes
from tests.lab.errors import LabError
from tests.lab.technician import Technician
from tests.rig import RigPC
from tests.rig.fixtures import MakePC

pytestmark = [pytest.mark.rig, pytest.mark.timeout(420)]
MIB = 1024**2
SECRET = b"put back by somebody after the erase"


def second_person(shop: Workshop) -> Technician:
    """Another technician, signed in."""
    password = shop.command("user", "add", "second", "--role", "technician").split()[-1]
    return Technician(shop.url, shop.ca, "second", password)


def erased_and_drawn(shop: Workshop, pc: RigPC, lot: int) -> tuple[int, int]:
    """Up to the moment when a second person is waited for. Returns the machine's and the run's id."""
    machine = shop.admit(pc, lot)
    shop.wait_step(machine, "authorise", "waiting")
    shop.technician.authorise(machine)
    shop.wait_step(machine, "recheck", "waiting", timeout=180)
    return machine, int(shop.technician.machine(machine)["run"]["id"])


def test_a_second_person_reads_again_then_it_goes_on_to_ready(shop: Workshop, make_pc: MakePC) -> None:
    """Nothing is installed, and the machine isn't ready, before somebody else has had the disk read again."""
    shop.technician.policy(recheck_share=1.0)
    disk = shop.bench.disk(disk_bytes())
    pc = make_pc(disks=[disk], site=shop.site())
    lot = shop.technician.new_lot("Ville d'Exemple", 1, "mini")
    plug_in(shop.data_dir, pc)
    machine, run = erased_and_drawn(shop, pc, lot)
    assert shop.technician.machine(machine)["state"] == "erased"
    assert disk.first_nonzero() is None

    with pytest.raises(LabError, match="another person"):  # who authorised it, administrator or not
        shop.technician.post(f"/api/runs/{run}/recheck")
    (row,) = shop.technician.get(f"/api/runs/{run}/rechecks")
    (authorised,) = [e for e in shop.technician.get("/api/ledger") if e["kind"] == "erase.authorised"]
    assert (row["state"], row["authorised_by"]) == ("drawn", [authorised["actor"]])
    shop.kill()  # who waits for a person waits through a restart of the controller
    shop.start()
    assert shop.wait_step(machine, "recheck", "waiting")["state"] == "waiting"

    second = second_person(shop)
    second.post(f"/api/runs/{run}/recheck")
    view = shop.wait_state(machine, "ready", "held", timeout=300)
    assert view["state"] == "ready", view["held_reason"]
    (row,) = shop.technician.get(f"/api/runs/{run}/rechecks")
    assert row["state"] == "passed"
    assert row["asked_by"] not in ("", authorised["actor"])
    assert row["validator"]["bytes_read"] == disk.size_bytes
    entries = {entry["kind"]: entry for entry in shop.technician.get("/api/ledger")}
    assert entries["recheck.asked"]["actor"] == row["asked_by"]
    assert entries["recheck.done"]["body"]["outcome"] == "passed"
    assert shop.command("ledger", "verify").endswith("the chain holds\n")


def test_a_disk_that_was_altered_is_caught_and_held(shop: Workshop, make_pc: MakePC) -> None:
    """The claim falls, the machine is held, and trying again doesn't make it good."""
    shop.technician.policy(recheck_share=1.0)
    disk = shop.bench.disk(256 * MIB)
    pc = make_pc(disks=[disk], site=shop.site())
    lot = shop.technician.new_lot("Ville d'Exemple", 1, "mini")
    pc.power_on()
    machine, run = erased_and_drawn(shop, pc, lot)
    disk.put(200 * MIB + 512, SECRET)
    second_person(shop).post(f"/api/runs/{run}/recheck")
    view = shop.wait_state(machine, "held", "installing", "ready", timeout=120)
    assert view["state"] == "held"
    assert "not erased after all" in view["held_reason"]
    assert "destruction" in view["held_reason"]
    (erasure,) = view["erasures"]
    assert (erasure["outcome"], erasure["level"]) == ("not_erased", "")
    (row,) = shop.technician.get(f"/api/runs/{run}/rechecks")
    assert row["state"] == "failed"
    assert row["validator"]["nonzero"][0] == {"offset": 200 * MIB + 512}
    assert disk.get(200 * MIB + 512, len(SECRET)) == SECRET  # it was read, never written

    shop.technician.post(f"/api/runs/{run}/retry")
    view = shop.wait_state(machine, "held", timeout=60)
    assert "not erased after all" in view["held_reason"]
    claims = [e for e in shop.technician.get("/api/ledger") if e["kind"] == "drive.claim"]
    assert sorted(e["body"]["outcome"] for e in claims) == ["erased", "not_erased"]
