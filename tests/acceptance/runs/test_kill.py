"""SIGKILL to the controller in each step of a real run: the run goes on, and nothing is done twice."""

from __future__ import annotations

import json
import time
from collections import Counter

import pytest

from controller.workflows.steps_list import NAMES
from tests.acceptance.runs.firmware import plug_in
from tests.acceptance.runs.workshop import Workshop, disk_bytes
from tests.lab.waiting import wait_until
from tests.rig.fixtures import MakePC

pytestmark = [pytest.mark.rig, pytest.mark.timeout(600)]
MIB = 1024**2


def test_killed_in_every_step(shop: Workshop, make_pc: MakePC) -> None:
    """One run, one kill in each of its steps, the last one at once after a restart."""
    slow = shop.bench.disk(disk_bytes(), bytes_per_second=120 * MIB)
    second = shop.bench.disk(96 * MIB)
    pc = make_pc(disks=[slow, second], site=shop.site())
    lot = shop.technician.new_lot("Ville d'Exemple", 1, "mini")
    order = plug_in(shop.data_dir, pc)
    machine = shop.admit(pc, lot)
    for name in NAMES:
        # Where nothing was drawn, the recheck is over before anybody could look.
        over = ("succeeded",) if name == "recheck" else ()
        shop.wait_step(machine, name, "running", "waiting", *over, timeout=180)
        shop.kill()
        shop.start()
        if name == "authorise":
            shop.wait_step(machine, "authorise", "waiting")
            shop.technician.authorise(machine)
    view = shop.wait_state(machine, "ready", "held", timeout=180)
    assert view["state"] == "ready", view["held_reason"]
    assert shop.killed == len(NAMES)
    assert order.taken == ["disk"]
    assert pc.boots == ["live", "disk"]

    # Each job was started once, each fact written once: nothing was done twice that must not be.
    assert sorted(job["id"].rsplit("-", 1)[1] for job in view["run"]["jobs"]) == ["1"] * 4  # tests, two erases, install
    assert [e["outcome"] for e in view["erasures"]] == ["erased", "erased"]
    assert [b.name for b in (shop.data_dir / "bundles").glob("*.tar.gz")] == ["run-1-R-000001.tar.gz"]
    for erasure in view["erasures"]:
        assert erasure["evidence"]["writer"]["bytes_written"] in (slow.size_bytes, second.size_bytes)
    entries = shop.technician.get("/api/ledger")
    counts = Counter((e["kind"], e["subject"]) for e in entries if e["kind"] not in ("machine.state",))
    assert [k for k, n in counts.items() if n > 1] == [], json.dumps(entries, indent=1)
    moves = [(e["body"]["from"], e["body"]["to"]) for e in entries if e["kind"] == "machine.state"]
    assert moves == [
        ("plugged", "inspected"),
        ("inspected", "erasing"),
        ("erasing", "erased"),
        ("erased", "installing"),
        ("installing", "installed"),
        ("installed", "ready"),
    ]
    assert shop.technician.get("/api/ledger/verify")["ok"]


def test_run_written_down_but_never_enqueued(shop: Workshop, make_pc: MakePC) -> None:
    """Killed between the acceptance and the queue: the next start enqueues the run."""
    pc = make_pc(disks=[shop.bench.disk(96 * MIB)], site=shop.site())
    pc.power_on()
    machine = shop.wait_machine(pc)
    shop.technician.accept(machine)
    shop.kill()
    shop.start()
    step = shop.wait_step(machine, "authorise", "waiting", timeout=90)
    assert step["attempt"] >= 1


def test_off_the_network_for_a_minute(shop: Workshop, make_pc: MakePC) -> None:
    """The cable pulled for a minute while drives are erased: the erase goes on and its result arrives."""
    disk = shop.bench.disk(disk_bytes(), bytes_per_second=60 * MIB)
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
    pc.cut_network()
    time.sleep(60)  # the minute itself is what is tested, not a wait for something
    pc.restore_network()
    view = shop.wait_state(machine, "erased", "installing", "held", timeout=180)
    assert view["state"] != "held", view["held_reason"]
    assert [(e["outcome"], e["level"]) for e in view["erasures"]] == [("erased", "clear")]
    assert len([j for j in view["run"]["jobs"] if j["kind"] == "erase"]) == 1
