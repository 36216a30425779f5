"""Which questions a drive is asked: by its bus, and by nothing that it says of itself through a bridge."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.collectors.erase_facts import ata, sg_opcodes, smartctl
from agent.collectors.erase_facts.asking import Questions
from agent.collectors.erase_facts.hdparm_identify import Identify
from agent.files import read_text
from agent.protocol_erase import EraseFacts, ScsiFacts


def ask_drive(facts: EraseFacts, drive: dict[str, Any], questions: Questions, root: Path) -> None:
    """Fill in the facts of one drive."""
    bus = str(drive.get("transport") or "")
    look_at_bus(facts, drive, root)
    found: tuple[Any, Identify] | None = None
    if drive.get("boot_medium"):
        return  # never a candidate: not even asked
    if facts["bridge"]:
        serial = serial_through_bridge(questions, drive)
        if serial:
            found = ata.ask_ata(questions, {**drive, "serial": serial}, bridge=True)
    elif bus == "nvme":
        from agent.collectors.erase_facts.nvme import ask_nvme

        facts["nvme"] = ask_nvme(questions, drive, root)
    elif bus == "mmc":
        from agent.collectors.erase_facts.mmc import ask_mmc

        facts["mmc"] = ask_mmc(questions, root)
    elif bus == "sata" or _is_ata_behind_scsi(root, questions.path):
        found = ata.ask_ata(questions, drive, bridge=False)
    if bus == "scsi" and not facts["bridge"]:
        facts["scsi"] = ask_scsi(questions)
    if found is not None:
        facts["ata"] = found[0]
        if not facts["bridge"]:
            facts["media"] = ata_media(found[1], drive)


def look_at_bus(facts: EraseFacts, drive: dict[str, Any], root: Path) -> None:
    """What the kernel alone knows: the medium's kind, whether a USB bridge is before it. The drive is asked nothing."""
    bus, path = str(drive.get("transport") or ""), str(drive.get("path", ""))
    facts["bridge"] = bus == "usb" or behind_usb(root, path)
    if facts["bridge"]:
        facts["media"] = "usb"
    elif bus in ("virtio", "loop"):
        facts["media"] = "virtual"
    elif bus == "nvme":
        facts["media"] = "nvme"
    elif bus == "mmc":
        facts["media"] = "sd" if _card_type(root, path) == "SD" else "mmc"
    elif bus in ("sata", "scsi"):
        facts["media"] = _spins(drive)


def ata_media(found: Identify, drive: dict[str, Any]) -> Any:
    """hdd or ssd. What says that it doesn't spin is an ssd: of the two it may claim less.

    SSDs made before 2009 report no rotation rate and the kernel takes them for spinning ones; no spinning drive of
    that age has TRIM.
    """
    if found.rotation == 0 or re.search(r"\bSSD", found.model.upper()) or (found.rotation is None and found.trim):
        return "ssd"
    return "hdd" if found.rotation else _spins(drive)


def ask_scsi(questions: Questions) -> ScsiFacts | None:
    """The sanitize commands of a SCSI or SAS drive; None when it doesn't list its commands."""
    ran = questions.ask(["sg_opcodes", questions.path])
    if ran is None:
        return None
    found = sg_opcodes.parse_opcodes(ran.out)
    if found is None:
        questions.complain(ran, "the drive does not list its commands")
    return found


def serial_through_bridge(questions: Questions, drive: dict[str, Any]) -> str:
    """The drive's own serial number through a USB bridge that passes ATA commands; "" for any other bridge.

    smartctl has a table of bridges. Those that it doesn't know get no ATA command: some hang on it, and what they
    invent is worth nothing.
    """
    ran = questions.ask(["smartctl", "-j", "-i", questions.path])
    if ran is None:
        return ""
    seen = smartctl.parse_seen(ran.out)
    questions.tools["smartctl"] = seen.version
    passes = seen.protocol == "ATA" and (seen.size_bytes or 0) >= (drive.get("size_bytes") or 0)
    return seen.serial if passes else ""


def behind_usb(root: Path, path: str) -> bool:
    """Whether the drive's way to the machine goes over USB, whatever the bus calls itself."""
    device = root / "sys/class/block" / Path(path).name
    return device.exists() and any(part.startswith("usb") for part in device.resolve().parts)


def _is_ata_behind_scsi(root: Path, path: str) -> bool:
    """A SATA drive on a SAS controller: the controller translates, and says so in the vendor's place."""
    return read_text(root / "sys/class/block" / Path(path).name / "device/vendor") == "ATA"


def _card_type(root: Path, path: str) -> str:
    return read_text(root / "sys/class/block" / Path(path).name / "device/type").upper()


def _spins(drive: dict[str, Any]) -> Any:
    return {True: "hdd", False: "ssd"}.get(drive.get("rotational"), "unknown")  # type: ignore[arg-type]
