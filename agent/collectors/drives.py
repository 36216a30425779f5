"""The drives of the machine: lsblk for the list, udev for identities, the kernel for what uses them.

Read only. Loop, zram, ram, nbd, floppy and optical devices are never drives; in the rig of the tests only the
drives that its settings name are.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from agent.collectors import block
from agent.collectors.erase_facts import collect_erase_facts, unanswered
from agent.collectors.erase_facts.holders import stack
from agent.collectors.fields import Field, Subsystem, count, flag, text
from agent.collectors.identity import drive_identity
from agent.collectors.mounts import Usage, holders, number_of, read_usage
from agent.collectors.smart import empty_smart, read_smart, read_smart_gently
from agent.files import read_text
from agent.sources import Run
from agent.tools import TIMED_OUT, run

# Kernel names of things that lsblk calls disks and that are no drive one could erase.
NOT_DRIVES = ("loop", "zram", "ram", "nbd", "fd", "sr", "dm-", "md", "mtdblock", "bcache", "drbd", "pmem")
MMC_SIDE_AREAS = ("boot0", "boot1", "rpmb", "gp0", "gp1", "gp2", "gp3")

SUBSYSTEM = Subsystem(
    "drives",
    "Drives",
    many=True,
    tools=("lsblk", "smartctl", "hdparm"),
    files=(
        *(
            f"sys/class/block/*/{name}"
            for name in (
                "dev size stat wwid partition nsid ro removable queue/rotational holders/* slaves/* dm/name dm/uuid "
                "md/level device/serial device/vpd_pg80 device/wwid device/model device/name device/firmware_rev "
                "device/rev device/fwrev device/vendor device/type device/csd device/state"
            ).split()
        ),
        "sys/class/block/*/*/partition",
        "sys/class/block/*/*/dev",
        "run/udev/data/b*",
        "proc/self/mountinfo",
        "proc/swaps",
        "proc/cmdline",
        "etc/recyclerie/boot-medium",
    ),
    fields=(
        text("path", "device (/dev/sda); empty in dumps that don't tell"),
        text("model", "model", mandatory=True),
        text("serial", "serial number"),
        text("wwn", "world wide name (naa, eui)"),
        count("size_bytes", "size as the system sees it", unit="bytes", mandatory=True),
        count("logical_block_bytes", "smallest piece that can be addressed", unit="bytes"),
        count("physical_block_bytes", "smallest piece that is written at once", unit="bytes"),
        flag("rotational", "spins"),
        text("transport", "sata (also old IDE), nvme, usb, mmc, scsi, virtio, loop, other"),
        flag("removable", "its medium can be taken out"),
        flag("read_only", "can't be written"),
        flag("boot_medium", "the running system came from it"),
        Field("in_use", "list", "what uses it now, in words"),
        text("firmware_revision", "version of its firmware"),
        text("partitions[].path", "device of the partition"),
        count("partitions[].size_bytes", "its size", unit="bytes"),
        text("partitions[].fstype", "file system, or what else it holds"),
        text("partitions[].label", "its label"),
        Field("smart", "object", "SMART: see the health sample"),
        Field("erase", "object", "what it can do to erase itself (in the workshop only)"),
        text("recorded_in", "file of the dump that it comes from (dumps only)"),
    ),
)


def collect_drives(
    root: Path,
    problems: list[str],
    *,
    rig: dict[str, Any] | None = None,
    smart: bool = True,
    erase: bool = False,
    gently: bool = False,
    ask: Run | None = None,
) -> list[dict[str, Any]]:
    """Every drive, with what names it and what uses it. ``smart=False`` leaves the slow parts out.

    ``erase``: ask each drive too what it can do to erase itself (key "erase"). ``gently``: a disk that sleeps is
    not woken, and its SMART says so.
    """
    usage = read_usage(root)
    if rig is not None:
        drives = [_rig_drive(root, path, facts, usage) for path, facts in rig.get("drives", {}).items()]
    else:
        drives = _listed(root, problems, usage, ask=ask)
    if smart and drives:
        # All drives at once: a slow or hung one costs the others nothing.
        with ThreadPoolExecutor(max_workers=min(16, len(drives))) as pool:
            for _ in pool.map(lambda drive: _ask(root, drive, rig=rig, erase=erase, gently=gently, ask=ask), drives):
                pass
    return drives


def without_names(drives: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The drives without what a family named: labels, and the places below which their own sticks are mounted."""
    for drive in drives:
        drive["in_use"] = ["in use"] if drive["in_use"] else []
        for partition in drive["partitions"]:
            partition["label"] = ""
    return drives


def collect_drive(
    root: Path, path: str, problems: list[str], *, rig: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    """One drive as it is now, with its erase facts and without SMART; None when it is gone."""
    usage = read_usage(root)
    if rig is not None:
        drives = [_rig_drive(root, name, facts, usage) for name, facts in rig.get("drives", {}).items() if name == path]
    else:
        drives = _listed(root, problems, usage, path)
    for drive in drives:
        drive["erase"] = collect_erase_facts(drive, rig=rig, root=root)
    return drives[0] if drives else None


def _listed(root: Path, problems: list[str], usage: Usage, *paths: str, ask: Run | None = None) -> list[dict[str, Any]]:
    ran = (ask or run)(["lsblk", "-J", "-b", "-O", *paths], seconds=30)
    if not ran.ok:
        problems.append(f"the drives can't be listed: {ran.explain()}")
    drives = parse_lsblk(ran.out, problems)
    for drive in drives:
        _complete(root, drive, usage)
    return drives


def _ask(
    root: Path, drive: dict[str, Any], *, rig: dict[str, Any] | None, erase: bool, gently: bool, ask: Run | None
) -> None:
    """The slow questions to one drive. One that doesn't answer the first of them is asked no other."""
    if gently:
        drive["smart"] = read_smart_gently(drive["path"], rotational=drive["rotational"], run=ask or run)
    else:
        drive["smart"] = read_smart(drive["path"]) if ask is None else read_smart(drive["path"], run=ask)
    if not erase:
        return
    if drive["smart"]["exit_status"] == TIMED_OUT:
        drive["erase"] = unanswered(drive, "the drive does not answer: it was asked nothing more", root=root)
    else:
        drive["erase"] = collect_erase_facts(drive, rig=rig, root=root, run=ask)


def parse_lsblk(text: str, problems: list[str]) -> list[dict[str, Any]]:
    """Drives out of ``lsblk -J -b -O`` (util-linux 2.33 and later). What lsblk doesn't know is "" or None."""
    try:
        devices = list(json.loads(text or "{}").get("blockdevices", []))
    except (ValueError, AttributeError, TypeError, RecursionError):
        problems.append("the drives can't be listed: lsblk's answer is not JSON")
        return []
    return [_from_lsblk(device) for device in devices if isinstance(device, dict) and _is_drive(device)]


def _is_drive(device: dict[str, Any]) -> bool:
    name = str(device.get("kname") or device.get("name") or "")
    if device.get("type") != "disk" or name.startswith(NOT_DRIVES) or name.endswith(MMC_SIDE_AREAS):
        return False
    # An empty card reader is a disk of no size.
    return bool(_number(device.get("size")))


def _from_lsblk(device: dict[str, Any]) -> dict[str, Any]:
    path = str(device.get("path") or f"/dev/{device.get('kname')}")
    return {
        "path": path,
        "model": _text(device.get("model")),
        "serial": _text(device.get("serial")),
        "wwn": _text(device.get("wwn")),
        "size_bytes": _number(device.get("size")) or 0,
        "logical_block_bytes": _number(device.get("log-sec")),
        "physical_block_bytes": _number(device.get("phy-sec")),
        "rotational": _flag(device.get("rota")),
        "transport": transport(_text(device.get("tran")), str(device.get("kname") or device.get("name"))),
        "removable": bool(_flag(device.get("rm"))),
        "read_only": bool(_flag(device.get("ro"))),
        "boot_medium": False,
        "in_use": [],
        "firmware_revision": _text(device.get("rev")),
        "partitions": [_partition(child) for child in _children(device)],
        "smart": empty_smart("not read"),
    }


def _children(device: dict[str, Any]) -> list[dict[str, Any]]:
    children = device.get("children")
    return [child for child in children if isinstance(child, dict)] if isinstance(children, list) else []


def _partition(child: dict[str, Any]) -> dict[str, Any]:
    return {
        "path": str(child.get("path") or f"/dev/{child.get('kname')}"),
        "size_bytes": _number(child.get("size")),
        "fstype": _text(child.get("fstype")),
        "label": _text(child.get("label")) or _text(child.get("partlabel")),
    }


def transport(tran: str, name: str) -> str:
    """One of sata, nvme, usb, mmc, scsi, virtio, loop, other. Old IDE counts as sata: both speak ATA."""
    if name.startswith("mmcblk"):
        return "mmc"
    if name.startswith("nvme"):
        return "nvme"
    known = {"sata": "sata", "ata": "sata", "usb": "usb", "nvme": "nvme", "virtio": "virtio"}
    known |= {"sas": "scsi", "spi": "scsi", "fc": "scsi", "iscsi": "scsi", "mmc": "mmc"}
    if tran in known:
        return known[tran]
    if name.startswith("vd"):
        return "virtio"
    return "scsi" if name.startswith("sd") else "other"


def _complete(root: Path, drive: dict[str, Any], usage: Usage) -> None:
    """Add what lsblk doesn't say: identity from udev and sysfs, uses, boot medium."""
    name = Path(drive["path"]).name
    identity = drive_identity(root, name)
    for key in ("serial", "wwn", "model", "firmware_revision"):
        drive[key] = identity.get(key) or drive[key]
    _add_usage(root, drive, usage, [part["path"] for part in drive["partitions"]])


def _add_usage(root: Path, drive: dict[str, Any], usage: Usage, partitions: list[str]) -> None:
    path = drive["path"]
    numbers: dict[str, str] = {}
    own = read_text(root / "sys/class/block" / Path(path).name / "dev") or number_of(root, path)
    for number, node in [(own, path), *((number_of(root, part), part) for part in partitions)]:
        if number:
            numbers[number] = node
    for part in (root / "sys/class/block" / Path(path).name).glob("*/partition"):
        numbers.setdefault(read_text(part.parent / "dev"), f"/dev/{part.parent.name}")
    # A mounted LVM volume is a use of the drive below it, however many devices lie between.
    for holder in stack(root, Path(path).name):
        numbers.setdefault(read_text(root / "sys/class/block" / holder / "dev"), f"/dev/{holder}")
    numbers.pop("", None)
    drive["in_use"] = usage.of(numbers) + holders(root, Path(path).name)
    drive["boot_medium"] = usage.boots_from(numbers)


def _rig_drive(root: Path, path: str, facts: dict[str, Any], usage: Usage) -> dict[str, Any]:
    """A drive of a played PC: a loop device (or the like) that the rig's settings describe."""
    drive: dict[str, Any] = {
        "path": path,
        "model": str(facts.get("model", "")),
        "serial": str(facts.get("serial", "")),
        "wwn": str(facts.get("wwn", "")),
        "size_bytes": 0,
        "logical_block_bytes": None,
        "physical_block_bytes": None,
        "rotational": facts.get("rotational"),
        "transport": str(facts.get("transport", "loop")),
        "removable": bool(facts.get("removable", False)),
        "read_only": False,
        "boot_medium": False,
        "in_use": [],
        "firmware_revision": str(facts.get("firmware_revision", "")),
        "partitions": [],
        "smart": empty_smart("not read"),
    }
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return drive
    try:
        seen = block.geometry(fd)
    except OSError:
        return drive
    finally:
        os.close(fd)
    drive["size_bytes"] = seen.size_bytes
    drive["logical_block_bytes"] = seen.logical_block_bytes
    drive["physical_block_bytes"] = seen.physical_block_bytes
    drive["read_only"] = seen.read_only
    nodes = [block.partition_path(path, number) for number in range(1, 17)]
    _add_usage(root, drive, usage, [node for node in nodes if Path(node).exists()])
    return drive


def sectors_written(root: Path, path: str) -> int | None:
    """Bytes written to a drive since it appeared, from the kernel's own counters (sysfs stat, 512-byte units)."""
    fields = read_text(root / "sys/class/block" / Path(path).name / "stat").split()
    return int(fields[6]) * 512 if len(fields) > 6 and fields[6].isdigit() else None


def _text(value: Any) -> str:
    return " ".join(str(value).split()) if value is not None else ""


def _number(value: Any) -> int | None:
    """lsblk printed numbers as text before util-linux 2.33's -J fix, and flags as "0"/"1"."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    number = _number(value)
    return bool(number) if number is not None else None
