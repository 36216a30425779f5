"""What must be done to a drive before it can be erased. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agent.protocol_erase import EraseFacts, Preparation, Technique
from controller.erasure.history import DriveHistory

THAW_SECONDS = 30.0  # to sleep and back
_HIDDEN: dict[str, Preparation] = {"hpa": "remove-hpa", "dco": "remove-dco", "ama": "remove-ama"}


def frozen_for(technique: Technique, facts: EraseFacts | None) -> bool:
    """Whether a freeze lock stands between ``technique`` and the drive."""
    ata = facts["ata"] if facts else None
    if ata is None:
        return False
    if technique.startswith("ata-security-"):
        return bool(ata["security"] and ata["security"]["frozen"])
    if technique.startswith("ata-sanitize-"):
        return bool(ata["sanitize"] and ata["sanitize"]["state"] == "frozen")
    return False


def freed(techniques: Sequence[Technique], facts: EraseFacts | None, before: DriveHistory) -> list[Technique]:
    """``techniques`` without those that are behind a freeze lock that a suspend didn't open before."""
    return [t for t in techniques if not (before.thaw_failed and frozen_for(t, facts))]


def preparations(techniques: Sequence[Technique], facts: EraseFacts | None) -> list[Preparation]:
    """In the order in which they are done: nothing may use the drive any more before it is put to sleep."""
    if facts is None:
        return []
    found: list[Preparation] = ["take-down-holders"] if facts["holders"] else []
    ata = facts["ata"]
    if ata is None or facts["bridge"]:  # hdparm finds an HPA on drives that have none, behind a bridge
        return found
    security = ata["security"]
    locked = bool(security and security["locked"])
    if any(frozen_for(t, facts) for t in techniques) or (locked and security and security["frozen"]):
        found.append("thaw")
    if locked:
        found.append("unlock")
    kinds = {area["kind"] for area in ata["hidden"]}
    return [*found, *(name for kind, name in _HIDDEN.items() if kind in kinds)]
