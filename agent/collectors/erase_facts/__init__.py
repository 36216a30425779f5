"""What a drive can do to itself: one small file per tool, each a pure parser, and one file per bus that asks.

No tool's exit status is believed by itself: hdparm exits with 0 after a command that a drive refused or a bridge
invented. What a drive says counts only when it fits what the kernel knows of the same drive; else it is None, with
one line in ``problems``. Everything here is imported late: the resident agent never asks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.protocol_erase import ERASE_FACTS_SCHEMA, EraseFacts
from agent.sources import Run

# In the rig of the tests: a drive whose "erase" says this is asked with the tools on PATH, like a real one.
ASK_TOOLS = "tools"


def empty_erase_facts(media: Any = "unknown", problem: str = "") -> EraseFacts:
    """No facts, with the reason."""
    return {
        "schema": ERASE_FACTS_SCHEMA,
        "media": media,
        "bridge": False,
        "ata": None,
        "nvme": None,
        "scsi": None,
        "mmc": None,
        "holders": [],
        "problems": [problem] if problem else [],
        "tools": {},
    }


def unanswered(drive: dict[str, Any], problem: str, *, root: Path = Path("/")) -> EraseFacts:
    """The facts of a drive that is asked nothing, with the reason: what the kernel knows of it. Never raises."""
    facts = empty_erase_facts(problem=problem)
    from agent.collectors.erase_facts.one_drive import look_at_bus

    try:
        look_at_bus(facts, drive, root)
    except Exception as fault:  # whatever a rotten sysfs makes of it
        facts["problems"].append(f"{drive.get('path')}: {type(fault).__name__}: {fault}")
    return facts


def collect_erase_facts(
    drive: dict[str, Any], *, rig: dict[str, Any] | None = None, root: Path = Path("/"), run: Run | None = None
) -> EraseFacts:
    """Ask one drive of the inventory. Takes well under a second, at most ``asking.ALL_SECONDS``. Never raises.

    ``rig``: the played PC of the tests. Its drives are asked nothing: their facts are the "erase" of their entry.
    """
    played: Any = None
    if rig is not None:
        played = rig.get("drives", {}).get(drive.get("path"), {}).get("erase")
        if isinstance(played, dict):
            return {**empty_erase_facts("virtual"), **played}
    from agent.collectors.erase_facts.asking import Questions
    from agent.collectors.erase_facts.holders import read_holders

    facts = empty_erase_facts("virtual" if rig is not None else "unknown")
    try:
        if rig is None or played == ASK_TOOLS:
            from agent.collectors.erase_facts.one_drive import ask_drive

            questions = Questions(str(drive.get("path", "")), facts["problems"], facts["tools"], run)
            ask_drive(facts, drive, questions, root)
        facts["holders"] = read_holders(root, Path(str(drive.get("path", ""))).name)
    except Exception as problem:  # whatever a rotten tool or sysfs makes of it
        facts["problems"].append(f"{drive.get('path')}: {type(problem).__name__}: {problem}")
    return facts
