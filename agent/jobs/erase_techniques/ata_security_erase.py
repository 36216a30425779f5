"""ATA SECURITY ERASE UNIT, normal and enhanced (ACS-4 7.41), through hdparm 9.65.

The drive's own proof: it took our password (it says *enabled*), and an erase that came to its end takes every
password away (it says *not enabled* without our asking for it).
"""

from __future__ import annotations

import time

from agent.jobs.erase_techniques.ata_password import AS_USER, remove_password, security_of, set_password
from agent.jobs.erase_techniques.bench import Bench, Failed, Lost, Refused, Stalled
from agent.jobs.erase_techniques.commands import accepted, run_tool, why_not
from agent.jobs.erase_techniques.watch import NoAnswer, limit_seconds, show
from agent.protocol_erase import TEMPORARY_PASSWORD, AtaSecurity, Attempt


def ata_security_erase(enhanced: bool, bench: Bench, attempt: Attempt) -> None:
    """Set the password, erase, see that the drive took it away; else take it away ourselves."""
    commands, path = attempt["commands"], bench.path
    bench.progress.begin("firmware", f"{path}: ATA security erase{', enhanced' if enhanced else ''}")
    _check(enhanced, bench, attempt)
    try:
        said = set_password(commands, path)
        if said:
            raise Refused(said)
        attempt["accepted"] = True  # of the password; whether the erase was, the drive's own state tells below
        _erase(enhanced, bench, attempt)
    except NoAnswer as problem:
        raise Lost(f"the drive does not answer: {problem}") from problem
    finally:
        left = "" if _has_none(attempt) else remove_password(commands, path)
        if left:
            attempt["log_after"] = {**(attempt["log_after"] or {}), "password_left": left}


def _check(enhanced: bool, bench: Bench, attempt: Attempt) -> None:
    try:
        state = security_of(attempt["commands"], bench.path)
    except NoAnswer as problem:
        raise Refused(f"the drive can't be asked for its security state: {problem}") from problem
    if state is None or not state["supported"]:
        raise Refused("the drive has no ATA security")
    attempt["log_before"] = _log(state)
    if enhanced and not state["enhanced_supported"]:
        raise Refused("the drive offers no enhanced security erase")
    if state["frozen"]:
        raise Refused("the drive's security commands are frozen by the firmware of the machine")
    if state["enabled"]:
        raise Refused("the drive has a password that is not ours")


def _erase(enhanced: bool, bench: Bench, attempt: Attempt) -> None:
    commands, path = attempt["commands"], bench.path
    expected = bench.planned(attempt)["expected_seconds"]

    def waiting(gone: float) -> None:
        bench.check_stop()
        show(bench, gone, expected, None)  # the drive tells no progress

    option = "--security-erase-enhanced" if enhanced else "--security-erase"
    limit = limit_seconds(expected)
    began = time.monotonic()
    ran = run_tool(commands, [*AS_USER, option, TEMPORARY_PASSWORD, path], seconds=limit, waiting=waiting)
    if commands[-1]["exit_status"] is None:
        raise Stalled(f"no end after {time.monotonic() - began:.0f} s: the drive may still be at it")
    state = security_of(commands, path)
    attempt["log_after"] = _log(state) if state else None
    if not accepted(ran):
        attempt["accepted"] = False
        raise Failed(why_not(ran))
    if state is None or state["enabled"]:
        attempt["accepted"] = False
        raise Failed("hdparm reported no error, but the drive did not end the erase: our password is still set")


def _has_none(attempt: Attempt) -> bool:
    """Whether the drive itself already said, as its last word, that no password is set."""
    return (attempt["log_after"] or {}).get("enabled") is False


def _log(state: AtaSecurity) -> dict[str, bool]:
    return {"enabled": state["enabled"], "locked": state["locked"], "frozen": state["frozen"]}
