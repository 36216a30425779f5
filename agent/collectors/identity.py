"""What names a drive: serial number, WWN, model. From udev's database, from sysfs where udev is silent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from agent.files import read_text


def drive_identity(root: Path, name: str) -> dict[str, str]:
    """serial, wwn, model and firmware_revision of the disk ``name`` ("sda"); "" where neither source knows."""
    udev = from_udev(_udev_properties(name) if root == Path("/") else _udev_database(root, name))
    device = root / "sys/class/block" / name / "device"
    sysfs = {
        "serial": _printable(read_text(device / "serial")) or _page_80(device),
        "wwn": _wwn(read_text(root / "sys/class/block" / name / "wwid") or read_text(device / "wwid")),
        "model": _printable(read_text(device / "model")) or _printable(read_text(device / "name")),
        "firmware_revision": _printable(
            read_text(device / "firmware_rev") or read_text(device / "rev") or read_text(device / "fwrev")
        ),
    }
    return {key: udev.get(key) or sysfs[key] for key in sysfs}


def from_udev(values: Mapping[str, str]) -> dict[str, str]:
    """Identity out of a device's udev properties.

    ID_SERIAL_SHORT is the drive's own number (ID_SERIAL has the model glued to it; on SAS it is the WWN, and
    ID_SCSI_SERIAL the number). ID_WWN alone names the target, ID_WWN_WITH_EXTENSION the unit: the disks of one
    box share the first.
    """
    serial = values.get("ID_SERIAL_SHORT", "")
    if values.get("ID_BUS") != "ata":
        serial = values.get("ID_SCSI_SERIAL") or serial
    model = _decode(values.get("ID_MODEL_ENC", "")) or values.get("ID_MODEL", "").replace("_", " ")
    return {
        "serial": serial.strip(),
        "wwn": values.get("ID_WWN_WITH_EXTENSION") or values.get("ID_WWN", ""),
        "model": " ".join(model.split()),
        "firmware_revision": values.get("ID_REVISION", ""),
    }


def _udev_properties(name: str) -> dict[str, str]:
    # pyudev is imported late: the resident agent lives without it.
    try:
        import pyudev

        device = pyudev.Devices.from_name(pyudev.Context(), "block", name)
        return {key: str(value) for key, value in device.properties.items()}
    except Exception:  # libudev or the database missing: sysfs answers then
        return {}


def _udev_database(root: Path, name: str) -> dict[str, str]:
    """The same from udev's own file, as a capture has it: lines "E:KEY=value"."""
    number = read_text(root / "sys/class/block" / name / "dev")
    lines = read_text(root / f"run/udev/data/b{number}").splitlines() if re.fullmatch(r"\d+:\d+", number) else []
    pairs = (line[2:].partition("=") for line in lines if line.startswith("E:"))
    return {key: value for key, _, value in pairs}


def _decode(text: str) -> str:
    r"""udev's ID_MODEL_ENC writes odd characters as \xHH."""
    return re.sub(r"\\x([0-9a-fA-F]{2})", lambda match: chr(int(match.group(1), 16)), text)


def _page_80(device: Path) -> str:
    """The unit serial number page of a SCSI or SATA drive: four bytes of header, then text."""
    try:
        page = (device / "vpd_pg80").read_bytes()
    except OSError:
        return ""
    return _printable(page[4:].decode("ascii", "replace"))


def _wwn(wwid: str) -> str:
    """The kernel's wwid as udev writes WWNs; "" for the forms that are made of model and serial (t10.…)."""
    if wwid.startswith("naa."):
        return "0x" + wwid[4:]
    return wwid if wwid.startswith(("eui.", "uuid.", "nvme.")) else ""


def _printable(text: str) -> str:
    return " ".join("".join(c for c in text if c.isprintable() and c != "\ufffd").split())
