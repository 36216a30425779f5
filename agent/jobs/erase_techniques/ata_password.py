"""The temporary ATA password: set for the time of a SECURITY ERASE, and taken away again whatever happens.

A drive that a power cut left locked is opened with it at the next plug-in. hdparm 9.65 prints the password it sends:
it is no secret, see ``TEMPORARY_PASSWORD``.
"""

from __future__ import annotations

from agent.jobs.erase_techniques.ata_state import identify
from agent.jobs.erase_techniques.commands import accepted, run_tool, why_not
from agent.jobs.erase_techniques.watch import NoAnswer
from agent.protocol_erase import TEMPORARY_PASSWORD, AtaSecurity, CommandRecord

AS_USER = ["hdparm", "--user-master", "u"]


def security_of(records: list[CommandRecord], path: str) -> AtaSecurity | None:
    """The drive's security state now. Raises NoAnswer."""
    return identify(records, path).security


def set_password(records: list[CommandRecord], path: str) -> str:
    """Set ours. "" when the drive says that it has one now, else why not. Raises NoAnswer."""
    ran = run_tool(records, [*AS_USER, "--security-set-pass", TEMPORARY_PASSWORD, path])
    if not accepted(ran):
        return why_not(ran)
    state = security_of(records, path)
    return (
        "" if state is not None and state["enabled"] else "the drive took the password command and has no password set"
    )


def remove_password(records: list[CommandRecord], path: str) -> str:
    """Unlock with ours and take it away. "" when the drive has none any more, else why it still has one.

    Only one attempt: a drive takes five wrong passwords and then none until it is switched off.
    """
    try:
        state = security_of(records, path)
        if state is None or not state["enabled"]:
            return ""
        said = []
        if state["locked"]:
            ran = run_tool(records, [*AS_USER, "--security-unlock", TEMPORARY_PASSWORD, path])
            said += [] if accepted(ran) else [why_not(ran)]
        if not said:
            ran = run_tool(records, [*AS_USER, "--security-disable", TEMPORARY_PASSWORD, path])
            said += [] if accepted(ran) else [why_not(ran)]
        state = security_of(records, path)
    except NoAnswer as problem:
        return f"the drive does not answer: {problem}"
    if state is None or not state["enabled"]:
        return ""
    locked = "locked with a password that is not ours" if state["locked"] else "still protected by a password"
    return f"the drive is {locked}" + (f" ({said[0]})" if said else "")
