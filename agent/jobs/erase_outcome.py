"""What the evidence of an erase says: erased, not_erased or unknown, with the reasons in words. Pure."""

from __future__ import annotations

from typing import Any

from agent.jobs.erase_evidence import completed_attempt
from agent.protocol import EraseOutcome
from agent.protocol_erase import Attempt


def outcome_of(evidence: dict[str, Any]) -> tuple[EraseOutcome, list[str]]:
    """The agent's first opinion. Only a completed technique and a complete, clean read-back make it ``erased``.

    ``not_erased``: something shows that data may be left. ``unknown``: nothing shows it, but nothing proves the
    contrary either.
    """
    attempts: list[Attempt] = evidence.get("attempts") or []
    if not attempts:
        return "not_erased", _hidden(evidence) + _unprepared(evidence) or ["nothing was written"]
    left = _what_is_left(evidence)
    if left:
        return "not_erased", left
    last = attempts[-1]
    if last["outcome"] in ("lost", "stalled"):
        return "unknown", [f"{last['technique']}: {last['detail']}"]
    missing = _what_is_not_proven(evidence, last)
    if missing:
        return "unknown", missing
    return "erased", []


def _what_is_left(evidence: dict[str, Any]) -> list[str]:
    reasons = _hidden(evidence)
    done = completed_attempt(evidence)
    if done is None:
        ended = [a for a in evidence["attempts"] if a["outcome"] not in ("lost", "stalled")]
        if len(ended) == len(evidence["attempts"]):
            reasons += [f"{a['technique']} {a['outcome']}: {a['detail']}" for a in ended]
    elif done["technique"] == "overwrite-zero":
        reasons += _what_was_not_written(done["writer"] or {}, evidence.get("size_bytes_reported"))
    elif not (done["accepted"] or done["in_progress_seen"]):
        reasons.append(f"nothing shows that the drive took {done['technique']}")
    validator = evidence.get("validator") or {}
    for found, said in (
        ("nonzero", "data was read back after the erase, first at byte {}"),
        ("unchanged", "old data is still there after the erase, first at byte {}"),
        ("canaries_found", "a marker written before the erase is still there, at byte {}"),
    ):
        if validator.get(found):
            first = validator[found][0]
            reasons.append(said.format(first["offset"] if isinstance(first, dict) else first))
    return reasons


def _what_was_not_written(writer: dict[str, Any], size: Any) -> list[str]:
    reasons = []
    if writer.get("errors"):
        reasons.append(f"{len(writer['errors'])} write errors, the first {_where(writer['errors'][0])}")
    if not writer.get("completed"):
        reasons.append(f"the write did not come to its end: {writer.get('stopped') or 'no reason known'}")
    elif writer.get("bytes_written") != size:
        reasons.append(f"{writer.get('bytes_written')} of {size} bytes were written")
    return reasons


def _what_is_not_proven(evidence: dict[str, Any], done: Attempt) -> list[str]:
    validator, size = evidence.get("validator"), evidence.get("size_bytes_reported")
    if validator is None:
        return ["the drive was not read back"]
    reasons = []
    if validator.get("errors"):
        reasons.append(f"{len(validator['errors'])} read errors, the first {_where(validator['errors'][0])}")
    if not validator.get("completed"):
        reasons.append(f"the read-back did not come to its end: {validator.get('stopped') or 'no reason known'}")
    elif validator.get("bytes_read") != validator.get("bytes_expected"):
        reasons.append(f"{validator.get('bytes_read')} of {validator.get('bytes_expected')} bytes were read back")
    elif validator.get("mode", "full") == "full" and validator.get("bytes_read") != size:
        reasons.append(f"{validator.get('bytes_read')} of {size} bytes were read back")
    if not isinstance(size, int) or size <= 0 or (done["writer"] or {}).get("bytes_expected", size) != size:
        reasons.append("the drive's size is not certain")
    if evidence.get("drive_after") is None:
        reasons.append("the drive was not found again afterwards")
    native = evidence.get("size_bytes_native")
    if native is not None and isinstance(size, int) and native > size:
        reasons.append(f"the drive hides {native - size} bytes from the system (host protected area)")
    return reasons


def _hidden(evidence: dict[str, Any]) -> list[str]:
    return [
        f"the drive still hides {area['native_bytes'] - area['visible_bytes']} bytes ({area['kind'].upper()})"
        for area in evidence.get("hidden_left") or []
    ]


def _unprepared(evidence: dict[str, Any]) -> list[str]:
    return [f"{p['name']}: {p['detail']}" for p in evidence.get("preparations") or [] if not p["ok"]]


def _where(error: dict[str, Any]) -> str:
    return f"at byte {error.get('offset')} ({error.get('error')})"
