"""Which firmware files go into the live image: those that its own drivers ask for, one version of each.

Debian's firmware packages hold a file for every version of a driver and for every router and server there is. A
kernel module says which files it loads (``modinfo -F firmware``), so the rule needs no list of cards. The lists
below are what modules load without saying so, and what they name but no donated PC has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from images.command import run

FIRMWARE = "usr/lib/firmware"

UNDECLARED = (
    # Wi-Fi: which frequencies are allowed where (cfg80211).
    *("regulatory.db", "regulatory.db.p7s", "regulatory.db-debian", "regulatory.db.p7s-debian"),
    # Bluetooth: btintel makes the name of the file from the chip's number, btqca and ath3k too.
    *("intel/ibt-*", "qca/*_usb_*", "qca/htbtfw*.tlv", "qca/htnv*.bin", "qca/hpbtfw*.tlv", "qca/hpnv*.bin", "ar3k/*"),
    # Sound of Intel laptops (SOF from 2019 on, the older DSPs): names made from the platform and the codec.
    *("intel/sof/*.ri", "intel/sof-tplg/*", "intel/sof-ipc4/*/*", "intel/sof-ipc4-tplg/*"),
    *("intel/dsp_fw_*.bin", "intel/IntcSST2.bin", "intel/fw_sst_*", "intel/catpt/*/*", "intel/avs/*/*"),
    # brcmfmac: the card's own calibration, by the PC's name.
    *("brcm/brcmfmac*.txt", "brcm/brcmfmac*.clm_blob"),
    # Wired cards and readers that were always there.
    *("rtl_nic/*", "bnx2/*", "bnx2x/*", "tigon/*", "e100/*", "3com/*", "acenic/*", "kaweth/*", "sun/*", "cis/*"),
    *("adaptec/*", "advansys/*", "isci/*", "slicoss/*", "tehuti/*", "r8a779x_usb3_v*.dlmem"),
)
"""Patterns, relative to /usr/lib/firmware, of files that drivers load without naming them."""

UNWANTED = (
    # NVIDIA's own system processor: 60 MB for cards of 2018 and later, which show a picture without it.
    *("nvidia/*/gsp/*",),
    # Access points, routers, phones, servers.
    *("mediatek/mt7996/*", "mediatek/mt7915*", "mediatek/mt7916*", "mediatek/mt798*"),
    *("ath11k/QCN9074/*", "ath10k/QCA4019/*", "ath10k/QCA9888/*", "ath10k/QCA9984/*", "ath10k/QCA99X0/*"),
    *("mrvl/prestera/*", "cxgb3/*", "cxgb4/*", "ueagle-atm/*", "ath10k/WCN3990/*"),
    *("bnx2x/bnx2x-e*-6.*", "bnx2x/bnx2x-e*-7.[0-9].*"),
    # AMD's accelerators for computing centres.
    *("amdgpu/aldebaran_*", "amdgpu/arcturus_*", "amdgpu/gc_9_4_3_*", "amdgpu/gc_9_4_4_*", "amdgpu/gc_9_5_0_*"),
    *("amdgpu/psp_13_0_6_*", "amdgpu/psp_13_0_12_*", "amdgpu/psp_13_0_14_*", "amdgpu/sdma_4_4_*"),
)
"""Patterns of files that stay out although a driver names them."""

_VERSIONED = re.compile(r"^(?P<name>.*-)(?P<version>\d+)(?P<end>\.ucode)$")


def declared(root: Path, left_out: Iterable[str]) -> list[str]:
    """The firmware files that the kernel modules of ``root`` name, but those in the folders ``left_out``.

    ``left_out``: relative to the kernel's module folder. Names may hold ``*``. Takes some seconds.
    """
    modules: list[str] = []
    for kernel in sorted((root / "usr/lib/modules").glob("*/kernel")):
        out = tuple(f"{kernel}/{folder}/" for folder in left_out)
        modules += [
            f"/{path.relative_to(root)}" for path in sorted(kernel.rglob("*.ko*")) if not str(path).startswith(out)
        ]
    if not modules:
        return []
    shown = run(
        ["chroot", root, "modinfo", "-F", "firmware", *modules],
        hint="kmod must be among the live image's packages; else delete it in the cache",
    )
    return sorted({line.strip() for line in shown.decode(errors="replace").splitlines() if line.strip()})


def chosen(firmware: Path, names: Iterable[str]) -> set[str]:
    """The files and links below ``firmware`` that stay, for drivers that name ``names``: paths relative to it."""
    unwanted = _matching(firmware, UNWANTED)
    found: set[Path] = set()
    for name in (*names, *UNDECLARED):
        if _is_pattern(name):
            found |= _matching(firmware, (name,))
        elif _exists(firmware / name):
            found.add(firmware / name)
        elif older := _older(firmware / name):
            found.add(older)
    kept: set[str] = set()
    for path in sorted(found - unwanted):
        kept |= _with_links(firmware, path)
    return kept


def left_out_of(firmware: Path, kept: set[str]) -> list[str]:
    """What stays out below ``firmware``, relative to it: whole folders where nothing in them stays."""
    folders = {str(parent) for path in kept for parent in Path(path).parents}
    found: list[str] = []

    def look(folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            relative = str(path.relative_to(firmware))
            if relative in kept:
                continue
            if path.is_dir() and not path.is_symlink() and relative in folders:
                look(path)
            else:
                found.append(relative)

    if firmware.is_dir():
        look(firmware)
    return found


def _is_pattern(name: str) -> bool:
    return any(letter in name for letter in "*?[")


def _exists(path: Path) -> bool:
    """A file, or a link: one to /etc/alternatives leads nowhere on the machine that builds."""
    return path.is_symlink() or path.is_file()


def _matching(firmware: Path, patterns: Iterable[str]) -> set[Path]:
    """Every file that a pattern means; a pattern that ends at a folder means what is in it."""
    found: set[Path] = set()
    for pattern in patterns:
        for path in firmware.glob(pattern):
            found |= {below for below in path.rglob("*") if _exists(below)} if path.is_dir() else {path}
    return found


def _older(wanted: Path) -> Path | None:
    """The newest version below the one a driver names first: iwlwifi goes down from it until a file is there."""
    match = _VERSIONED.match(wanted.name)
    if not match:
        return None
    best, newest = None, -1
    for path in wanted.parent.glob(f"{match['name']}*{match['end']}"):
        other = _VERSIONED.match(path.name)
        if other and other["name"] == match["name"] and newest < int(other["version"]) < int(match["version"]):
            best, newest = path, int(other["version"])
    return best


def _with_links(firmware: Path, path: Path) -> set[str]:
    """``path`` with every link on the way to the real file, and that file."""
    kept: set[str] = set()
    top = firmware.resolve()
    todo = [path]
    while todo:
        current = todo.pop()
        for part in [*reversed(current.relative_to(firmware).parents), current.relative_to(firmware)]:
            here = firmware / part
            if not here.is_symlink():
                continue
            kept.add(str(part))
            rest = current.relative_to(here)
            goal = (top / part).parent.joinpath(here.readlink(), rest)
            inside = Path(*_normal(goal).parts)
            if inside.is_relative_to(top) and str(inside.relative_to(top)) not in kept:
                todo.append(firmware / inside.relative_to(top))
            break
        else:
            kept.add(str(current.relative_to(firmware)))
    return kept


def _normal(path: Path) -> Path:
    """``path`` without ``..``, links not followed."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return Path(*parts)
