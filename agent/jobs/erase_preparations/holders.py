"""take-down-holders: LVM volumes, RAID arrays and other device-mapper devices on the drive are stopped.

Only inside an authorised erase. Nothing is written to the drive by it; what is mounted or swapped to is never touched:
the gate refuses such a drive before and after.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from agent.clock import now_text
from agent.collectors.mounts import read_usage
from agent.files import read_text
from agent.jobs.erase_preparations.ground import Ground, PreparationFailed
from agent.jobs.erase_techniques.commands import accepted, run_tool, why_not
from agent.protocol_erase import CommandRecord

NEXT = "Stop it by hand, or boot the machine from the workshop's live image, then try again."


def take_down_holders(ground: Ground) -> str:
    """Stop everything that is built on the drive, the top first. Raises PreparationFailed."""
    root = Path("/")
    stack = holding(root, Path(ground.target.path).name)
    refuse_used(root, stack)
    for name in stack:
        _stop(ground.records, root, name)
    ground.find_again()  # through the whole gate: nothing holds the drive any more
    return f"stopped: {', '.join(stack)}" if stack else "nothing held it"


def holding(root: Path, disk: str) -> list[str]:
    """Kernel names of the devices built on a disk and on its partitions, the topmost first, each once."""
    blocks = root / "sys/class/block"

    def above(name: str) -> list[str]:
        folder = blocks / name
        members = [folder, *sorted(part.parent for part in folder.glob("*/partition"))]
        held = [holder.name for member in members for holder in sorted((member / "holders").glob("*"))]
        return [one for holder in held for one in (*above(holder), holder)]

    return list(dict.fromkeys(above(disk)))


def refuse_used(root: Path, stack: list[str]) -> None:
    """Raises PreparationFailed when one of the devices is mounted or swapped to."""
    usage = read_usage(root)
    blocks = root / "sys/class/block"
    numbers: dict[str, str] = {}
    for name in stack:
        numbers[read_text(blocks / name / "dev")] = name
        for part in (blocks / name).glob("*/partition"):
            numbers[read_text(part.parent / "dev")] = part.parent.name
    numbers.pop("", None)
    used = usage.of(numbers)
    if used or usage.boots_from(numbers):
        raise PreparationFailed(f"it is in use: {'; '.join(used) or 'this system runs from it'}")


def _stop(records: list[CommandRecord], root: Path, name: str) -> None:
    folder = root / "sys/class/block" / name
    if not folder.exists():
        return  # it went with another, or another drive's job was first
    if re.fullmatch(r"dm-\d+", name):
        label = read_text(folder / "dm/name")
        ran = run_tool(records, ["dmsetup", "remove", "--retry", label])
        if not accepted(ran) and folder.exists():
            raise PreparationFailed(f"{label} can't be stopped: {why_not(ran)}. {NEXT}")
    elif re.fullmatch(r"md\w+", name) and (folder / "md/array_state").exists():
        _stop_array(records, folder / "md/array_state", name)
    else:
        raise PreparationFailed(f"{name} holds it, and this agent can't stop such a device. {NEXT}")


def _stop_array(records: list[CommandRecord], switch: Path, name: str) -> None:
    """What ``mdadm --stop`` does, through the kernel's own switch (Documentation/admin-guide/md.rst)."""
    began = time.monotonic()
    problem = ""
    started_at = now_text()
    try:
        switch.write_text("clear")
    except OSError as error:
        problem = str(error.strerror)
    records.append(
        CommandRecord(
            argv=["write", "clear", str(switch)],
            tool="kernel",
            version="",
            exit_status=1 if problem else 0,
            stdout="",
            stderr=problem,
            started_at=started_at,
            seconds=round(time.monotonic() - began, 3),
        )
    )
    if problem and read_text(switch, "clear") != "clear":
        raise PreparationFailed(f"the array {name} can't be stopped: {problem}. {NEXT}")
