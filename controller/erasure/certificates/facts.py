"""Evidence → the facts that a paper says of one drive. Pure, and total: what is missing is left out, never guessed.

A text is ``{"message": message id, "params": {…}}``: translated where it is printed.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from controller.erasure.levels import medium_of
from controller.i18n import N_, said

Said = dict[str, object]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _int(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def technique_of(evidence: Any) -> str:
    """The technique that completed, else the last that was tried."""
    given = _dict(evidence)
    if isinstance(given.get("technique"), str) and given["technique"]:
        return str(given["technique"])
    attempts = [a for a in _list(given.get("attempts")) if isinstance(a, dict)]
    return str(attempts[-1].get("technique") or "") if attempts else ""


def completed_attempt(evidence: Any) -> dict[str, Any]:
    """The attempt that the claim rests on; empty when none completed."""
    technique = technique_of(evidence)
    for attempt in reversed(_list(_dict(evidence).get("attempts"))):
        if (
            isinstance(attempt, dict)
            and attempt.get("outcome") == "completed"
            and attempt.get("technique") == technique
        ):
            return attempt
    return {}


def tools_of(evidence: Any) -> list[str]:
    """Name and version of what erased the drive."""
    writer = _dict(_dict(evidence).get("writer"))
    if writer.get("tool"):
        return [_tool(writer)]
    found = [_tool(c) for c in _list(completed_attempt(evidence).get("commands")) if isinstance(c, dict)]
    return list(dict.fromkeys(t for t in found if t))


def validator_of(evidence: Any) -> str:
    """Name and version of what read the drive back; empty when nothing did."""
    return _tool(_dict(_dict(evidence).get("validator")))


def _tool(part: dict[str, Any]) -> str:
    return f"{part.get('tool') or ''} {part.get('version') or ''}".strip()


def verification(evidence: Any) -> list[Said]:
    """How it is known that the technique completed."""
    texts: list[Said] = []
    writer, attempt = _dict(_dict(evidence).get("writer")), completed_attempt(evidence)
    if writer:
        texts.append(
            said(
                N_("{done} of {total} bytes written, write errors: {n}"),
                done=_int(writer.get("bytes_written")) or 0,
                total=_int(writer.get("bytes_expected")) or _int(_dict(evidence).get("size_bytes_reported")) or 0,
                n=len(_list(writer.get("errors"))),
            )
        )
    elif attempt:
        if attempt.get("accepted"):
            texts.append(said(N_("the drive accepted the command and reported that it completed")))
        elif attempt.get("in_progress_seen"):
            texts.append(said(N_("the drive was seen at it, then reported that it completed")))
    failed = [a for a in _list(_dict(evidence).get("attempts")) if isinstance(a, dict) and a is not attempt]
    failed = [a for a in failed if a.get("outcome") in ("refused", "failed", "stalled")]
    if attempt and failed:
        texts.append(said(N_("techniques that did not work before: {n}"), n=len(failed)))
    return texts


def validation(evidence: Any) -> tuple[list[Said], list[Said]]:
    """How the drive was read back, and what was found."""
    reader = _dict(_dict(evidence).get("validator"))
    if not reader:
        return [], []
    if reader.get("mode") == "sampled":
        method = [
            said(
                N_("read back at {places} places spread over {slices} parts, first and last sector included"),
                places=_int(reader.get("places")) or 0,
                slices=_int(reader.get("slices")) or 0,
            )
        ]
    else:
        method = [said(N_("read back whole, from the first to the last sector"))]
    result = [
        said(
            N_("{done} of {total} bytes read, read errors: {n}"),
            done=_int(reader.get("bytes_read")) or 0,
            total=_int(reader.get("bytes_expected")) or 0,
            n=len(_list(reader.get("errors"))),
        )
    ]
    old = len(_list(reader.get("nonzero"))) + len(_list(reader.get("unchanged")))
    found = len(_list(reader.get("canaries_found")))
    if old:
        result.append(said(N_("places with old data: {n}"), n=old))
    elif reader.get("completed") is True and not _list(reader.get("errors")):
        result.append(said(N_("no trace of the old data")))
    if reader.get("expect") == "changed":
        method.append(said(N_("compared with what was there before")))
    checked = _int(reader.get("canaries_checked"))
    if checked:
        result.append(said(N_("markers written before: {n}, found again: {found}"), n=checked, found=found))
    return method, result


def hidden(evidence: Any) -> Said | None:
    """Areas that the system doesn't show: found, removed, left; None where nobody looked."""
    given = _dict(evidence)
    if not given:
        return None
    found, left = _list(given.get("hidden_found")), _list(given.get("hidden_left"))
    kinds = ", ".join(sorted({str(a.get("kind", "?")).upper() for a in [*found, *left] if isinstance(a, dict)}))
    if left:
        return said(N_("{kinds} found, NOT removed"), kinds=kinds)
    if found:
        return said(N_("{kinds} found, removed before the erase"), kinds=kinds)
    if _int(given.get("size_bytes_native")) is None:
        return said(N_("none found (the drive doesn't tell its native size)"))
    return said(N_("none: the whole native size was reached"))


def health(evidence: Any) -> Said | None:
    """What the drive says of itself after the erase; None when it says nothing."""
    smart = _dict(_dict(evidence).get("smart_after"))
    if not smart.get("available"):
        return None
    hours = _int(smart.get("power_on_hours"))
    if smart.get("passed") is False:
        return said(N_("it says that it is failing"))
    pending = (_int(smart.get("pending_sectors")) or 0) + (_int(smart.get("media_errors")) or 0)
    if pending:
        return said(N_("sectors it can't read any more: {n}"), n=pending)
    if smart.get("passed") is True and hours is not None:
        return said(N_("good, hours of use: {n}"), n=hours)
    return said(N_("good")) if smart.get("passed") is True else None


def medium(evidence: Any, drive_facts: dict[str, Any]) -> str:
    """hdd, ssd, nvme… as the claim took it."""
    before = _dict(_dict(evidence).get("drive_before"))
    erase = _dict(evidence).get("erase_facts_before")
    facts = {**drive_facts, **before}
    if isinstance(erase, dict):
        facts["erase"] = erase
    return str(medium_of(facts))


def times(evidence: Any) -> tuple[str, str]:
    """When the technique that completed began, and when reading back ended (ISO 8601); empty where not known."""
    given = _dict(evidence)
    attempt, writer, reader = completed_attempt(given), _dict(given.get("writer")), _dict(given.get("validator"))
    start = attempt.get("started_at") or writer.get("started_at") or ""
    end = reader.get("ended_at") or attempt.get("ended_at") or writer.get("ended_at") or ""
    return _time(start), _time(end)


def _time(value: Any) -> str:
    try:
        at = dt.datetime.fromisoformat(str(value))
    except ValueError:
        return ""
    return at.isoformat() if at.tzinfo else ""
