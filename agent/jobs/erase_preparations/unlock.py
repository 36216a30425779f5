"""unlock: takes our temporary password off a drive that a power cut left locked with it."""

from __future__ import annotations

from agent.jobs.erase_preparations.ground import Ground, PreparationFailed
from agent.jobs.erase_techniques.ata_password import remove_password, security_of
from agent.jobs.erase_techniques.watch import NoAnswer

NEXT = "Ask the donor for the password, or take the drive out and destroy it."

# The firmware opened it with the owner's password: it can be overwritten all the same.
LEFT_OPEN = "the drive has a password that is not ours, and is open"


def unlock(ground: Ground) -> str:
    """Unlock with our password and take it away; what was done. Raises PreparationFailed."""
    try:
        state = security_of(ground.records, ground.target.path)
    except NoAnswer as problem:
        raise PreparationFailed(f"the drive can't be asked whether it is locked: {problem}") from problem
    if state is None or not state["enabled"]:
        return "it had no password"
    if state["frozen"]:
        if not state["locked"]:
            return LEFT_OPEN
        raise PreparationFailed("the drive has a password and its security commands are frozen by the firmware")
    left = remove_password(ground.records, ground.target.path)
    if left and not state["locked"]:
        return LEFT_OPEN
    if left:
        raise PreparationFailed(f"{left}. {NEXT}")
    ground.find_again()
    return "it was locked with our temporary password: unlocked"
