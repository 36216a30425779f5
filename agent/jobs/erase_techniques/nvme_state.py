"""What an NVMe controller says of itself, through nvme-cli 2.13, right now."""

from __future__ import annotations

import re

from agent.collectors.erase_facts.nvme_json import Controller, parse_controller, parse_namespaces
from agent.jobs.erase_techniques.bench import Bench, Refused
from agent.jobs.erase_techniques.commands import run_tool
from agent.jobs.erase_techniques.watch import NoAnswer, Status
from agent.protocol_erase import CommandRecord


def controller_of(bench: Bench) -> str:
    """The controller's node. Raises Refused when the drive has other namespaces that nobody authorised here.

    Sanitize and Format reach all of a controller's namespaces: one that is a drive of its own to the system has its
    own authorisation, which this job does not hold.
    """
    facts = bench.facts["nvme"]
    if facts is None or not facts["controller"]:
        raise Refused("the drive is no NVMe drive")
    others = [ns["path"] for ns in facts["namespaces"] if ns["path"] and ns["path"] != bench.path]
    if others:
        raise Refused(f"the same controller has other drives ({', '.join(others)}): it would erase them too")
    return facts["controller"]


def identify(records: list[CommandRecord], controller: str) -> Controller:
    """Ask the controller what it can do. Raises NoAnswer."""
    ran = run_tool(records, ["nvme", "id-ctrl", controller, "-o", "json"])
    found = parse_controller(ran.out)
    if found is None:
        raise NoAnswer(ran.explain())
    return found


def namespaces(records: list[CommandRecord], controller: str) -> list[int]:
    """Ids of all namespaces, attached to the controller or not. Raises NoAnswer."""
    asked = ["nvme", "list-ns", controller, "-o", "json"]
    ran = run_tool(records, [*asked, "--all"])
    found = parse_namespaces(ran.out) if ran.ok else None
    if found is None:  # controllers without namespace management know only the attached ones
        ran = run_tool(records, asked)
        found = parse_namespaces(ran.out)
    if found is None:
        raise NoAnswer(ran.explain())
    return found


def sanitize_status(records: list[CommandRecord], controller: str) -> Status:
    """The Sanitize Status log page (81h). Raises NoAnswer."""
    ran = run_tool(records, ["nvme", "sanitize-log", controller])
    if not ran.ok:
        raise NoAnswer(ran.explain())
    return parse_sanitize_log(ran.out)


def parse_sanitize_log(text: str) -> Status:
    """Facts out of ``nvme sanitize-log`` (normal output). Raises NoAnswer when it is not one."""
    found = {
        name: int(match.group(1), 0)
        for name in ("SPROG", "SSTAT", "SCDW10")
        if (match := re.search(rf"\({name}\)\s*:\s*(0x[0-9a-fA-F]+|\d+)", text))
    }
    if "SSTAT" not in found or "SPROG" not in found:
        raise NoAnswer("nvme sanitize-log printed no status")
    status = found["SSTAT"] & 0b111
    return Status(
        state="running" if status == 2 else "failed" if status == 3 else "idle",
        progress=found["SPROG"] / 0xFFFF,
        log={"sprog": found["SPROG"], "sstat": found["SSTAT"], "scdw10": found.get("SCDW10")},
    )


def succeeded(status: Status) -> bool:
    """Whether the log says that the last sanitize ended well (1, or 4: without deallocating)."""
    return status.log["sstat"] & 0b111 in (1, 4)
