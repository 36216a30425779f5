"""``hdparm -I``: IDENTIFY DEVICE in words, and whether it can be believed.

Checked against hdparm 9.65's own printing (identify.c), which is also what ``hdparm --Istdin`` prints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from agent.protocol_erase import AtaSanitize, AtaSecurity
from agent.rubbish import is_rubbish

Integrity = Literal["correct", "incorrect", "zero", "other", "none"]


@dataclass(frozen=True)
class Identify:
    """One IDENTIFY DEVICE. ``rotation``: 0 for solid state, else turns a minute, None when not reported.

    ``integrity``: of word 255. ``zero``: the drive has none (older ones, emulated ones), ``none``: not printed
    (ATA-4 and before), ``other``: something that is no checksum, as in data that isn't IDENTIFY DEVICE at all.
    """

    model: str
    serial: str
    integrity: Integrity
    sectors: int
    sector_bytes: int
    rotation: int | None
    features: frozenset[str] | None  # supported ones, None: the list is missing
    security: AtaSecurity | None
    trim: bool

    @property
    def size_bytes(self) -> int:
        return self.sectors * self.sector_bytes

    def has(self, feature: str) -> bool:
        return self.features is not None and feature in self.features


def parse_identify(text: str) -> Identify | None:
    """The identity in hdparm's text; None when there is none (a CD drive, an error)."""
    if not re.search(r"^(?:CompactFlash )?ATA device", text, re.MULTILINE):
        return None
    sectors = _number(r"LBA48\s+user addressable sectors:\s*(\d+)", text)
    if sectors is None:
        sectors = _number(r"LBA\s+user addressable sectors:\s*(\d+)", text)
    sector_bytes = _number(r"Logical\s+Sector size:\s*(\d+)", text)
    if sector_bytes is None:
        sector_bytes = _number(r"Logical/Physical Sector size:\s*(\d+)", text)
    features = _features(text)
    return Identify(
        model=_field("Model Number", text),
        serial=_field("Serial Number", text),
        integrity=_integrity(text),
        sectors=sectors or 0,
        sector_bytes=sector_bytes or 512,
        rotation=_rotation(text),
        features=features,
        security=_security(text, features),
        trim="Data Set Management TRIM supported" in text,
    )


def doubts(found: Identify, drive: dict[str, Any], *, bridge: bool) -> str:
    """Why an identity isn't believed, "" when it is. ``drive``: what the kernel says of the same drive.

    Behind a bridge its "serial" is the one that smartctl read through it, and a size that fits is needed always.
    """
    if not found.model or not found.sectors or not _printable(found.model + found.serial):
        return "what it says is no drive's identity"
    if found.integrity == "incorrect":
        return "the checksum of what it says is wrong"
    size = drive.get("size_bytes") or 0
    # A bridge may keep some sectors to itself; no drive is smaller than what the system sees of it.
    fits = found.size_bytes == size or (bridge and size < found.size_bytes < size * 1.02)
    same = _same(found.serial, str(drive.get("serial") or ""))
    if same is False:
        return f"it calls itself {found.serial}, the system {drive.get('serial')}"
    if found.integrity == "correct":
        return "" if not size or fits or not bridge else "its size is not the one that the system sees"
    if found.integrity == "other" and not (same and fits):
        return "what it says has no checksum and does not fit what the system knows of it"
    if not fits or (bridge and not same):
        return "what it says has no checksum and does not fit what the system knows of it"
    return ""


def sanitize_features(found: Identify) -> AtaSanitize | None:
    """The Sanitize Device feature set (word 59); all False when the list of features is there and names none."""
    if found.features is None:
        return None
    on = found.has("SANITIZE feature set")
    return {
        "crypto": on and found.has("CRYPTO_SCRAMBLE_EXT command"),
        "block": on and found.has("BLOCK_ERASE_EXT command"),
        "overwrite": on and found.has("OVERWRITE_EXT command"),
        "antifreeze": on and found.has("SANITIZE_ANTIFREEZE_LOCK_EXT command"),
        "state": "",
        "progress": None,
    }


def _features(text: str) -> frozenset[str] | None:
    section = re.search(r"^Commands/features:[^\n]*\n((?:[ \t]+[^\n]*\n?)*)", text, re.MULTILINE)
    if section is None:
        return None
    lines = (line.strip() for line in section.group(1).splitlines())
    return frozenset(line.removeprefix("*").strip() for line in lines if line and not line.startswith("Enabled"))


def _security(text: str, features: frozenset[str] | None) -> AtaSecurity | None:
    section = re.search(r"^Security:[ \t]*\n((?:[ \t]+[^\n]*\n?)*)", text, re.MULTILINE)
    if section is None:
        # Word 128 is all zeros, or the feature set isn't there: hdparm prints no section then.
        if features is None or "Security Mode feature set" in features:
            return None
        return _security_facts(set(), "")
    # A line is the name of a bit that is set, or "not" and the name.
    said = {" ".join(line.split()) for line in section.group(1).splitlines()}
    facts = _security_facts(said, section.group(1))
    # Bits that contradict each other are no facts (ACS-5, 7.13.6.33: locked needs enabled, enabled needs supported).
    if (facts["locked"] and not facts["enabled"]) or (facts["enabled"] and not facts["supported"]):
        return None
    return facts


def _security_facts(said: set[str], text: str) -> AtaSecurity:
    supported = "supported" in said
    return {
        "supported": supported,
        "enabled": "enabled" in said,
        "locked": "locked" in said,
        "frozen": "frozen" in said,
        "count_expired": "expired: security count" in said,
        "enhanced_supported": supported and "supported: enhanced erase" in said,
        # "more than 508min": the drive's word for "longer than I can say"; the number is the least it may be.
        "erase_minutes": _number(r"(\d+)\s*min for SECURITY ERASE", text) if supported else None,
        "enhanced_erase_minutes": _number(r"(\d+)\s*min for ENHANCED SECURITY", text) if supported else None,
        "master_password_revision": _number(r"Master password revision code = (\d+)", text),
    }


def _integrity(text: str) -> Integrity:
    checksum = re.search(r"^Checksum: (in)?correct", text, re.MULTILINE)
    if checksum:
        return "incorrect" if checksum.group(1) else "correct"
    found = re.search(r"^Integrity word not set \(found 0x([0-9a-f]+)", text, re.MULTILINE)
    if found:
        return "zero" if int(found.group(1), 16) == 0 else "other"
    return "none"


def _rotation(text: str) -> int | None:
    match = re.search(r"Nominal Media Rotation Rate:\s*(Solid State Device|\d+)", text)
    if match is None:
        return None
    return 0 if match.group(1).startswith("S") else int(match.group(1))


def _field(name: str, text: str) -> str:
    match = re.search(rf"^\s*{name}:[ \t]*([^\n]*)$", text, re.MULTILINE)
    return match.group(1).strip() if match else ""


def _number(pattern: str, text: str) -> int | None:
    match = re.search(pattern, text, re.ASCII)
    return int(match.group(1)) if match and len(match.group(1)) <= 20 else None


def _printable(text: str) -> bool:
    return all(" " <= character <= "~" for character in text)


def _same(one: str, other: str) -> bool | None:
    """Whether two spellings of a serial number are the same; None where one of them says nothing."""
    short = [re.sub(r"[^0-9A-Z]", "", value.upper()) for value in (one, other)]
    if any(is_rubbish(value) for value in short):
        return None
    return short[0] in short[1] or short[1] in short[0]
