"""What of this system uses a block device: mounts, swap, and devices built on it (md, dm, LVM, bcache).

Everything is found by device number (major:minor), never by name: names differ between mount tables.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from agent.files import read_text

# Where live-boot keeps the medium that the system runs from (live-boot(7)); the second is its old place.
LIVE_MEDIA = ("/run/live/medium", "/lib/live/mount/medium", "/run/live/findiso", "/run/live/fromiso")


@dataclass(frozen=True)
class Mount:
    """One line of mountinfo: the device's number and where it is mounted."""

    device: str  # "8:1"
    where: str
    kind: str
    source: str


def parse_mountinfo(text: str) -> list[Mount]:
    """Mounts in /proc/self/mountinfo (proc(5)); spaces in paths are octal there."""
    mounts = []
    for line in text.splitlines():
        left, separator, right = line.partition(" - ")
        fields, tail = left.split(" "), right.split(" ")
        if separator and len(fields) >= 6 and len(tail) >= 2:
            mounts.append(Mount(fields[2], _unescape(fields[4]), tail[0], _unescape(tail[1])))
    return mounts


def parse_swaps(text: str) -> list[str]:
    """Paths of devices and files in use as swap, from /proc/swaps."""
    return [_unescape(line.split()[0]) for line in text.splitlines()[1:] if line.split()]


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)


def device_number(path: str) -> str:
    """ "8:0" for a block device's path, "" for anything else."""
    try:
        status = Path(path).stat()
    except OSError:
        return ""
    if not stat.S_ISBLK(status.st_mode):
        return ""
    return f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"


def number_of(root: Path, path: str) -> str:
    """The same below a root: in a capture the kernel's list of devices says it, this machine's own nodes don't."""
    if root == Path("/"):
        return device_number(path)
    return read_text(root / "sys/class/block" / Path(path).name / "dev")


@dataclass(frozen=True)
class Usage:
    """The uses of all devices at one moment."""

    mounts: list[Mount]
    swaps: dict[str, str]  # device number → path
    medium: str = ""  # number of the partition of the stick that we started from, also when it is not mounted

    def of(self, numbers: dict[str, str]) -> list[str]:
        """Uses of the devices whose numbers are given (number → path), in words."""
        uses = [f"mounted at {m.where} ({numbers[m.device]})" for m in self.mounts if m.device in numbers]
        uses += [f"swap ({path})" for number, path in self.swaps.items() if number in numbers]
        return list(dict.fromkeys(uses))

    def boots_from(self, numbers: dict[str, str]) -> bool:
        """Whether the running system came from one of these devices: its medium, its root or its /boot."""
        if self.medium and self.medium in numbers:
            return True
        places = (*LIVE_MEDIA, "/", "/boot", "/boot/efi", "/usr")
        return any(mount.device in numbers and mount.where in places for mount in self.mounts)


def read_usage(root: Path) -> Usage:
    """The mounts and swaps of this moment. btrfs mounts have no true device number: theirs is looked up."""
    mounts = []
    for mount in parse_mountinfo(read_text(root / "proc/self/mountinfo")):
        number = mount.device
        if number.startswith("0:") and mount.source.startswith("/dev/"):
            number = number_of(root, mount.source) or number
        mounts.append(Mount(number, mount.where, mount.kind, mount.source))
    swaps = {number_of(root, path): path for path in parse_swaps(read_text(root / "proc/swaps"))}
    swaps.pop("", None)
    return Usage(mounts, swaps, boot_medium_number(root))


def boot_medium_number(root: Path) -> str:
    """The number of the USB stick's partition that this live system came from; "" when from the network.

    The live image copies itself to memory where there is room: the stick is then not mounted any more, and still
    must not be erased. It is named by the kernel line (``recyclerie.medium=UUID``), and by a note at its start.
    """
    match = re.search(r"(?:^|\s)recyclerie\.medium=([0-9A-Fa-f-]+)", read_text(root / "proc/cmdline"))
    by_uuid = ""
    if match:
        link = root / "dev/disk/by-uuid" / match.group(1)
        by_uuid = device_number(str(link)) or (number_of(root, str(link.readlink())) if link.is_symlink() else "")
    noted = read_text(root / "etc/recyclerie/boot-medium")
    return by_uuid or (number_of(root, noted) if noted.startswith("/dev/") else "")


def holders(root: Path, name: str) -> list[str]:
    """Devices built on a disk or on one of its partitions, in words; empty when nothing holds it."""
    folder = root / "sys/class/block" / name
    found = []
    members = [folder, *sorted(part.parent for part in folder.glob("*/partition"))]
    for member in members:
        for holder in sorted((member / "holders").glob("*")):
            label = read_text(holder / "dm/name") or holder.name
            found.append(f"held by {label} ({member.name})")
    return found
