"""Drive facts and the workshop's policy → what may be done to the drive, and what a person must hear first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from agent.protocol_erase import EraseFacts, ErasePlan, Level, PlannedTechnique, Preparation, Technique
from controller.erasure.advice import advice_for
from controller.erasure.history import NOTHING_BEFORE, DriveHistory
from controller.erasure.levels import OVERWRITE, RANK, Medium, level_of, medium_of
from controller.erasure.policy_values import DEFAULT, Policy
from controller.erasure.preparations import THAW_SECONDS, freed, preparations
from controller.erasure.refusals import TWIN, Said, divided, hidden_namespaces, refusal
from controller.erasure.techniques import INTERRUPTIBLE, techniques_of
from controller.erasure.times import technique_seconds, validation_seconds
from controller.i18n import N_

# What a person may be asked: nothing; whether a lower level is enough should the drive refuse the aim; or that it
# is, since the drive offers nothing that reaches the workshop's minimum.
Question = Literal["", "if refused", "needed"]


@dataclass(frozen=True, kw_only=True)
class DriveVerdict:
    """Whether a drive can be erased, and how; or why not, in words (message id, params)."""

    plan: ErasePlan | None
    problem: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    expected_seconds: float = 0.0  # of the first technique: preparing, erasing and reading back, rough
    medium: Medium = "unknown"
    advice: tuple[Said, ...] = ()  # what the person should know before saying yes
    question: Question = ""  # what the person is asked, beside yes
    destroy: bool = False  # better destroyed than erased

    @property
    def eraseable(self) -> bool:
        """Whether there is a plan."""
        return self.plan is not None

    @property
    def level(self) -> Level | None:
        """The level that is aimed at."""
        return self.plan["techniques"][0]["level"] if self.plan else None


def plan_drive(
    drive: Mapping[str, Any],
    policy: Policy = DEFAULT,
    *,
    before: DriveHistory = NOTHING_BEFORE,
    lower: bool = False,
    paths: Sequence[str] = (),
) -> DriveVerdict:
    """The plan for one drive of an inventory.

    ``lower``: a person said that less than the workshop's minimum is enough for it. ``paths``: the drives of the
    machine; a namespace of an NVMe drive that isn't one of them can't be overwritten from here.
    """
    facts: EraseFacts | None = drive.get("erase") or None
    medium = medium_of(drive)
    refused = refusal(drive, facts, before)
    if refused:
        return DriveVerdict(plan=None, problem=refused.id, params=refused.params, medium=medium)
    size = int(drive["size_bytes"])
    bridge = bool(facts and facts["bridge"])
    usable = freed(techniques_of(facts, medium, model=str(drive.get("model") or ""), before=before), facts, before)
    hidden = hidden_namespaces(facts, paths or (str(drive.get("path")),))
    if divided(facts):
        usable = [t for t in usable if t == OVERWRITE]  # its parts are erased side by side: none may erase the whole
    if hidden:
        usable = [t for t in usable if t != OVERWRITE]  # it would leave the other namespaces as they are
    if _only_sanitize(facts):
        usable = [t for t in usable if "-sanitize-" in t]
    if not usable:
        return DriveVerdict(plan=None, medium=medium, destroy=True, **_nothing_left(hidden))
    levels = {t: level_of(t, medium, bridge=bridge) or "clear" for t in usable}
    minimum: Level = policy.minimum.get(medium, "clear")
    question: Question = ""
    enough = [t for t in usable if RANK[levels[t]] >= RANK[minimum]]
    if not enough:
        question = "" if policy.lower_without_asking else "needed"
        minimum = "clear"
    elif len(enough) < len(usable) and not policy.lower_without_asking:
        question = "if refused"
        usable, minimum = (usable, "clear") if lower else (enough, minimum)
    elif policy.lower_without_asking:
        minimum = "clear"
    plan = ErasePlan(
        preparations=preparations(usable, facts),
        techniques=[_planned(t, levels[t], medium, size, facts) for t in usable],
        writer=policy.writer,
        validation=policy.validation_firmware,
        overwrite_validation=policy.validation_overwrite,
        canaries=policy.canaries if any(t != OVERWRITE for t in usable) else 0,
        minimum=minimum,
    )
    advice, destroy = advice_for(drive, facts, medium, usable, before, hidden)
    return DriveVerdict(
        plan=plan,
        expected_seconds=expected_seconds(plan, medium, size),
        medium=medium,
        advice=advice,
        question=question,
        destroy=destroy,
    )


def plan_drives(
    drives: Sequence[Mapping[str, Any]],
    policy: Policy = DEFAULT,
    *,
    before: Sequence[DriveHistory] = (),
    lower: Sequence[bool] = (),
) -> list[DriveVerdict]:
    """The plan for each drive of a machine: drives that an authorisation can't tell apart get none."""
    names = Counter(_name(facts) for facts in drives)
    paths = [str(facts.get("path")) for facts in drives]
    verdicts = []
    for number, facts in enumerate(drives):
        verdict = plan_drive(
            facts,
            policy,
            before=before[number] if before else NOTHING_BEFORE,
            lower=lower[number] if lower else False,
            paths=paths,
        )
        if verdict.eraseable and names[_name(facts)] > 1:
            verdict = replace(verdict, plan=None, problem=TWIN, params={}, expected_seconds=0.0, question="")
        verdicts.append(verdict)
    return verdicts


def expected_seconds(plan: ErasePlan, medium: Medium, size_bytes: int) -> float:
    """The first technique with what goes before and after it."""
    first = plan["techniques"][0]
    reading = plan["overwrite_validation"] if first["technique"] == OVERWRITE else plan["validation"]
    thaw = THAW_SECONDS if "thaw" in plan["preparations"] else 0.0
    return thaw + first["expected_seconds"] + validation_seconds(reading, medium, size_bytes)


def _planned(
    technique: Technique, level: Level, medium: Medium, size: int, facts: EraseFacts | None
) -> PlannedTechnique:
    return PlannedTechnique(
        technique=technique,
        level=level,
        expected_seconds=technique_seconds(technique, medium, size, facts),
        interruptible=technique in INTERRUPTIBLE,
    )


def _only_sanitize(facts: EraseFacts | None) -> bool:
    """After a sanitize that failed, a drive takes no other command until one succeeds (ACS-5 SD3/SD4, NVMe 2.0)."""
    ata, nvme = (facts["ata"], facts["nvme"]) if facts and not facts["bridge"] else (None, None)
    return bool(
        (nvme and nvme["sanitize_state"] == "failed")
        or (ata and ata["sanitize"] and ata["sanitize"]["state"] == "failed")
    )


def _nothing_left(hidden: list[int]) -> dict[str, Any]:
    if hidden:
        return {
            "problem": N_(
                "The drive has parts that this machine can't reach (namespaces {numbers}), and can't erase itself: "
                "take it out for destruction."
            ),
            "params": {"numbers": ", ".join(map(str, hidden))},
        }
    return {
        "problem": N_(
            "The drive is stuck in an erase that failed and takes no other command: take it out for destruction."
        ),
        "params": {},
    }


def _name(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """What the target compares, in the form in which it does."""
    texts = (" ".join(str(facts.get(key) or "").split()).upper() for key in ("serial", "wwn", "model"))
    return (*texts, str(facts.get("size_bytes")))


__all__ = ["DriveVerdict", "Preparation", "Question", "expected_seconds", "plan_drive", "plan_drives"]
