"""The parts of evidence, each checked on its own: attempts, writer, validator, canaries. Pure.

Each check returns when its part supports "erased", and raises a Fault, or any other error for what can't be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.protocol import EraseOutcome
from controller.erasure.policy_values import MIN_SHARE, MIN_SLICES
from controller.i18n import N_

NOT_READ_BACK = N_("The drive was erased but not read back to its end.")


class Fault(Exception):
    """Why evidence doesn't support "erased": outcome, message id, parameters."""

    def __init__(self, outcome: EraseOutcome, reason: str, **params: Any) -> None:
        super().__init__(reason)
        self.outcome: EraseOutcome = outcome
        self.reason = reason
        self.params = params


def listed(part: Mapping[str, Any], name: str) -> list[Any]:
    """A list of the evidence. Anything else is evidence that can't be read: raises TypeError."""
    found = part[name]
    if not isinstance(found, list):
        raise TypeError(f"{name} is {found!r}, not a list")
    return found


def check_attempts(attempts: Any, technique: str) -> Mapping[str, Any]:
    """The last attempt, which is the one of ``technique``: completed, and the drive was seen to take it from us.

    A log that says "success" may be from before we came: only a command that was accepted, or an erase seen in
    progress, makes it ours. Earlier attempts that failed play no part.
    """
    if not isinstance(attempts, list):
        raise TypeError(f"the attempts are {attempts!r}, not a list")
    last = attempts[-1] if attempts else None
    if last is None or last["outcome"] != "completed":
        raise _why_none(last)
    if not technique or last["technique"] != technique:
        raise Fault("unknown", N_("The evidence contradicts itself: it names another technique than was completed."))
    if last["accepted"] is not True and last["in_progress_seen"] is not True:
        raise Fault(
            "unknown", N_("Nothing shows that the drive took our command: its success may be from before we came.")
        )
    return last  # type: ignore[no-any-return]


def _why_none(last: Any) -> Fault:
    """Nothing was completed: what became of the last attempt."""
    if not last:
        return Fault("not_erased", N_("Nothing was erased: no technique was carried out."))
    outcome, reason = _ENDS[last["outcome"]]
    return Fault(outcome, reason, detail=str(last["detail"])[:500].rstrip("."))


_ENDS: dict[str, tuple[EraseOutcome, str]] = {
    "lost": ("unknown", N_("The drive was lost in the middle of the erase ({detail}).")),
    "stalled": ("unknown", N_("The drive stalled: it began to erase itself and came to no end ({detail}).")),
    "stopped": ("not_erased", N_("The erase was stopped before its end ({detail}).")),
    "refused": ("not_erased", N_("The drive refused to be erased ({detail}).")),
    "failed": ("not_erased", N_("The erase failed: the drive did not bring it to its end ({detail}).")),
}


def check_writer(writer: Any, size: int) -> None:
    """An overwrite: the whole size written, without one error."""
    if not writer:
        raise Fault("not_erased", N_("The overwrite did not complete."))
    errors = listed(writer, "errors")
    if errors:
        raise Fault(
            "not_erased",
            N_("The drive returned write errors ({n}), the first at byte {offset}."),
            **_first(errors),
        )
    if writer.get("completed") is not True or not writer.get("ended_at"):
        raise Fault("not_erased", N_("The overwrite did not complete."))
    if _number(writer["bytes_written"]) != size:
        raise Fault(
            "not_erased",
            N_("Only {done} of {size} bytes were overwritten."),
            done=_number(writer["bytes_written"]),
            size=size,
        )


def check_validator(validator: Any, writer: Any, size: int, *, overwritten: bool) -> None:
    """The reading back: by other code, of every planned place, first and last block too, without one error."""
    if not validator:
        raise Fault("unknown", NOT_READ_BACK)
    if not validator["tool"] or (writer and validator["tool"] == writer.get("tool")):
        raise Fault("unknown", N_("It was read back by the eraser's own code."))
    data = listed(validator, "nonzero")
    if overwritten and (data or _number(validator["nonzero_reads"])):
        raise Fault(
            "not_erased",
            N_("Old data was found when the drive was read back, first at byte {offset}."),
            **_first(data or [{"offset": 0}]),
        )
    for name in ("canaries_found", "unchanged"):
        left = listed(validator, name)
        if left:
            raise Fault(
                "not_erased",
                N_("What was on the drive before is still there after the erase, first at byte {offset}."),
                **_first(left),
            )
    errors = listed(validator, "errors")
    if errors:
        raise Fault(
            "not_erased", N_("The drive returned read errors ({n}), the first at byte {offset}."), **_first(errors)
        )
    if validator["completed"] is not True or not validator["ended_at"]:
        raise Fault("unknown", NOT_READ_BACK)
    if validator["expect"] != ("zeros" if overwritten else "changed"):
        raise Fault("unknown", N_("The drive was read back for something else than what the erase must leave."))
    if validator["direct"] is not True and validator["caches_dropped"] is not True:
        raise Fault("unknown", N_("The drive was read back from the machine's memory, not from the drive itself."))
    if validator["first_lba_read"] is not True or validator["last_lba_read"] is not True:
        raise Fault("unknown", N_("The first or the last block of the drive was not read back."))
    _check_extent(validator, size)


def _check_extent(validator: Mapping[str, Any], size: int) -> None:
    done, expected = _number(validator["bytes_read"]), _number(validator["bytes_expected"])
    if validator["mode"] == "full":
        whole = expected == size
    elif validator["mode"] == "sampled":
        whole = (
            validator["share"] >= MIN_SHARE
            and _number(validator["slices"]) >= min(MIN_SLICES, _number(validator["places"]))
            and MIN_SHARE * size <= expected <= size
        )
    else:
        raise ValueError(f"the reading's mode is {validator['mode']!r}")
    if not whole:
        raise Fault("unknown", N_("Too little of the drive was read back to prove anything."))
    if done != expected:
        raise Fault("unknown", N_("Only {done} of {size} bytes were read back."), done=done, size=expected)


def reads_zeros(evidence: Any) -> bool:
    """Whether every single byte of the drive was read as zero: only then may holes of an image be left unwritten."""
    validator = evidence.get("validator") if isinstance(evidence, dict) else None
    return (
        isinstance(validator, dict)
        and (validator.get("mode"), validator.get("expect")) == ("full", "zeros")
        and validator.get("completed") is True
        and not validator.get("nonzero")
        and not validator.get("nonzero_reads")
    )


def check_canaries(evidence: Mapping[str, Any]) -> None:
    """A drive that erased itself: every marker and every sample looked at again, and at least one there to tell."""
    canaries, samples, validator = evidence["canaries"], evidence["samples_before"], evidence["validator"]
    marked = 0
    if canaries and canaries["written"] is True and not listed(canaries, "errors"):
        marked = len(set(listed(canaries, "places")))
    if marked and _number(validator["canaries_checked"]) != marked:
        raise Fault(
            "unknown",
            N_("Only {done} of {n} markers were looked for after the erase."),
            done=_number(validator["canaries_checked"]),
            n=marked,
        )
    telling = [p for p in listed(samples, "places") if p["uniform"] is not True] if samples else []
    if telling and _number(validator["samples_checked"]) != len({p["offset"] for p in telling}):
        raise Fault("unknown", N_("Not every part that was noted before the erase was looked at again."))
    if not marked and not telling:
        raise Fault(
            "unknown",
            N_(
                "Nothing was on the drive before that could show the erase: let markers be written, and erase it again."
            ),
        )


def _number(value: Any) -> int:
    """A count. Raises TypeError for anything else: "5" or 5.0 come from no reader of ours."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no count")
    return value


def _first(found: Sequence[Any]) -> dict[str, Any]:
    first = found[0]
    return {"n": len(found), "offset": _number(first["offset"] if isinstance(first, Mapping) else first)}
