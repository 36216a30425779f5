"""Evidence → claim. Pure and total: what was asked for plays no part, only what was observed; it never raises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.protocol import DriveKey, EraseOutcome
from agent.protocol_erase import EVIDENCE_SCHEMA
from controller.erasure.claim_commands import check_commands
from controller.erasure.claim_drive import is_free, notes_on, other_drive, size_before, whole_size
from controller.erasure.claim_parts import Fault, check_attempts, check_canaries, check_validator, check_writer
from controller.erasure.levels import OVERWRITE, level_of, medium_of
from controller.i18n import N_

NO_EVIDENCE = N_("No evidence came back from the machine.")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What may be said of a drive."""

    outcome: EraseOutcome
    level: Literal["clear", "purge", ""] = ""
    technique: str = ""  # the one that completed, also where the outcome is another than erased
    reason: str = ""  # message id: why it isn't erased
    params: dict[str, Any] = field(default_factory=dict)
    notes: Sequence[dict[str, Any]] = ()  # said(…): what must be known beside an "erased"


def claim(evidence: Any, drive: DriveKey) -> Claim:
    """The claim that ``evidence`` supports for the drive that was authorised.

    ``erased`` needs a technique that completed in this very job, over the whole of the drive, with nothing hidden
    left, and a validation of all planned places by the independent reader, without one error, on the drive that
    was authorised. Its level is what that technique is worth on what the drive is: never the plan's word.
    """
    if not evidence:
        return Claim(outcome="unknown", reason=NO_EVIDENCE)
    try:
        return _judge(evidence, drive)
    except Fault as fault:
        return Claim(
            outcome=fault.outcome, technique=_technique(evidence), reason=fault.reason, params=dict(fault.params)
        )
    except Exception as error:  # whatever a machine sends: evidence that can't be read proves nothing
        detail = f"{type(error).__name__}: {error}"[:200]
        return Claim(outcome="unknown", reason=N_("The evidence can't be read ({detail})."), params={"detail": detail})


def _technique(evidence: Any) -> str:
    found = evidence.get("technique") if isinstance(evidence, dict) else None
    return found if isinstance(found, str) and level_of(found, "unknown") else ""


def _judge(evidence: dict[str, Any], drive: DriveKey) -> Claim:
    if evidence["schema"] != EVIDENCE_SCHEMA:
        raise Fault("unknown", N_("The evidence is of a kind that this controller doesn't read."))
    before, after = evidence["drive_before"], evidence["drive_after"]
    if before is None:
        raise Fault("not_erased", N_("Nothing was written: the machine refused the drive."))
    other_drive(before, drive, size_before(before, drive))
    facts = evidence["erase_facts_before"]
    technique = str(evidence["technique"])
    check_commands(check_attempts(evidence["attempts"], technique), technique, facts)
    medium = medium_of({**before, "erase": facts})
    level = level_of(technique, medium, bridge=not isinstance(facts, dict) or facts.get("bridge") is not False)
    if level is None:
        raise Fault("unknown", N_("The technique is not one that we know."))
    size = whole_size(evidence, drive)
    overwritten = technique == OVERWRITE
    if overwritten:
        check_writer(evidence["writer"], size)
    check_validator(evidence["validator"], evidence["writer"], size, overwritten=overwritten)
    if not overwritten:
        check_canaries(evidence)
    _check_recheck(evidence, size, overwritten=overwritten)
    if not after:
        raise Fault("unknown", N_("The drive was not found again after it was read back."))
    other_drive(after, drive, size)
    is_free(facts, evidence["erase_facts_after"])
    return Claim(outcome="erased", level=level, technique=technique, notes=notes_on(evidence, technique, medium))


def _check_recheck(evidence: dict[str, Any], size: int, *, overwritten: bool) -> None:
    """What a second person's reading found later, where it was added: it must stand too."""
    recheck = evidence.get("recheck")
    if recheck is None:
        return
    check_validator(recheck["validator"], None, size, overwritten=overwritten)
    if not overwritten:
        check_canaries({**evidence, "validator": recheck["validator"]})
