"""A machine that was ready is gone over again: nothing of its first life opens a door in the second."""

from __future__ import annotations

import ssl

import httpx
import pytest

from tests.acceptance.runs.firmware import plug_in
from tests.acceptance.runs.workshop import Workshop, disk_bytes
from tests.lab.waiting import wait_until
from tests.rig.fixtures import MakePC
from tests.rig.pc import RigPC

pytestmark = [pytest.mark.rig, pytest.mark.timeout(400)]


def resident_token(pc: RigPC) -> str:
    """The installed system's token, read on its own disk."""
    return (pc.root / "etc" / "recyclerie" / "token").read_text().strip()


def image_status(shop: Workshop, token: str) -> int:
    """What the door that only a machine's token opens answers."""
    trust = ssl.create_default_context(cafile=str(shop.ca))
    url = f"{shop.url}/api/agent/images/mini/manifest.json"
    return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, verify=trust).status_code


def test_started_over(shop: Workshop, make_pc: MakePC) -> None:
    """Ready, started over, ready again: sealed in between, and the first token is void."""
    pc = make_pc(disks=[shop.bench.disk(disk_bytes())], site=shop.site())
    lot = shop.technician.new_lot("Ville d'Exemple", 1, "mini")
    order = plug_in(shop.data_dir, pc)
    machine = shop.admit(pc, lot)
    shop.wait_step(machine, "authorise", "waiting")
    shop.technician.authorise(machine)
    first = shop.wait_state(machine, "ready", "held", timeout=240)
    assert first["state"] == "ready", first["held_reason"]
    token = resident_token(pc)
    assert image_status(shop, token) == 200
    keys = pc.root / "root" / ".ssh" / "authorized_keys"
    wait_until(lambda: not keys.exists(), "the sealed system has lost the workshop's key", 90, poll=0.5)

    shop.technician.post(f"/api/machines/{machine}/restart")
    shop.wait_step(machine, "inspect", "running")
    pc.power_off()
    assert order() == "live"  # the network takes it back
    pc.power_on()
    shop.wait_step(machine, "authorise", "waiting", timeout=90)
    shop.technician.authorise(machine)
    second = shop.wait_state(machine, "ready", "held", timeout=240)
    assert second["state"] == "ready", second["held_reason"]
    assert second["run"]["id"] != first["run"]["id"]
    assert second["tag"] == first["tag"]
    assert resident_token(pc) != token
    assert image_status(shop, token) == 401
    assert [e["outcome"] for e in second["erasures"]] == ["erased", "erased"]
    assert shop.technician.get("/api/ledger/verify")["ok"]
