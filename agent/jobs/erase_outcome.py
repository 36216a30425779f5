"""What the evidence of an erase says: erased, not_erased or unknown, with the reasons in words. Pure."""

from __future__ import annotations

from typing import Any

from agent.protocol import EraseOutcome


def outcome_of(evidence: dict[str, Any]) -> tuple[EraseOutcome, list[str]]:
    """The agent's first opinion. Only a complete write and a complete, clean read-back make it ``erased``.

    ``not_erased``: something shows that data may be left. ``unknown``: nothing shows it, but nothing proves the
    contrary either.
    """
    writer, validator = evidence.get("writer"), evidence.get("validator")
    size = evidence.get("size_bytes_reported")
    if writer is None:
        return "not_erased", ["nothing was written"]
    left = _what_is_left(writer, validator, size)
    if left:
        return "not_erased", left
    missing = _what_is_not_proven(evidence, writer, validator, size)
    if missing:
        return "unknown", missing
    return "erased", []


def _what_is_left(writer: dict[str, Any], validator: dict[str, Any] | None, size: Any) -> list[str]:
    reasons = []
    if writer.get("errors"):
        reasons.append(f"{len(writer['errors'])} write errors, the first {_where(writer['errors'][0])}")
    if not writer.get("completed"):
        reasons.append(f"the write did not come to its end: {writer.get('stopped') or 'no reason known'}")
    elif writer.get("bytes_written") != size:
        reasons.append(f"{writer.get('bytes_written')} of {size} bytes were written")
    if validator and validator.get("nonzero"):
        first = validator["nonzero"][0]["offset"]
        reasons.append(f"data was read back after the erase, first at byte {first}")
    return reasons


def _what_is_not_proven(
    evidence: dict[str, Any], writer: dict[str, Any], validator: dict[str, Any] | None, size: Any
) -> list[str]:
    if validator is None:
        return ["the drive was not read back"]
    reasons = []
    if validator.get("errors"):
        reasons.append(f"{len(validator['errors'])} read errors, the first {_where(validator['errors'][0])}")
    if not validator.get("completed"):
        reasons.append(f"the read-back did not come to its end: {validator.get('stopped') or 'no reason known'}")
    elif validator.get("bytes_read") != size or validator.get("bytes_expected") != size:
        reasons.append(f"{validator.get('bytes_read')} of {size} bytes were read back")
    if not isinstance(size, int) or size <= 0 or writer.get("bytes_expected", size) != size:
        reasons.append("the drive's size is not certain")
    if evidence.get("drive_after") is None:
        reasons.append("the drive was not found again afterwards")
    native = evidence.get("size_bytes_native")
    if native is not None and isinstance(size, int) and native > size:
        reasons.append(f"the drive hides {native - size} bytes from the system (host protected area)")
    return reasons


def _where(error: dict[str, Any]) -> str:
    return f"at byte {error.get('offset')} ({error.get('error')})"
