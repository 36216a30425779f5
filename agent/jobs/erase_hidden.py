"""What a drive hides from the system: found before, left after. Pure."""

from __future__ import annotations

from typing import Any

from agent.jobs.target_gate import REMOVALS, Target
from agent.protocol_erase import EraseFacts, HiddenArea


def native_of(facts: EraseFacts) -> int | None:
    """All the bytes that a drive says it has, hidden ones too; None where it doesn't say."""
    ata = facts["ata"]
    if ata is None:
        return None
    sizes = [area["native_bytes"] for area in ata["hidden"]]
    return max([*sizes, *([ata["native_bytes"]] if ata["native_bytes"] else [])], default=None)


def areas_before(spec: dict[str, Any], target: Target, facts: EraseFacts) -> list[HiddenArea]:
    """The areas that the drive hides, and those that an earlier job on it already uncovered before it was cut off."""
    ata = facts["ata"]
    found = list(ata["hidden"]) if ata else []
    authorised = int(spec["drive"]["size_bytes"])
    if target.size_bytes > authorised:
        kind = next(name.removeprefix("remove-") for name in spec["plan"]["preparations"] if name in REMOVALS)
        found.append({"kind": kind, "visible_bytes": authorised, "native_bytes": target.size_bytes})
    return found


def areas_left(found: list[HiddenArea], target: Target) -> list[HiddenArea]:
    """Those that are larger than what the system sees of the drive now."""
    left = [area for area in found if area["native_bytes"] > target.size_bytes]
    return [{**area, "visible_bytes": target.size_bytes} for area in left]
