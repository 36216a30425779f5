"""The fast rig: PCs that boot in about a second, with real systemd, sshd, units and disks, and no VM.

``systemd-nspawn`` boots the live image's root file system over an overlay, in a network namespace of its own, with
loop devices as disks. :class:`Bench` is the workshop's network, :class:`RigPC` one PC on it, :class:`RigDisk` one
disk. See ``tests/rig/README.md``.
"""

from .command import RigError
from .disk import DriveFacts, RigDisk
from .network import Bench
from .pc import RigPC
from .site import Site, chassis

__all__ = ["Bench", "DriveFacts", "RigDisk", "RigError", "RigPC", "Site", "chassis"]
