"""Runs the preparations of a plan in order, and keeps the record of each."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from agent.jobs.erase_preparations.ground import Ground, PreparationFailed
from agent.jobs.erase_preparations.hidden_areas import remove_dco, remove_max_address
from agent.jobs.erase_preparations.holders import take_down_holders
from agent.jobs.erase_preparations.thaw import thaw
from agent.jobs.erase_preparations.unlock import unlock
from agent.protocol_erase import Preparation

log = logging.getLogger("agent.erase")

PREPARATIONS: dict[Preparation, Callable[[Ground], str]] = {
    "take-down-holders": take_down_holders,
    "thaw": thaw,
    "unlock": unlock,
    "remove-hpa": remove_max_address,
    "remove-dco": remove_dco,
    "remove-ama": remove_max_address,
}
# Before these no other job need wait: nothing is changed on a drive that a suspend could disturb.
WITHOUT_FLOOR = ("take-down-holders", "thaw")
# Without these the erase can't be certified whatever comes after, so the technician is told at once.
NEEDED = ("take-down-holders", "unlock", "remove-hpa", "remove-dco", "remove-ama")


def prepare(ground: Ground, names: list[Preparation], records: list[dict[str, Any]]) -> bool:
    """Do them; each is appended to ``records`` (the evidence's). False when the erase must not go on."""
    for name in names:
        if name not in WITHOUT_FLOOR:
            enter(ground)
        ground.records = []
        record: dict[str, Any] = {"name": name, "ok": False, "detail": "not ended", "commands": ground.records}
        records.append(record)
        ground.progress.begin("prepare", f"{ground.target.path}: {name}")
        try:
            record["detail"] = PREPARATIONS[name](ground)
            record["ok"] = True
        except PreparationFailed as problem:
            record["detail"] = str(problem)
        finally:
            if name == "thaw":
                ground.floor.slept()
        log.info("%s: %s: %s", ground.target.path, name, record["detail"])
        if not record["ok"] and name in NEEDED:
            return False
    enter(ground)
    return True


def enter(ground: Ground) -> None:
    """Wait until no other drive of this machine needs it to sleep. Raises Stopped."""
    ground.floor.enter(ground.timing.gather, ground.waiting("waiting for another drive that must be thawed first"))
