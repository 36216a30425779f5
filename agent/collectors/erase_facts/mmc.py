"""An eMMC or SD card: sysfs for the card, ``mmc extcsd read`` for what it can do.

JESD84-B51: CSD bits 95:84 (command classes), EXT_CSD bytes 192 (revision), 168 (RPMB), 226 (boot), 231 (secure
features, bit 6: SANITIZE).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from agent.collectors.erase_facts.asking import Questions
from agent.files import read_int, read_text
from agent.protocol_erase import MmcFacts

SIDE_AREAS = ("boot0", "boot1", "rpmb", "gp0", "gp1", "gp2", "gp3")
ERASE_CLASS = 1 << 5  # command class 5 of the CSD
SANITIZE = 1 << 6
REVISION_45 = 6  # SANITIZE came with eMMC 4.5


@dataclass(frozen=True)
class ExtCsd:
    """The registers that count here; None where the text doesn't have them."""

    revision: int | None
    secure_features: int | None
    boot_size: int | None
    rpmb_size: int | None


def parse_ext_csd(text: str) -> ExtCsd:
    """The registers in the text of mmc-utils (2022 to 2024): ``… [SEC_FEATURE_SUPPORT: 0x55]``."""
    head = re.search(r"Extended CSD rev 1\.(\d{1,2}) ", text)
    return ExtCsd(
        revision=int(head.group(1)) if head else None,
        secure_features=_register("SEC_FEATURE_SUPPORT", text),
        boot_size=_register("BOOT_SIZE_MULTI", text),
        rpmb_size=_register("RPMB_SIZE_MULT", text),
    )


def can_sanitize(found: ExtCsd) -> bool:
    """Whether the card has SANITIZE: bit 6, and a revision that knows it."""
    return bool((found.secure_features or 0) & SANITIZE) and (found.revision or 0) >= REVISION_45


def can_erase(csd: str) -> bool:
    """Whether the card has ERASE (command class 5), from the CSD as sysfs prints it: 32 hexadecimal digits."""
    return bool(re.fullmatch(r"[0-9a-f]{32}", csd)) and bool(int(csd[8:11], 16) & ERASE_CLASS)


def ask_mmc(questions: Questions, root: Path) -> MmcFacts:
    """Facts of a card. An SD card isn't asked for registers that only eMMC has."""
    name = Path(questions.path).name
    device = root / "sys/class/block" / name / "device"
    card = read_text(device / "type").upper()
    facts: MmcFacts = {
        "kind": "sd" if card == "SD" else "mmc",
        "erase": can_erase(read_text(device / "csd").lower()),
        "sanitize": False,
        "side_areas": [],
    }
    areas = {area for area in SIDE_AREAS if _is_there(root, name, area)}
    if facts["kind"] == "mmc":
        ran = questions.ask(["mmc", "extcsd", "read", questions.path])
        found = parse_ext_csd(ran.out) if ran else ExtCsd(None, None, None, None)
        facts["sanitize"] = can_sanitize(found)
        areas |= {"boot0", "boot1"} if found.boot_size else set()
        areas |= {"rpmb"} if found.rpmb_size else set()
        if ran is not None and found.secure_features is None:
            questions.complain(ran, "what the card can do is not known")
    facts["side_areas"] = [area for area in SIDE_AREAS if area in areas]
    return facts


def _is_there(root: Path, name: str, area: str) -> bool:
    # Since Linux 4.17 the RPMB is a character device with a bus of its own.
    places = (f"sys/class/block/{name}{area}", f"sys/bus/mmc_rpmb/devices/{name}{area}")
    return any((root / place).exists() for place in places) and read_int(root / places[0] / "size") != 0


def _register(name: str, text: str) -> int | None:
    # "[SEC_FEATURE_SUPPORT: 0x55]", but "[RPMB_SIZE_MULT]: 0x20".
    match = re.search(rf"\[{name}(?:: |\]: )0x([0-9a-fA-F]{{1,8}})", text)
    return int(match.group(1), 16) if match else None
