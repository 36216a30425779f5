"""The steps of a run, in order: what the workflow, the pages and the docs all read."""

from __future__ import annotations

from dataclasses import dataclass

from controller.i18n import N_


@dataclass(frozen=True, kw_only=True)
class StepInfo:
    """What a step is called and does (message ids)."""

    name: str
    label: str
    meaning: str


RECONDITION: tuple[StepInfo, ...] = (
    StepInfo(name="inspect", label=N_("Inspection"), meaning=N_("read what the machine is made of")),
    StepInfo(name="test", label=N_("Tests"), meaning=N_("try its parts, before any work goes into it")),
    StepInfo(name="authorise", label=N_("Authorisation"), meaning=N_("a person says which drives may be erased")),
    StepInfo(name="erase", label=N_("Erase"), meaning=N_("erase every drive and read it back")),
    StepInfo(
        name="recheck", label=N_("Recheck"), meaning=N_("a second person has the drawn drives read again, if any was")
    ),
    StepInfo(name="install", label=N_("Install"), meaning=N_("write the system and make it this machine's own")),
    StepInfo(name="restart", label=N_("First start"), meaning=N_("start from its own drive and phone home")),
    StepInfo(name="check", label=N_("Checks"), meaning=N_("prove that everything a family needs works")),
    StepInfo(name="seal", label=N_("Sealing"), meaning=N_("take the workshop's access away")),
)
NAMES: tuple[str, ...] = tuple(step.name for step in RECONDITION)
