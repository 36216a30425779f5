"""One PC with a drive of every kind: each ends with the claim that it deserves, and with its paper.

What the drives hold is read from their files on the host; what is said of them comes from the API, and from the
papers, verified by the command that a donor has. The PC stays switched on for all tests of this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab import disks as host
from tests.lab.cast import FAILING, many_drives_pc
from tests.lab.day import Story, recondition
from tests.lab.disks import SD_SERIAL, Disk
from tests.lab.flakey import Flakey
from tests.lab.papers import papers_of
from tests.lab.paths import CACHE, LAB, RESULTS
from tests.lab.virtualpc import VirtualPC
from tests.lab.workshop import Workshop
from tests.rig.ssh import Login

pytestmark = [pytest.mark.lab, pytest.mark.timeout(5400)]


@dataclass(frozen=True)
class Deserved:
    """What must be said of one drive. ``technique``: the one that completed; "" where none may count."""

    media: str
    technique: str
    level: str
    outcome: str = "erased"


DESERVED = {
    "WD-LABHDD01": Deserved("hdd", "overwrite-zero", "clear"),
    "S1LABSSD02": Deserved("ssd", "overwrite-zero", "clear"),
    "NVMELAB0004": Deserved("nvme", "nvme-format-user-data", "purge"),
    "3SLABSAS05": Deserved("hdd", "overwrite-zero", "clear"),
    "USBLAB0006": Deserved("usb", "overwrite-zero", "clear"),
    SD_SERIAL: Deserved("sd", "overwrite-zero", "clear"),
}
BAD = "5VLABBAD03"


@dataclass
class Scene:
    """The PC after its erase, still switched on."""

    room: Workshop
    machine: VirtualPC
    story: Story

    @property
    def view(self) -> dict[str, Any]:
        """The machine as the API shows it at the end of its run."""
        return self.story.end.view

    def disk(self, serial: str) -> Disk:
        """A drive's file on the host."""
        return next(disk for disk in self.story.part.donated.disks if disk.serial == serial)

    def drive(self, serial: str) -> dict[str, Any]:
        """A drive in the API."""
        return next(drive for drive in self.view["drives"] if drive["serial"] == serial)

    def erasure(self, serial: str) -> dict[str, Any]:
        """What the API says of a drive's erase: there must be exactly one."""
        (found,) = [e for e in self.view["erasures"] if e["drive_id"] == self.drive(serial)["id"]]
        return dict(found)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where the disks of this module's PCs are."""
    place = LAB / "drives"
    place.mkdir(parents=True, exist_ok=True)
    yield place
    for left in place.iterdir():
        left.unlink()
    place.rmdir()


@pytest.fixture(scope="module")
def scene(room: Workshop, lot: int, folder: Path) -> Iterator[Scene]:
    """From power-on to the end of the erase, through the whole workflow; held for the drive that fails."""
    part = many_drives_pc(folder)
    for disk in part.donated.disks:
        assert host.find(disk.path, host.MARK), "the donor's data must be there beforehand"
    with VirtualPC(part.donated, room.network, RESULTS) as machine:
        story = recondition(room, part, lot, machine)
        (RESULTS / "many-drives.json").write_text(json.dumps(story.end.view, indent=1))  # to be read after a failure
        machine.screenshot(RESULTS / "many-drives-end.png")
        yield Scene(room, machine, story)


def test_every_drive_was_shown_and_authorised(scene: Scene) -> None:
    shown = {drive["serial"] for drive in scene.story.authorised}
    assert shown == {*DESERVED, BAD}
    facts = {drive["serial"]: drive["erase"] for drive in scene.view["inventory"]["drives"]}
    for serial, deserved in DESERVED.items():
        assert facts[serial]["media"] == deserved.media, facts[serial]["problems"]
    assert facts["NVMELAB0004"]["nvme"]["format_supported"], "QEMU's NVMe has Format"
    assert not facts["NVMELAB0004"]["nvme"]["sanitize_block"], "and no sanitize"


@pytest.mark.parametrize("serial", DESERVED)
def test_a_sound_drive_ends_with_the_claim_that_it_deserves(scene: Scene, serial: str) -> None:
    """Technique, level and proof, from the API; the content from the file on the host."""
    erasure, deserved, size = scene.erasure(serial), DESERVED[serial], scene.disk(serial).size_bytes
    said = (erasure["outcome"], erasure["technique"], erasure["level"])
    assert said == (deserved.outcome, deserved.technique, deserved.level), erasure["reason"]
    evidence = erasure["evidence"]
    validator = evidence["validator"]
    assert validator["completed"], validator["stopped"]
    assert validator["errors"] == []
    assert (validator["first_lba_read"], validator["last_lba_read"]) == (True, True)
    assert validator["direct"], "read from the drive, not from the PC's memory"
    if deserved.technique == "overwrite-zero":
        assert validator["mode"] == "full"
        assert evidence["writer"]["bytes_written"] == validator["bytes_read"] == size
    else:
        assert validator["mode"] == "sampled"
        assert validator["bytes_read"] >= size // 10
        assert evidence["canaries"]["written"]
        assert (validator["canaries_checked"], validator["canaries_found"]) == (64, [])
        commands = [command["argv"] for attempt in evidence["attempts"] for command in attempt["commands"]]
        assert any("--ses=1" in argv for argv in commands), "without it, a format may keep the data"
    assert host.find(scene.disk(serial).path, host.MARK) == []
    assert host.first_nonzero(scene.disk(serial).path) is None


def test_the_failing_drive_is_not_called_erased(scene: Scene) -> None:
    """It holds the machine; what could not be overwritten is still on it."""
    erasure = scene.erasure(BAD)
    assert erasure["outcome"] == "not_erased"
    assert erasure["level"] == ""
    (attempt,) = erasure["evidence"]["attempts"]
    assert (attempt["technique"], attempt["outcome"]) == ("overwrite-zero", "failed")
    assert [error["offset"] for error in attempt["writer"]["errors"]] == [FAILING], "the place, to 64 KiB"
    assert str(FAILING) in erasure["reason"], "a person reads where"
    assert host.find(scene.disk(BAD).path, host.MARK) == [FAILING]
    assert scene.story.end.state == "held"
    assert BAD in scene.view["held_reason"]
    assert scene.story.end.step("install").get("state") in (None, "pending")


def test_every_drive_has_its_paper(scene: Scene) -> None:
    """A certificate that verifies offline for each erased drive, a destruction sheet for the other; none for the PC."""
    found = papers_of(scene.room, scene.view["tag"], RESULTS / "papers")
    for paper in found:
        assert paper.holds, paper.said
        assert paper.file.read_bytes().startswith(b"%PDF-")
    papers = [(paper.kind, serial, said) for paper in found for serial, said in paper.drives.items()]
    deserved = [("drive", serial, f"erased, {one.level}") for serial, one in DESERVED.items()]
    assert sorted(papers) == sorted([*deserved, ("destruction", BAD, "NOT erased (not_erased)")])
    assert "the chain holds" in " ".join(scene.room.command("ledger", "verify").split())


def test_a_drive_that_loses_writes_is_found_out(scene: Scene) -> None:
    """dm-flakey in the guest over an erased disk: writes that are dropped in silence, then writes that fail."""
    serial = "S1LABSSD02"
    boot, disk = scene.view["boot"], scene.disk(serial)
    key = scene.room.data_dir / "keys" / "ssh_ed25519"
    host_key = next(key for key in boot["ssh_host_keys"] if "ed25519" in key)
    login = Login(boot["address"], key, host_key, RESULTS / "known_hosts")

    def ssh(*command: str) -> list[str]:
        return scene.room.network.command(*login.argv(*command))

    flakey = Flakey(ssh, scene.drive(serial)["path"], disk.size_bytes, CACHE / "rootfs" / "live")
    flakey.load()
    for feature, errors in (("drop_writes", False), ("error_writes", True)):
        flakey.fill()
        flakey.make(feature)
        seen = flakey.erase()
        flakey.remove()
        writer, validator = seen["writer"], seen["validator"]
        assert bool(writer["errors"]) is errors
        assert writer["completed"] is not errors, "a drive that drops writes looks well to the writer"
        assert validator["nonzero_reads"], "but not to the validator"
    assert host.first_nonzero(disk.path) == 0, "nothing had arrived, says the file on the host"
