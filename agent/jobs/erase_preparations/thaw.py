"""thaw: the firmware of most PCs freezes the drives' security commands at power-on. A suspend to memory undoes it.

``rtcwake -m mem -s N`` (util-linux 2.41): the machine sleeps and its clock wakes it. The drives lose power meanwhile,
so nothing else may be at work on any of them.
"""

from __future__ import annotations

import time

from agent.jobs.erase_preparations.ground import Ground, PreparationFailed
from agent.jobs.erase_techniques.ata_state import identify, sanitize_status
from agent.jobs.erase_techniques.commands import run_tool, why_not
from agent.jobs.erase_techniques.watch import NoAnswer

NEXT = "Connect the drive to another computer, or unplug and replug its power while this one is on, then try again."


def thaw(ground: Ground) -> str:
    """Put the machine to sleep for a moment if the drive is frozen; what was done. Raises PreparationFailed."""
    if not frozen(ground):
        return "it was not frozen"
    ground.floor.alone(ground.waiting("waiting for the other drives, to put the machine to sleep"))
    try:
        if not frozen(ground):
            return "another drive's suspend thawed it"
        _sleep(ground)
        ground.find_again()
        if frozen(ground):
            raise PreparationFailed(f"the machine slept, and the drive is still frozen. {NEXT}")
    finally:
        ground.floor.leave()
    return "thawed by a suspend"


def frozen(ground: Ground) -> bool:
    """Whether a freeze lock stands before what the plan wants. Raises PreparationFailed."""
    techniques = [planned["technique"] for planned in ground.spec["plan"]["techniques"]]
    try:
        security = identify(ground.records, ground.target.path).security
        if security is not None and security["frozen"]:
            return any(name.startswith("ata-security-") for name in techniques) or security["locked"]
        if any(name.startswith("ata-sanitize-") for name in techniques):
            return bool(sanitize_status(ground.records, ground.target.path).log["state"] == "frozen")
    except NoAnswer as problem:
        raise PreparationFailed(f"the drive can't be asked whether it is frozen: {problem}") from problem
    return False


def _sleep(ground: Ground) -> None:
    # A played PC of the tests must never put the computer to sleep that it runs on.
    tool = "rtcwake" if ground.rig is None else str(ground.rig.get("rtcwake") or "")
    if not tool:
        raise PreparationFailed("a played PC does not sleep")
    ground.progress.say(f"the machine sleeps for {ground.timing.suspend} s, to thaw a drive")
    began = time.time()  # goes on while the machine sleeps
    argv = [tool, "-m", "mem", "-s", str(ground.timing.suspend)]
    ran = run_tool(ground.records, argv, seconds=ground.timing.suspend + 120)
    if not ran.ok:
        raise PreparationFailed(f"the machine can't sleep: {why_not(ran)}. {NEXT}")
    if time.time() - began < min(1.0, ground.timing.suspend):
        raise PreparationFailed(f"the machine did not sleep. {NEXT}")
