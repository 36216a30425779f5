"""The same live image from a USB stick, for PCs that can't boot from the network; and a disk that fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab import disks as host
from tests.lab.cast import Part, failing_pc
from tests.lab.day import announced, recondition
from tests.lab.disks import Disk
from tests.lab.firmware import Kind
from tests.lab.paths import LAB, RESULTS
from tests.lab.virtualpc import VirtualPC
from tests.lab.workshop import Workshop

pytestmark = [pytest.mark.lab, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def stick(room: Workshop) -> Disk:
    """A stick as the workshop makes it, with the site's address and authority on it."""
    path = LAB / "stick.img"
    path.unlink(missing_ok=True)
    room.command("image", "usb", str(path))
    return Disk(path=path, serial="STICK0001", size_bytes=path.stat().st_size, kind="usb")


def from_stick(part: Part, stick: Disk, firmware: Kind) -> Part:
    """The PC with the stick in it, its network card not in the boot order."""
    donated = replace(
        part.donated,
        name=f"stick-{firmware}",
        firmware=firmware,
        serial=f"CZCSTICK-{firmware}",
        uuid="",
        mac="52:54:00:4c:41:1" + ("1" if firmware == "bios" else "2"),
        disks=(stick, *part.donated.disks),
        network_boot=False,
    )
    return replace(part, donated=donated)


def test_a_failing_disk_is_held_and_never_called_erased(
    room: Workshop, lot: int, disks: Path, profile: str, stick: Disk
) -> None:
    """A BIOS PC booted from the stick, whose disk returns I/O errors in one place."""
    part = from_stick(failing_pc(disks, profile), stick, "bios")
    with VirtualPC(part.donated, room.network, RESULTS) as machine:
        story = recondition(room, part, lot, machine)
        machine.screenshot(RESULTS / "stick-bios-end.png")
    assert story.end.state == "held"
    assert [drive["serial"] for drive in story.authorised] == [part.donated.disks[1].serial], (
        "the stick is no candidate"
    )
    (erasure,) = story.end.view["erasures"]
    assert erasure["outcome"] in ("not_erased", "unknown")
    assert not host.has_gpt(part.donated.disks[1].path), "nothing was installed on it"
    assert story.end.step("install").get("state") in (None, "pending")


def test_the_stick_boots_with_secure_boot_on(room: Workshop, disks: Path, profile: str, stick: Disk) -> None:
    """Shim and GRUB from the stick; the PC announces itself as one of this workshop."""
    part = from_stick(failing_pc(disks, profile), stick, "secure")
    with VirtualPC(part.donated, room.network, RESULTS) as machine:
        machine_id = int(announced(room, machine)["id"])
        machine.screenshot(RESULTS / "stick-secure-end.png")
    boot = room.technician.machine(machine_id)["boot"]
    assert (boot["mode"], boot["firmware"], boot["secure_boot"]) == ("live", "uefi", True)
