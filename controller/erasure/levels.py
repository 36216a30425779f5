"""How much each technique may claim, by what kind of medium it ran on. The one table that claims are made of.

NIST SP 800-88 Rev. 2 with IEEE 2883-2022: an overwrite reaches what the host can address, so it is never more than
Clear where a drive has spare cells; a drive's own sanitize reaches all of it. Behind a USB bridge nothing that the
drive seems to say proves anything: it may be the bridge's own invention.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from agent.protocol_erase import Level, Technique

Medium = Literal["hdd", "ssd", "nvme", "mmc", "sd", "usb", "virtual", "unknown"]
MEDIA: tuple[Medium, ...] = get_args(Medium)
RANK: dict[str, int] = {"": 0, "clear": 1, "purge": 2}

_SPINNING = frozenset({"hdd"})
_ATA_DRIVES = frozenset({"hdd", "ssd"})
_NVME_DRIVES = frozenset({"nvme"})
_SCSI_DRIVES = frozenset({"hdd", "ssd"})
_CARDS = frozenset({"mmc"})

# technique → (media on which it is worth its best level, that level, what it is worth on the others that have it)
_BEST: dict[Technique, tuple[frozenset[str], Level]] = {
    "ata-sanitize-crypto": (_ATA_DRIVES, "purge"),
    "ata-sanitize-block": (_ATA_DRIVES, "purge"),
    "ata-sanitize-overwrite": (_SPINNING, "purge"),  # flash: the spare cells may be left out
    "ata-security-erase-enhanced": (_ATA_DRIVES, "purge"),
    "ata-security-erase": (_ATA_DRIVES, "clear"),
    "nvme-sanitize-crypto": (_NVME_DRIVES, "purge"),
    "nvme-sanitize-block": (_NVME_DRIVES, "purge"),
    "nvme-format-crypto": (_NVME_DRIVES, "purge"),
    "nvme-format-user-data": (_NVME_DRIVES, "purge"),
    "scsi-sanitize-crypto": (_SCSI_DRIVES, "purge"),
    "scsi-sanitize-block": (_SCSI_DRIVES, "purge"),
    "scsi-sanitize-overwrite": (_SPINNING, "purge"),
    "mmc-sanitize": (_CARDS, "clear"),
    "overwrite-zero": (frozenset(MEDIA), "clear"),
}
TECHNIQUES: tuple[Technique, ...] = get_args(Technique)
OVERWRITE: Technique = "overwrite-zero"


def level_of(technique: str, medium: str, *, bridge: bool = False) -> Level | None:
    """The most that ``technique`` may claim on ``medium``; ``None`` for a technique that we don't know.

    A technique that worked where the table didn't expect it is worth Clear: something was erased and read back.
    """
    known = _BEST.get(technique)  # type: ignore[call-overload]
    if known is None:
        return None
    media, best = known
    level: Level = best if medium in media and not bridge else "clear"
    return level


def medium_of(drive: Mapping[str, Any]) -> Medium:
    """What a drive of an inventory is: as its erase facts say, else (an older agent) as the kernel does.

    A disk that the kernel says turns is never taken for flash, nor the contrary: the weaker word holds.
    """
    facts = drive.get("erase")
    said = facts.get("media") if isinstance(facts, dict) else None
    media = next((m for m in MEDIA if m == said), None) or _from_transport(drive)
    return "ssd" if media == "hdd" and drive.get("rotational") is False else media


def _from_transport(drive: Mapping[str, Any]) -> Medium:
    transport = drive.get("transport")
    own: dict[Any, Medium] = {"nvme": "nvme", "mmc": "mmc", "usb": "usb"}
    if transport in own:
        return own[transport]
    if transport in ("virtio", "loop"):
        return "virtual"
    if transport in ("sata", "scsi"):
        return "hdd" if drive.get("rotational") else "ssd"
    return "unknown"
