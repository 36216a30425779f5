"""The three firmwares a donated PC can have: BIOS, UEFI, UEFI with Secure Boot on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.lab.errors import LabError

Kind = Literal["bios", "uefi", "secure"]
OVMF = Path("/usr/share/OVMF")


@dataclass(frozen=True)
class Firmware:
    """QEMU's arguments for one firmware, and the network card's (``romfile=`` empty: the firmware's own PXE)."""

    kind: Kind
    machine: str
    arguments: tuple[str, ...]
    nic: str


def firmware(kind: Kind, folder: Path) -> Firmware:
    """The firmware of one PC; its variables are a fresh copy in ``folder``.

    :raises LabError: when the package ``ovmf`` isn't there
    """
    if kind == "bios":
        # the card's own ROM is iPXE, as SeaBIOS has no network of its own
        return Firmware(kind, "q35", (), "virtio-net-pci")
    code, variables = ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd")
    if kind == "secure":
        code, variables = ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd")
    if not (OVMF / code).exists():
        raise LabError(f"{OVMF / code} is missing", "install the package ovmf (`scripts/setup lab` does)")
    own = folder / "efivars.fd"
    shutil.copyfile(OVMF / variables, own)
    flash = (
        *("-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={OVMF / code}"),
        *("-drive", f"if=pflash,unit=1,format=raw,file={own}"),
    )
    if kind == "secure":
        secure = ("-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1")
        return Firmware(kind, "q35,smm=on", (*secure, *flash), "virtio-net-pci,romfile=")
    return Firmware(kind, "q35", flash, "virtio-net-pci,romfile=")
