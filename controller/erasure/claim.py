"""Evidence → claim. Pure: what was asked for plays no part, only what was observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.protocol import DriveKey, EraseOutcome
from controller.erasure.plan import LEVEL_OF
from controller.i18n import N_

NOT_READ_BACK = N_("The drive was overwritten but not read back to its end.")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What may be said of a drive."""

    outcome: EraseOutcome
    level: Literal["clear", "purge", ""] = ""
    reason: str = ""  # message id: why it isn't erased
    params: dict[str, Any] = field(default_factory=dict)


def claim(evidence: dict[str, Any] | None, drive: DriveKey) -> Claim:
    """The claim that ``evidence`` supports for the drive that was authorised.

    ``erased`` needs a technique that completed over the whole size and a validation by the independent
    reader over the whole size, both without one error, on the very drive that was authorised.
    """
    if not evidence:
        return Claim(outcome="unknown", reason=N_("No evidence came back from the machine."))
    try:
        return _judge(evidence, drive)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        return Claim(
            outcome="unknown", reason=N_("The evidence can't be read ({detail})."), params={"detail": repr(error)}
        )


def _judge(evidence: dict[str, Any], drive: DriveKey) -> Claim:
    if evidence["drive_before"] is None:
        return Claim(outcome="not_erased", reason=N_("Nothing was written: the machine refused the drive."))
    other = _other_drive(evidence["drive_before"], drive)
    if other:
        return other
    level = LEVEL_OF.get(str(evidence["technique"]))
    if level is None:
        return Claim(outcome="unknown", reason=N_("The technique is not one that we know."))
    writer, validator, size = evidence["writer"], evidence["validator"], drive["size_bytes"]
    native = evidence.get("size_bytes_native")
    if native is not None and int(native) > size:
        return Claim(
            outcome="not_erased",
            reason=N_("{hidden} bytes of the drive are hidden from the system (HPA): they were not overwritten."),
            params={"hidden": int(native) - size},
        )
    if writer and _errors(writer):
        return Claim(
            outcome="not_erased",
            reason=N_("The drive returned {n} write errors, the first at byte {offset}."),
            params=_first(writer["errors"]),
        )
    if not writer or not writer.get("ended_at") or not writer.get("completed"):
        return Claim(outcome="not_erased", reason=N_("The overwrite did not complete."))
    if int(writer["bytes_written"]) != size:
        return Claim(
            outcome="not_erased",
            reason=N_("Only {done} of {size} bytes were overwritten."),
            params={"done": int(writer["bytes_written"]), "size": size},
        )
    if not validator:
        return Claim(outcome="unknown", reason=NOT_READ_BACK)
    if not validator.get("tool") or validator["tool"] == writer.get("tool"):
        return Claim(outcome="unknown", reason=N_("It was read back by the eraser's own code."))
    if not isinstance(validator["nonzero"], list):
        raise TypeError(f"what was found is {validator['nonzero']!r}, not a list")
    if validator["nonzero"]:
        return Claim(
            outcome="not_erased",
            reason=N_("Old data was found when the drive was read back, first at byte {offset}."),
            params=_first(validator["nonzero"]),
        )
    if _errors(validator):
        return Claim(
            outcome="not_erased",
            reason=N_("The drive returned {n} read errors, the first at byte {offset}."),
            params=_first(validator["errors"]),
        )
    if not validator.get("ended_at") or not validator.get("completed"):
        return Claim(outcome="unknown", reason=NOT_READ_BACK)
    if int(validator["bytes_read"]) != size:
        return Claim(
            outcome="unknown",
            reason=N_("Only {done} of {size} bytes were read back."),
            params={"done": int(validator["bytes_read"]), "size": size},
        )
    if not evidence["drive_after"]:
        return Claim(outcome="unknown", reason=N_("The drive was not found again after it was read back."))
    return _other_drive(evidence["drive_after"], drive) or Claim(outcome="erased", level=level)


def _other_drive(facts: dict[str, Any], drive: DriveKey) -> Claim | None:
    for found, expected in (
        (facts["serial"], drive["serial"]),
        (facts["wwn"], drive["wwn"]),
        (facts["size_bytes"], drive["size_bytes"]),
    ):
        if found != expected:
            return Claim(
                outcome="unknown",
                reason=N_("The evidence is of another drive ({found} instead of {expected})."),
                params={"found": str(found), "expected": str(expected)},
            )
    return None


def _errors(part: dict[str, Any]) -> bool:
    found = part["errors"]
    if not isinstance(found, list):
        raise TypeError(f"the errors are {found!r}, not a list")
    return bool(found)


def _first(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"n": len(found), "offset": int(found[0]["offset"])}
