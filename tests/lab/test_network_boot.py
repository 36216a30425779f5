"""PCs that boot from the network are reconditioned and come up from their own disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.workflows.steps_list import NAMES
from tests.lab import disks as host
from tests.lab.cast import Part, bios_pc, secure_pc
from tests.lab.day import Story, recondition
from tests.lab.paths import RESULTS
from tests.lab.virtualpc import VirtualPC
from tests.lab.workshop import Workshop

pytestmark = [pytest.mark.lab, pytest.mark.timeout(5400)]
ROOT_START = 258 * host.MIB  # third partition of the image: 1 MiB, BIOS boot 1 MiB, ESP 256 MiB


def live_through(room: Workshop, part: Part, lot: int) -> Story:
    """Plug the PC in, see it through, and keep a picture of its screen."""
    assert host.find(part.disk.path, host.MARK), "the donor's data must be there beforehand"
    with VirtualPC(part.donated, room.network, RESULTS) as machine:
        story = recondition(room, part, lot, machine)
        machine.screenshot(RESULTS / f"{part.donated.name}-end.png")
    return story


def assert_reconditioned(room: Workshop, story: Story, *, firmware: str, secure_boot: bool | None) -> None:
    """Everything that must be true of a PC that is ready, from the API and from the disk itself."""
    view, disk = story.end.view, story.part.disk
    assert story.end.state == "ready", view["held_reason"] or view["run"]["error"]
    assert {step["name"]: step["state"] for step in story.end.steps} == dict.fromkeys(NAMES, "succeeded")
    assert [drive["serial"] for drive in story.authorised] == [disk.serial]

    boot: dict[str, Any] = view["boot"]
    assert (boot["mode"], boot["linked"]) == ("resident", True), "it must have come up from its own disk"
    assert (boot["firmware"], boot["secure_boot"]) == (firmware, secure_boot)

    (erasure,) = view["erasures"]
    assert erasure["outcome"] == "erased"
    validator = erasure["evidence"]["validator"]
    # What is read back is the policy's choice: all of an overwritten drive, places of one that erased itself.
    assert validator["completed"], validator["stopped"]
    assert validator["mode"] == ("full" if erasure["technique"] == "overwrite-zero" else "sampled")
    assert validator["bytes_read"] == validator["bytes_expected"]
    assert validator["bytes_read"] >= (disk.size_bytes if validator["mode"] == "full" else disk.size_bytes // 10)

    # The PC is off now. What its disk holds is read on the host: nothing that runs inside has a say in it.
    assert host.find(disk.path, host.MARK) == []
    assert host.has_gpt(disk.path)
    assert host.ext4_label(disk.path, ROOT_START) == "recyclerie"
    assert "the chain holds" in " ".join(room.command("ledger", "verify").split())


@pytest.mark.parametrize(
    ("make", "firmware", "secure_boot"),
    [pytest.param(bios_pc, "bios", None, id="bios"), pytest.param(secure_pc, "uefi", True, id="secure-boot")],
)
def test_a_pc_is_reconditioned_from_the_network(
    room: Workshop,
    lot: int,
    disks: Path,
    profile: str,
    make: Callable[[Path, str], Part],
    firmware: str,
    secure_boot: bool | None,
) -> None:
    """From power-on to ready, without a keyboard, a screen or a stick."""
    story = live_through(room, make(disks, profile), lot)
    assert_reconditioned(room, story, firmware=firmware, secure_boot=secure_boot)
