"""What a second reading says of an erase: it stands, it is void, or nothing was read. Pure and total."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from controller.erasure.claim_parts import Fault, check_canaries, check_validator
from controller.i18n import N_

NOT_READ = N_("The drive was not read again: {detail}")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``passed``; ``failed``: the erase is void; ``unread``: nothing is known, it must be read once more."""

    outcome: Literal["passed", "failed", "unread"]
    reason: str = ""  # message id
    params: dict[str, Any] = field(default_factory=dict)


def judge_recheck(found: Any, evidence: dict[str, Any], validation: dict[str, Any], size: int, error: str) -> Verdict:
    """Compare what was found (the validator's part of a result) with what the erase's ``evidence`` promised.

    The reading must have been at least as deep as ``validation`` orders. ``error`` is the job's own, in words.
    """
    if not found:
        return Verdict(outcome="unread", reason=NOT_READ, params={"detail": error or "…"})
    try:
        check_validator(found, None, size, overwritten=expectation(evidence) == "zeros")
        if expectation(evidence) == "changed":
            check_canaries({**evidence, "validator": found})
        if found["mode"] != validation["mode"] or float(found["share"]) < float(validation["share"]):
            raise Fault("unknown", N_("Less of the drive was read again than was asked."))
    except Fault as fault:
        outcome: Literal["failed", "unread"] = "failed" if fault.outcome == "not_erased" else "unread"
        return Verdict(outcome=outcome, reason=fault.reason, params=dict(fault.params))
    except Exception as problem:  # whatever a machine sends: what can't be read proves nothing
        detail = f"{type(problem).__name__}: {problem}"[:200]
        return Verdict(outcome="unread", reason=NOT_READ, params={"detail": detail})
    return Verdict(outcome="passed")


def expectation(evidence: dict[str, Any]) -> Literal["zeros", "changed"]:
    """What the drive must still show: zeros where it was overwritten, else anything but what was there before."""
    return "zeros" if evidence["validator"]["expect"] == "zeros" else "changed"


def validation_of(plan: dict[str, Any], evidence: dict[str, Any]) -> dict[str, Any]:
    """As deep as the erase itself was read back."""
    return dict(plan["overwrite_validation"] if expectation(evidence) == "zeros" else plan["validation"])
