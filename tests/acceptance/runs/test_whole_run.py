"""A donated PC from power-on to ready, on real parts: agent, sshd, Ansible, disks, the written system itself."""

from __future__ import annotations

import pytest

from controller.workflows.steps_list import NAMES
from tests.acceptance.runs.firmware import plug_in
from tests.acceptance.runs.workshop import Workshop, disk_bytes
from tests.rig.fixtures import MakePC

pytestmark = pytest.mark.rig
SECRET = b"the previous owner's tax return"


def test_power_on_to_ready(shop: Workshop, make_pc: MakePC) -> None:
    """Every step once, every fact in the ledger, the old data gone from the disk's file."""
    disk = shop.bench.disk(disk_bytes())
    disk.put(disk.size_bytes - 5_000_000, SECRET)
    pc = make_pc(disks=[disk], site=shop.site())
    lot = shop.technician.new_lot("Ville d'Exemple", 1, "mini")
    order = plug_in(shop.data_dir, pc)
    machine = shop.admit(pc, lot)
    shop.wait_step(machine, "authorise", "waiting")
    assert disk.get(disk.size_bytes - 5_000_000, len(SECRET)) == SECRET  # nothing was written before a person said so
    shop.technician.authorise(machine)
    view = shop.wait_state(machine, "ready", "held", timeout=240)
    assert view["state"] == "ready", view["held_reason"]
    assert [s["state"] for s in view["run"]["steps"]] == ["succeeded"] * len(NAMES)
    assert [e["outcome"] for e in view["erasures"]] == ["erased"]
    assert disk.get(disk.size_bytes - 5_000_000, len(SECRET)) == b"\0" * len(SECRET)
    # Its dpkg knows the agent, so that it can be updated at home.
    known = (pc.root / "var/lib/dpkg/status").read_text().split("\n\n")
    (agent,) = [one for one in known if one.startswith("Package: recyclerie-agent\n")]
    assert "Status: install ok installed" in agent
    assert (pc.root / "etc/systemd/system/timers.target.wants/recyclerie-agent-update.timer").is_symlink()
    assert order.taken == ["disk"]  # restarted once, into its own system
    verified = shop.technician.get("/api/ledger/verify")
    assert verified["ok"], verified
    kinds = [entry["kind"] for entry in shop.technician.get(f"/api/machines/{machine}/ledger")]
    for kind in ("machine.accepted", "machine.inspected", "erase.authorised", "install.done", "machine.sealed"):
        assert kinds.count(kind) == 1, kinds
    assert shop.command("ledger", "verify").endswith("the chain holds\n")
