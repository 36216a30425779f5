"""An erase plan in the words of whoever says yes to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.protocol_erase import ErasePlan, Preparation, Technique, Validation
from controller.erasure.certificates.words import LEVEL_MEANINGS
from controller.erasure.levels import OVERWRITE
from controller.erasure.plan import DriveVerdict
from controller.i18n import N_
from controller.web.formats import percent, size
from controller.web.views.words import NOTHING, Words, words

_KEY = N_("the drive throws away the key with which it encrypts everything")
_CELLS = N_("the drive resets all of its memory cells itself")
_ALL = N_("the drive overwrites all of itself, set-aside parts included")
TECHNIQUES: dict[Technique, str] = {
    "ata-sanitize-crypto": _KEY,
    "ata-sanitize-block": _CELLS,
    "ata-sanitize-overwrite": _ALL,
    "ata-security-erase-enhanced": N_("the drive erases all of itself, set-aside parts included"),
    "ata-security-erase": N_("the drive erases itself, without its set-aside parts"),
    "nvme-sanitize-crypto": _KEY,
    "nvme-sanitize-block": _CELLS,
    "nvme-format-crypto": _KEY,
    "nvme-format-user-data": _CELLS,
    "scsi-sanitize-crypto": _KEY,
    "scsi-sanitize-block": _CELLS,
    "scsi-sanitize-overwrite": _ALL,
    "mmc-sanitize": N_("the memory erases all of its blocks, then clears those that it set aside"),
    "overwrite-zero": N_("every byte is overwritten with zeros"),
}
_PREPARATIONS: dict[Preparation, str] = {
    "take-down-holders": N_("what is built on it is taken down: {holders}"),
    "thaw": N_("the machine sleeps for some seconds, to free the drive's erase commands"),
    "unlock": N_("the password that an interrupted erase left is taken away"),
    "remove-hpa": N_("its hidden part is uncovered ({size})"),
    "remove-dco": N_("its hidden part is uncovered ({size})"),
    "remove-ama": N_("its hidden part is uncovered ({size})"),
}
QUESTIONS = {
    "needed": N_("I accept “{level}” for this drive: it offers nothing that reaches “{wanted}”."),
    "if refused": N_("Should the drive refuse, I accept “{level}” for it."),
}
LEVEL_NAMES = {"clear": "Clear", "purge": "Purge"}


@dataclass(frozen=True, kw_only=True)
class PlanWords:
    """What will be done to a drive."""

    technique: Words
    proof: Words
    otherwise: Words  # what is done if the drive refuses; nothing when there is no other way
    level: str  # Clear, Purge
    meaning: str  # message id: what that level means
    before: tuple[Words, ...]  # what is done, and taken away, beforehand
    patience: bool  # a power cut in the middle does harm
    advice: tuple[Words, ...]
    question: Words  # beside a box to tick
    must_tick: bool
    destroy: bool


def plan_words(verdict: DriveVerdict, facts: Mapping[str, Any]) -> PlanWords | None:
    """The plan of a verdict; ``None`` where there is none. ``facts`` are the drive's, of its inventory."""
    plan = verdict.plan
    if plan is None:
        return None
    first, *others = plan["techniques"]
    weakest = plan["techniques"][-1]["level"]
    weaker = next((o for o in others if o["level"] != first["level"]), others[-1] if others else None)
    return PlanWords(
        technique=words(TECHNIQUES[first["technique"]]),
        proof=_proof(first["technique"], plan),
        otherwise=words(TECHNIQUES[weaker["technique"]]) if weaker else NOTHING,
        level=LEVEL_NAMES[first["level"]],
        meaning=LEVEL_MEANINGS[first["level"]],
        before=tuple(_before(plan, facts.get("erase") or {})),
        patience=not first["interruptible"],
        advice=tuple(Words(id=said.id, params=said.params) for said in verdict.advice),
        question=_question(verdict, "clear" if verdict.question == "if refused" else weakest),
        must_tick=verdict.question == "needed",
        destroy=verdict.destroy,
    )


def _question(verdict: DriveVerdict, level: str) -> Words:
    message = QUESTIONS.get(verdict.question, "")
    return words(message, level=LEVEL_NAMES[level], wanted=LEVEL_NAMES["purge"]) if message else NOTHING


def _proof(technique: str, plan: ErasePlan) -> Words:
    how: Validation = plan["overwrite_validation"] if technique == OVERWRITE else plan["validation"]
    if how["mode"] == "full":
        return words(N_("then another program reads all of it back"))
    return words(
        N_("then another program reads {share} of it back, in places all over it"), share=percent(how["share"])
    )


def _before(plan: ErasePlan, facts: Mapping[str, Any]) -> Iterator[Words]:
    hidden = [a["native_bytes"] - a["visible_bytes"] for a in (facts.get("ata") or {}).get("hidden", [])]
    shown: set[str] = set()
    for name in plan["preparations"]:
        message = _PREPARATIONS[name]
        if message not in shown:
            shown.add(message)
            yield words(message, holders=", ".join(facts.get("holders", [])), size=size(max(hidden, default=0)))
