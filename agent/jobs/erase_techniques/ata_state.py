"""What an ATA drive says of its security and its sanitize state, through hdparm 9.65, right now."""

from __future__ import annotations

from dataclasses import dataclass

from agent.collectors.erase_facts.hdparm_identify import parse_identify, sanitize_features
from agent.collectors.erase_facts.hdparm_sanitize import parse_sanitize_status
from agent.jobs.erase_techniques.commands import accepted, lied, run_tool, why_not
from agent.jobs.erase_techniques.watch import NoAnswer, Status
from agent.protocol_erase import AtaSecurity, CommandRecord


@dataclass(frozen=True)
class Identity:
    """What is asked again right before a command. ``security`` None: the drive doesn't say."""

    security: AtaSecurity | None
    sanitize: frozenset[str]  # of crypto, block, overwrite
    sectors: int


def identify(records: list[CommandRecord], path: str) -> Identity:
    """Ask the drive who it is and what it can do. Raises NoAnswer."""
    ran = run_tool(records, ["hdparm", "-I", path])
    found = parse_identify(ran.out) if accepted(ran) else None
    if found is None or found.integrity == "incorrect" or not found.sectors:
        raise NoAnswer(f"{path} does not answer as an ATA drive" if accepted(ran) else why_not(ran))
    can = sanitize_features(found)
    kinds = frozenset(
        kind
        for kind, offered in (
            ("crypto", can and can["crypto"]),
            ("block", can and can["block"]),
            ("overwrite", can and can["overwrite"]),
        )
        if offered
    )
    return Identity(found.security, kinds, found.sectors)


def sanitize_status(records: list[CommandRecord], path: str) -> Status:
    """State of the drive's sanitize machine (ACS-4 SD0 to SD4). Raises NoAnswer."""
    ran = run_tool(records, ["hdparm", "--sanitize-status", path])
    state, progress = parse_sanitize_status(ran.out, ran.err)
    # A failed sanitize is told as an error, with the drive's own reason; every other error is no answer.
    if not state or (state != "failed" and (lied(ran) or not ran.ok)):
        raise NoAnswer(why_not(ran))
    return Status(
        state="running" if state == "in progress" else "failed" if state == "failed" else "idle",
        progress=progress,
        log={"state": state, "progress": progress},
    )
