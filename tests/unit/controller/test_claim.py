"""Evidence → claim. Each case is the good evidence with one thing wrong: only the good one is ``erased``."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from agent.jobs.erase_outcome import outcome_of
from agent.protocol import DriveKey
from controller.erasure.claim import claim

SIZE = 500_107_862_016
DRIVE: DriveKey = {"serial": "S3Z9NB0K", "wwn": "0x5002538e40b5a1c2", "model": "Samsung SSD 860", "size_bytes": SIZE}
FACTS = {**DRIVE, "path": "/dev/sda", "rotational": False, "transport": "sata"}
GOOD: dict[str, Any] = {
    "schema": "recyclerie.evidence/1",
    "technique": "overwrite-zero",
    "drive_before": FACTS,
    "drive_after": FACTS,
    "smart_before": None,
    "smart_after": None,
    "writer": {
        "tool": "recyclerie-write",
        "version": "1",
        "bytes_written": SIZE,
        "bytes_expected": SIZE,
        "completed": True,
        "errors": [],
        "started_at": "2026-01-01T10:00:00Z",
        "ended_at": "2026-01-01T11:00:00Z",
    },
    "validator": {
        "tool": "recyclerie-read",
        "version": "1",
        "mode": "full",
        "bytes_read": SIZE,
        "bytes_expected": SIZE,
        "completed": True,
        "nonzero": [],
        "errors": [],
        "started_at": "2026-01-01T11:00:00Z",
        "ended_at": "2026-01-01T12:00:00Z",
    },
    "authorisation_id": 1,
    "authorised_by": "user:1",
    "size_bytes_reported": SIZE,
    "size_bytes_native": SIZE,
}


def changed(*changes: tuple[str, Any]) -> dict[str, Any]:
    """The good evidence with some dotted paths set (or, with ``...``, taken away)."""
    evidence = copy.deepcopy(GOOD)
    for path, value in changes:
        *parents, last = path.split(".")
        part = evidence
        for name in parents:
            part = part[name]
        if value is ...:
            del part[last]
        else:
            part[last] = value
    return evidence


def test_the_good_one() -> None:
    found = claim(GOOD, DRIVE)
    assert (found.outcome, found.level, found.reason) == ("erased", "clear", "")


IO_ERROR = [{"offset": 4096, "error": "Input/output error"}]
NOT_ERASED: dict[str, dict[str, Any]] = {
    "the drive failed a write": changed(("writer.errors", IO_ERROR)),
    "it failed a write, though the writer says that it completed": changed(
        ("writer.errors", IO_ERROR), ("writer.completed", True)
    ),
    "nothing was written": changed(("writer", None)),
    "the gate refused": changed(("drive_before", None), ("drive_after", None), ("writer", None), ("validator", None)),
    "the write has no end": changed(("writer.ended_at", None)),
    "the write was stopped": changed(("writer.completed", False)),
    "a short write": changed(("writer.bytes_written", SIZE - 512)),
    "more written than there is": changed(("writer.bytes_written", SIZE + 512)),
    "old data was read": changed(("validator.nonzero", [{"offset": 1048576}])),
    "the drive failed a read": changed(("validator.errors", IO_ERROR)),
    "a hidden area": changed(("size_bytes_native", SIZE + 8_388_608)),
}
UNKNOWN: dict[str, Any] = {
    "nothing came back": None,
    "an empty object": {},
    "not read back": changed(("validator", None)),
    "the reading has no end": changed(("validator.ended_at", "")),
    "the reading was stopped": changed(("validator.completed", False)),
    "a short read": changed(("validator.bytes_read", SIZE - 512)),
    "another drive was written": changed(("drive_before", {**FACTS, "serial": "OTHER"})),
    "another size was written": changed(("drive_before", {**FACTS, "size_bytes": SIZE // 2})),
    "another WWN was written": changed(("drive_before", {**FACTS, "wwn": ""})),
    "another drive was there at the end": changed(("drive_after", {**FACTS, "serial": "OTHER"})),
    "the drive was gone at the end": changed(("drive_after", None)),
    "read back by the eraser itself": changed(("validator.tool", "recyclerie-write")),
    "neither says which tool": changed(("validator.tool", ...), ("writer.tool", ...)),
    "the reader says no tool": changed(("validator.tool", "")),
    "an unknown technique": changed(("technique", "crypto-erase")),
    "no technique": changed(("technique", ...)),
    "no list of write errors": changed(("writer.errors", ...)),
    "write errors that are no list": changed(("writer.errors", None)),
    "what was found is no list": changed(("validator.nonzero", 0)),
    "no list of what was found": changed(("validator.nonzero", ...)),
    "a number that is none": changed(("writer.bytes_written", "all")),
    "an infinite number": changed(("writer.bytes_written", float("inf"))),
    "the reader's part is a list": changed(("validator", [1])),
    "the writer's part is text": changed(("writer", "done")),
    "an error without its place": changed(("writer.errors", [{}])),
    "a list": [1, 2],
    "text": "erased",
}


@pytest.mark.parametrize("name", NOT_ERASED)
def test_not_erased(name: str) -> None:
    found = claim(NOT_ERASED[name], DRIVE)
    assert found.outcome == "not_erased"
    assert found.level == ""
    assert found.reason.format(**found.params)


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown(name: str) -> None:
    found = claim(UNKNOWN[name], DRIVE)
    assert found.outcome == "unknown"
    assert found.level == ""
    assert found.reason.format(**found.params)


@pytest.mark.parametrize("field", ["authorised_by", "smart_before", "size_bytes_reported", "schema"])
def test_what_was_asked_for_plays_no_part(field: str) -> None:
    """Negative control of the table: what isn't evidence changes nothing."""
    assert claim(changed((field, None)), DRIVE).outcome == "erased"


@pytest.mark.parametrize(("native", "outcome"), [(None, "erased"), (SIZE, "erased"), (SIZE + 512, "not_erased")])
def test_native_size(native: int | None, outcome: str) -> None:
    assert claim(changed(("size_bytes_native", native)), DRIVE).outcome == outcome


def test_never_more_favourable_than_the_agent() -> None:
    """Two judges that share no code: what the agent doesn't call erased, the controller doesn't either."""
    assert outcome_of(GOOD)[0] == "erased"
    for evidence in (*NOT_ERASED.values(), *(e for e in UNKNOWN.values() if isinstance(e, dict))):
        assert claim(evidence, DRIVE).outcome != "erased"
    for path in ("writer.completed", "validator.completed", "drive_after"):
        assert outcome_of(changed((path, None)))[0] != "erased"
