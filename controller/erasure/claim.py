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
    except (KeyError, TypeError, ValueError) as error:
        return Claim(
            outcome="unknown", reason=N_("The evidence can't be read ({detail})."), params={"detail": repr(error)}
        )


def _judge(evidence: dict[str, Any], drive: DriveKey) -> Claim:
    before = evidence["drive_before"]
    for name in ("serial", "wwn", "size_bytes"):
        if before[name] != drive[name]:
            return Claim(
                outcome="unknown",
                reason=N_("The evidence is of another drive ({found} instead of {expected})."),
                params={"found": str(before[name]), "expected": str(drive[name])},
            )
    level = LEVEL_OF.get(str(evidence["technique"]))
    if level is None:
        return Claim(outcome="unknown", reason=N_("The technique is not one that we know."))
    writer, validator, size = evidence["writer"], evidence["validator"], drive["size_bytes"]
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
    if validator.get("tool") == writer.get("tool"):
        return Claim(outcome="unknown", reason=N_("It was read back by the eraser's own code."))
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
    return Claim(outcome="erased", level="clear" if level == "clear" else "purge")


def _errors(part: dict[str, Any]) -> bool:
    return bool(part["errors"])


def _first(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"n": len(found), "offset": int(found[0]["offset"])}
