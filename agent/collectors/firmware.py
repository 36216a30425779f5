"""How the machine starts: UEFI or BIOS, Secure Boot, and the firmware's version."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from agent.collectors.dmidecode import parse_dmidecode, said
from agent.collectors.fields import Subsystem, count, flag, text
from agent.files import read_text

# The EFI variable SecureBoot (UEFI 2.10, 3.3): four bytes of attributes, then 0 or 1.
SECURE_BOOT = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

SUBSYSTEM = Subsystem(
    "firmware",
    "Firmware",
    tools=("dmidecode",),
    files=(
        *(f"sys/class/dmi/id/bios_{name}" for name in ("vendor", "version", "date", "release")),
        f"sys/firmware/efi/efivars/{SECURE_BOOT}",
        "sys/firmware",
        "sys/firmware/efi",
    ),
    fields=(
        text("type", "uefi or bios: how this boot went; empty in dumps that don't tell"),
        flag("secure_boot", "Secure Boot is on"),
        text("vendor", "maker of the firmware", mandatory=True),
        text("version", "its version", mandatory=True),
        text("date", "its date, as the maker wrote it", mandatory=True),
        flag("uefi_capable", "the firmware can start by UEFI, whatever this boot did"),
        count("rom_bytes", "size of its chip", unit="bytes"),
    ),
)


def firmware_type(root: Path) -> Literal["uefi", "bios"]:
    """Whether this boot went through UEFI. A UEFI machine booted in legacy mode counts as BIOS."""
    return "uefi" if (root / "sys/firmware/efi").is_dir() else "bios"


def secure_boot(root: Path) -> bool | None:
    """Whether Secure Boot is on. None where it can't be known: BIOS boot, or variables not readable."""
    try:
        content = (root / "sys/firmware/efi/efivars" / SECURE_BOOT).read_bytes()
    except OSError:
        return None
    return content[4] == 1 if len(content) == 5 else None


def collect_firmware(
    root: Path, problems: list[str], *, dmidecode_text: str = "", files: bool = True
) -> dict[str, Any]:
    """Facts of the firmware; date as the maker wrote it. ``files``: the kernel's files are there to be read."""
    facts = parse_firmware(dmidecode_text)
    if not files:
        return {"type": "", "secure_boot": None, **facts}
    kind = firmware_type(root)
    secure = secure_boot(root)
    if kind == "uefi" and secure is None:
        problems.append("UEFI: whether Secure Boot is on can't be read (efivarfs not mounted?)")
    folder = root / "sys/class/dmi/id"
    return {
        "type": kind,
        "secure_boot": secure,
        "vendor": read_text(folder / "bios_vendor") or facts["vendor"],
        "version": read_text(folder / "bios_version") or facts["version"],
        "date": read_text(folder / "bios_date") or facts["date"],
        "uefi_capable": True if kind == "uefi" else facts["uefi_capable"],
        "rom_bytes": facts["rom_bytes"],
    }


def parse_firmware(dmidecode_text: str) -> dict[str, Any]:
    """What SMBIOS type 0 says."""
    from agent.collectors.memory import parse_size

    block = next((b for b in parse_dmidecode(dmidecode_text) if b.type == 0), None)
    values = block.values if block else {}
    return {
        "vendor": said(values.get("Vendor", "")),
        "version": said(values.get("Version", "")),
        "date": said(values.get("Release Date", "")),
        "uefi_capable": ("UEFI is supported" in block.lists) if block else None,
        "rom_bytes": parse_size(values.get("ROM Size", "")),
    }
