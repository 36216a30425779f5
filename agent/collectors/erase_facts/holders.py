"""LVM, md and dm devices built on a drive, from sysfs: what an authorised erase takes down, in that order."""

from __future__ import annotations

import re
from pathlib import Path

from agent.files import read_text

# dm/uuid starts with who made the device.
_MAKERS = {"LVM": "lvm", "CRYPT": "crypt", "mpath": "multipath", "DMRAID": "raid", "part": "partition"}


def read_holders(root: Path, name: str) -> list[str]:
    """``/dev/dm-0 lvm vg-root (on sda3)``: the topmost first, since a device can't go while another stands on it."""
    found: list[str] = []
    _climb(root, name, found, depth=0)
    return list(dict.fromkeys(reversed(found)))


def stack(root: Path, name: str) -> list[str]:
    """Kernel names of everything that stands on a drive, at any height."""
    return [words.split()[0].removeprefix("/dev/") for words in read_holders(root, name)]


def _climb(root: Path, name: str, found: list[str], *, depth: int) -> None:
    folder = root / "sys/class/block" / name
    for member in [folder, *sorted(part.parent for part in folder.glob("*/partition"))]:
        for holder in sorted((member / "holders").glob("*")):
            found.append(_words(root, holder.name, member.name))
            if depth < 8:  # no real stack is deeper; a loop in a rotten sysfs is endless
                _climb(root, holder.name, found, depth=depth + 1)


def _words(root: Path, holder: str, member: str) -> str:
    folder = root / "sys/class/block" / holder
    if holder.startswith("md"):
        kind, label = "md", read_text(folder / "md/level")
    elif holder.startswith("dm-"):
        maker = re.match(r"[A-Za-z]+", read_text(folder / "dm/uuid"))
        kind, label = _MAKERS.get(maker.group() if maker else "", "dm"), read_text(folder / "dm/name")
    else:
        kind, label = re.sub(r"\d+$", "", holder), ""
    return " ".join(part for part in (f"/dev/{holder}", kind, label, f"(on {member})") if part)
