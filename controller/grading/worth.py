"""Whether a machine is worth going on with, once its automatic tests are in: asked by the run before the erase."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from controller.grading.assess import Assessment, assess
from controller.grading.facts import Facts
from controller.grading.reading import facts_of
from controller.grading.uses import Use
from controller.health.verdict import Level
from controller.i18n import N_
from controller.machines.tables import Machine


@dataclass(frozen=True)
class Worth:
    """``ok``: go on. Else ``reason`` (a msgid with ``params``) says why not; a person may carry on anyway."""

    ok: bool
    reason: str = ""
    params: dict[str, Any] = field(default_factory=dict)


def worth(session: Session, machine: Machine) -> Worth:
    """Whether erasing and installing ``machine`` leads anywhere; what isn't known never stops it."""
    facts = facts_of(session, machine)
    return judge(facts, assess(facts)) if facts is not None else Worth(True)


def judge(facts: Facts, assessment: Assessment) -> Worth:
    """The same from facts. Pure.

    It stops what must be repaired before anything is written (memory, drive, cooling), and what no part makes fit.
    """
    if facts.bits_64 is False:
        return Worth(False, N_("Its processor can't run a 64-bit system: nothing that we install starts on it."))
    if facts.failed("memory") or (facts.memory_verdict and facts.memory_verdict.level is Level.FAILING):
        return Worth(False, N_("Its memory gives back wrong data: change the module, then start again."))
    if facts.drives and all(drive.verdict.level is Level.FAILING for drive in facts.drives):
        return Worth(False, N_("Its drive is failing: put another one in, then start again."))
    if assessment.use is Use.PARTS and assessment.blocked:
        return Worth(False, assessment.sentence.message, assessment.sentence.params)
    return Worth(True)
