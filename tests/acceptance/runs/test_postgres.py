"""The same run with everything on PostgreSQL: tables, ledger and durable runs, the controller killed once in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.runs.firmware import plug_in
from tests.acceptance.runs.workshop import Workshop, disk_bytes, image_dir, workshop
from tests.integration.postgres import missing, running_cluster
from tests.rig.fixtures import MakePC
from tests.rig.network import Bench

pytestmark = [pytest.mark.rig, pytest.mark.postgres, pytest.mark.timeout(400)]


@pytest.fixture
def shop(bench: Bench, tmp_path: Path) -> Iterator[Workshop]:
    """A controller on the bench, with PostgreSQL."""
    why = missing()
    if why:
        pytest.skip(why)
    if not (image_dir() / "os" / "mini" / "manifest.json").exists():
        pytest.skip("no mini image: build it with `recyclerie image build os --profile mini`")
    with running_cluster() as cluster, workshop(bench, tmp_path, RECYCLERIE_DATABASE_URL=cluster.create()) as one:
        yield one


def test_power_on_to_ready_on_postgresql(shop: Workshop, make_pc: MakePC) -> None:
    pc = make_pc(disks=[shop.bench.disk(disk_bytes())], site=shop.site())
    lot = shop.technician.new_lot("Ville d'Exemple", 1, "mini")
    plug_in(shop.data_dir, pc)
    machine = shop.admit(pc, lot)
    shop.wait_step(machine, "authorise", "waiting")
    shop.technician.authorise(machine)
    shop.wait_step(machine, "erase", "running")
    shop.kill()
    shop.start()
    view = shop.wait_state(machine, "ready", "held", timeout=240)
    assert view["state"] == "ready", view["held_reason"]
    assert [e["outcome"] for e in view["erasures"]] == ["erased"]
    assert shop.command("ledger", "verify").endswith("the chain holds\n")
    assert not list(shop.data_dir.glob("*.sqlite"))  # nothing was kept anywhere else
