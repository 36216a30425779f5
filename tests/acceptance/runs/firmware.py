"""What a rig PC's firmware does at a restart: the controller's own word for its network card decides."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tests.rig.pc import RigPC

Source = Literal["live", "disk"]


class BootOrder:
    """The network first, as in a workshop: the live system unless the TFTP server holds "local" for this card."""

    def __init__(self, data_dir: Path, pc: RigPC) -> None:
        self.file = data_dir / "tftp" / "grub" / "machines" / f"{pc.mac}.cfg"
        self.taken: list[Source] = []

    def __call__(self) -> Source:
        """Where the next boot comes from; remembered in ``taken``."""
        self.taken.append("disk" if self.file.exists() else "live")
        return self.taken[-1]


def plug_in(data_dir: Path, pc: RigPC) -> BootOrder:
    """Switch ``pc`` on, on the workshop's network, with a firmware that restarts it from then on."""
    order = BootOrder(data_dir, pc)
    pc.supervise(order)
    pc.power_on()
    return order
