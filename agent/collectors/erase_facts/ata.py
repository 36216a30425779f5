"""What an ATA drive can do: identity first; nothing else is asked of one whose identity isn't believed."""

from __future__ import annotations

from typing import Any

from agent.collectors.erase_facts import hdparm_identify, hdparm_sanitize, hdparm_sizes, openseachest
from agent.collectors.erase_facts.asking import Questions, no_status
from agent.collectors.erase_facts.hdparm_identify import Identify
from agent.protocol_erase import AtaFacts, HiddenArea

# Word 119 bit 8, Accessible Max Address Configuration: hdparm 9.65 has no name for it in its list.
AMA_FEATURE = "unknown 119[8]"


def ask_ata(questions: Questions, drive: dict[str, Any], *, bridge: bool) -> tuple[AtaFacts, Identify] | None:
    """Facts of an ATA drive, and its identity for whoever wants more of it; None when it isn't believed."""
    ran = questions.ask(["hdparm", "-I", questions.path])
    if ran is None:
        return None
    found = hdparm_identify.parse_identify(ran.out)
    why = "no identity" if found is None else hdparm_identify.doubts(found, drive, bridge=bridge)
    if found is None or why:
        questions.complain(ran, why)
        return None
    sanitize = hdparm_identify.sanitize_features(found)
    if sanitize and (sanitize["crypto"] or sanitize["block"] or sanitize["overwrite"]):
        sanitize["state"], sanitize["progress"] = _sanitize_state(questions)
    if found.security is None:
        questions.problems.append("hdparm -I: it does not say whether its security feature is on or frozen")
    if drive.get("size_bytes") and found.size_bytes != drive["size_bytes"]:
        questions.problems.append(
            f"the drive says {found.size_bytes} bytes, the system sees {drive['size_bytes']}: the rest can't be reached"
        )
    hidden, native = _sizes(questions, found)
    facts: AtaFacts = {
        "security": found.security,
        "sanitize": sanitize,
        "hidden": hidden,
        "native_bytes": native,
        "trim": found.trim,
    }
    return facts, found


def _sanitize_state(questions: Questions) -> tuple[str, float | None]:
    ran = questions.ask(["hdparm", "--sanitize-status", questions.path])
    if ran is None:
        return "", None
    state, progress = "", None
    if not no_status(ran):
        state, progress = hdparm_sanitize.parse_sanitize_status(ran.out, ran.err)
    if not state:
        questions.complain(ran, "the state of the last sanitize is not known")
    return state, progress


def _sizes(questions: Questions, found: Identify) -> tuple[list[HiddenArea], int | None]:
    """Hidden areas, and the native size in bytes; None as soon as one of them couldn't be looked for."""
    hidden: list[HiddenArea] = []
    native = _native_sectors(questions, found, hidden)
    if native is None:
        return hidden, None
    if found.features is None or found.has("Device Configuration Overlay feature set"):
        real = _real_sectors(questions, native)
        if real is None:
            return hidden, None
        if real > native:
            unit = found.sector_bytes
            hidden.append({"kind": "dco", "visible_bytes": native * unit, "native_bytes": real * unit})
        native = real
    return hidden, native * found.sector_bytes


def _native_sectors(questions: Questions, found: Identify, hidden: list[HiddenArea]) -> int | None:
    may_hide = found.features is None or found.has("Host Protected Area feature set") or found.has(AMA_FEATURE)
    ran = questions.ask(["hdparm", "-N", questions.path])
    answer = None
    if ran is not None and not no_status(ran):
        answer = hdparm_sizes.parse_max_sectors(ran.out, found.sectors)
    native, accessible = (answer.native, answer.accessible) if answer else (None, found.has(AMA_FEATURE))
    if native is None and found.has(AMA_FEATURE):
        native = _native_by_openseachest(questions, found)
    if native is None and not may_hide:
        return found.sectors  # it has none of the commands by which an area can be hidden
    if native is None:
        if ran is not None:
            questions.complain(ran, "whether a part of the drive is hidden is not known")
        return None
    if native > found.sectors:
        unit = found.sector_bytes
        kind: Any = "ama" if accessible else "hpa"
        hidden.append({"kind": kind, "visible_bytes": found.size_bytes, "native_bytes": native * unit})
    return native


def _native_by_openseachest(questions: Questions, found: Identify) -> int | None:
    """openSeaChest asks for the native size by the ACS-3 command too, and in other ways than hdparm."""
    ran = questions.ask(["openSeaChest_Erase", "-d", questions.path, "-i"])
    if ran is None:
        return None
    said = openseachest.parse_info(ran.out)
    questions.tools["openSeaChest_Erase"] = said.version
    if said.max_lba is None or said.native_max_lba is None or said.sector_bytes != found.sector_bytes:
        return None
    fits = said.max_lba + 1 == found.sectors <= said.native_max_lba + 1
    return said.native_max_lba + 1 if fits else None


def _real_sectors(questions: Questions, native: int) -> int | None:
    ran = questions.ask(["hdparm", "--dco-identify", questions.path])
    if ran is None:
        return None
    real = None if no_status(ran) else hdparm_sizes.parse_dco_sectors(ran.out, native)
    if real is None:
        # Usual: many firmwares lock the device configuration (DCO FREEZE LOCK) before the system starts.
        questions.complain(ran, "the drive's device configuration (DCO) can't be read")
    return real
