"""Whether a machine that boots from the network gets the live image or goes on to its own drive.

Kept as one small file per network card under the TFTP root, which the network GRUB reads by itself; iPXE gets
the same answer over HTTP. A machine without a file gets the live image.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.netboot.macs import normal_mac
from controller.settings import Settings

BootMode = Literal["live", "local"]

_LOCAL = "set recyclerie_boot=local\n"


def set_boot_mode(settings: Settings, macs: list[str], mode: BootMode) -> None:
    """Decide what the machine with these network cards boots from now on.

    Raises:
        RecyclerieError: an address isn't one, or the TFTP root can't be written.
    """
    for mac in macs:
        path = _file(settings, mac)
        try:
            if mode == "live":
                path.unlink(missing_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_suffix(".new")
            new.write_text(_LOCAL, encoding="utf-8")
            new.chmod(0o644)
            new.replace(path)
        except OSError as error:
            raise RecyclerieError(
                N_("The boot setting of the network card {mac} can't be written: {detail}."),
                N_("Check the disk and the rights of {folder}."),
                mac=mac,
                detail=error.strerror,
                folder=path.parent,
            ) from error


def boot_mode(settings: Settings, mac: str) -> BootMode:
    """What a machine with this network card boots. An address that isn't one gets the live image."""
    if normal_mac(mac) is None:
        return "live"
    return "local" if _file(settings, mac).is_file() else "live"


def _file(settings: Settings, mac: str) -> Path:
    address = normal_mac(mac)
    if address is None:
        raise RecyclerieError(
            N_("“{mac}” is not the address of a network card."), N_("It looks like 52:54:00:12:34:56."), mac=mac
        )
    return settings.tftp_dir / "grub" / "machines" / f"{address}.cfg"
