"""The power goes in the middle of an erase, and comes back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.lab import disks as host
from tests.lab.cast import slow_pc
from tests.lab.day import BOOT_TIMEOUT, RUN_TIMEOUT, Witness, recondition
from tests.lab.following import Sight, follow
from tests.lab.papers import papers_of
from tests.lab.paths import RESULTS
from tests.lab.virtualpc import VirtualPC
from tests.lab.waiting import wait_until
from tests.lab.workshop import Workshop

pytestmark = [pytest.mark.lab, pytest.mark.timeout(5400)]


def test_a_power_cut_in_the_middle_starts_over_and_never_claims_more(room: Workshop, lot: int, disks: Path) -> None:
    """QEMU is killed while it writes; plugged in again, the PC is erased without anybody's help."""
    part = slow_pc(disks)
    disk = part.disk
    with VirtualPC(part.donated, room.network, RESULTS) as machine:
        story = None
        try:
            recondition(room, part, lot, machine, Cutting(machine))
        except PowerCut as cut:
            story = cut.sight
        assert story is not None, "the erase was over before the power could be cut"
    (lost,) = [job for job in story.jobs if job["kind"] == "erase"]
    assert 0 < lost["done"] < lost["total"]
    assert host.find(disk.path, host.MARK), "part of the donor's data is still there"
    machine_id = int(story.view["id"])
    before = room.technician.machine(machine_id)
    assert [e["outcome"] for e in before["erasures"]].count("erased") == 0

    with VirtualPC(part.donated, room.network, RESULTS) as machine:
        began = time.monotonic()

        def again() -> bool:
            machine.must_run()
            boot = room.technician.machine(machine_id)["boot"]
            return bool(boot["id"] != before["boot"]["id"])

        wait_until(again, "the PC announces itself again", BOOT_TIMEOUT, hint=machine.last_words)
        end = until_erased(room, machine, machine_id, RUN_TIMEOUT - (time.monotonic() - began))
        machine.screenshot(RESULTS / "power-cut-end.png")
    newest, *older = end.view["erasures"]
    assert (newest["outcome"], newest["technique"], newest["level"]) == ("erased", "overwrite-zero", "clear")
    assert newest["job_id"] != lost["id"]
    assert newest["evidence"]["resumed_from"] == lost["id"]
    assert newest["evidence"]["interruptions"], "the evidence says that it was cut off"
    assert newest["evidence"]["validator"]["bytes_read"] == disk.size_bytes
    assert [(e["job_id"], e["outcome"]) for e in older] == [(lost["id"], "unknown")]
    assert host.find(disk.path, host.MARK) == []
    papers = papers_of(room, end.view["tag"], RESULTS / "papers-after-power-cut")
    assert {paper.kind for paper in papers} <= {"drive", "machine"}, "no destruction sheet for a power cut"
    assert [paper.drives for paper in papers if paper.kind == "drive"] == [{disk.serial: "erased, clear"}]


class PowerCut(Exception):
    """Raised to leave the technician's day: the plug was pulled."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        super().__init__("the power was cut")


class Cutting(Witness):
    """A witness who pulls the plug when a fifth of the disk has been written."""

    def __init__(self, machine: VirtualPC) -> None:
        self.machine = machine

    def seen(self, now: Sight) -> None:
        """Look at the job; cut."""
        for job in now.jobs:
            if job["kind"] == "erase" and job["phase"] == "write" and job["done"] > job["total"] / 10:
                self.machine.cut_power()
                raise PowerCut(now)


def until_erased(room: Workshop, machine: VirtualPC, machine_id: int, timeout: float) -> Sight:
    """Follow the machine to the end of its erase; what comes after is another test's."""

    def both_run() -> None:
        machine.must_run()
        room.must_run()

    for now in follow(room.technician, machine_id, timeout, must_run=both_run):
        if now.step("erase").get("state") == "succeeded":
            return now
    raise AssertionError(f"the run ended without an erase: {now.view['held_reason']} {now.view['run']['error']}")
