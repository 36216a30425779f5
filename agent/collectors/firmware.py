"""How the machine starts: UEFI or BIOS, Secure Boot, and the firmware's version."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from agent.files import read_text

# The EFI variable SecureBoot (UEFI 2.10, 3.3): four bytes of attributes, then 0 or 1.
SECURE_BOOT = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"


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


def collect_firmware(root: Path, problems: list[str]) -> dict[str, Any]:
    """Facts of the firmware; date as the maker wrote it."""
    kind = firmware_type(root)
    secure = secure_boot(root)
    if kind == "uefi" and secure is None:
        problems.append("UEFI: whether Secure Boot is on can't be read (efivarfs not mounted?)")
    folder = root / "sys/class/dmi/id"
    return {
        "type": kind,
        "secure_boot": secure,
        "vendor": read_text(folder / "bios_vendor"),
        "version": read_text(folder / "bios_version"),
        "date": read_text(folder / "bios_date"),
    }
