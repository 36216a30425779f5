"""Evidence → first opinion. Everything that is not proven is not ``erased``."""

from __future__ import annotations

from typing import Any

import pytest

from agent.jobs.erase_outcome import outcome_of

SIZE = 1000
WRITER = {"bytes_written": SIZE, "bytes_expected": SIZE, "errors": [], "completed": True, "stopped": ""}
VALIDATOR = {
    "mode": "full", "bytes_read": SIZE, "bytes_expected": SIZE, "nonzero": [], "unchanged": [], "canaries_found": [],
    "errors": [], "completed": True, "stopped": "",
}  # fmt: skip
OVERWRITE = {
    "technique": "overwrite-zero", "outcome": "completed", "accepted": True, "in_progress_seen": False, "detail": "",
    "writer": WRITER,
}  # fmt: skip
SANITIZE = OVERWRITE | {"technique": "nvme-sanitize-block", "writer": None}
REFUSED = SANITIZE | {"outcome": "refused", "accepted": False, "detail": "Invalid Opcode"}
GOOD: dict[str, Any] = {
    "attempts": [OVERWRITE], "validator": VALIDATOR, "size_bytes_reported": SIZE, "size_bytes_native": None,
    "drive_after": {"serial": "S1"}, "hidden_left": [], "preparations": [],
}  # fmt: skip
HPA = {"kind": "hpa", "visible_bytes": SIZE, "native_bytes": SIZE + 100}


def overwritten(**writer: Any) -> dict[str, Any]:
    """The evidence of an overwrite whose writer tells this."""
    return {"attempts": [OVERWRITE | {"writer": WRITER | writer}]}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"size_bytes_native": SIZE},
        {"attempts": [SANITIZE]},
        {"attempts": [SANITIZE | {"accepted": False, "in_progress_seen": True}]},
        {"attempts": [REFUSED, OVERWRITE]},  # what was refused before plays no part
        {"attempts": [SANITIZE], "validator": VALIDATOR | {"mode": "sampled", "bytes_read": 99, "bytes_expected": 99}},
    ],
)
def test_the_ways_to_erased(change: dict[str, Any]) -> None:
    assert outcome_of(GOOD | change) == ("erased", [])


@pytest.mark.parametrize(
    ("change", "outcome", "said"),
    [
        ({"attempts": []}, "not_erased", "nothing was written"),
        ({"attempts": [REFUSED]}, "not_erased", "nvme-sanitize-block refused: Invalid Opcode"),
        ({"attempts": [SANITIZE | {"accepted": False}]}, "not_erased", "nothing shows that the drive took"),
        ({"attempts": [SANITIZE | {"outcome": "stalled", "detail": "0 % for 900 s"}]}, "unknown", "0 % for 900 s"),
        ({"attempts": [REFUSED, SANITIZE | {"outcome": "lost", "detail": "gone"}]}, "unknown", "gone"),
        ({"attempts": [SANITIZE | {"outcome": "stopped", "detail": "SIGTERM"}]}, "not_erased", "SIGTERM"),
        (overwritten(errors=[{"offset": 512, "error": "EIO"}]), "not_erased", "at byte 512 (EIO)"),
        (overwritten(completed=False, stopped="the drive is gone"), "not_erased", "the drive is gone"),
        (overwritten(bytes_written=SIZE - 1), "not_erased", "999 of 1000 bytes were written"),
        ({"validator": VALIDATOR | {"nonzero": [{"offset": 3}]}}, "not_erased", "first at byte 3"),
        ({"validator": VALIDATOR | {"unchanged": [{"offset": 3}]}}, "not_erased", "first at byte 3"),
        ({"validator": VALIDATOR | {"canaries_found": [4096]}}, "not_erased", "at byte 4096"),
        # Data found counts even when the reading itself failed later.
        ({"validator": VALIDATOR | {"nonzero": [{"offset": 3}], "completed": False}}, "not_erased", "first at byte 3"),
        ({"validator": None}, "unknown", "not read back"),
        ({"validator": VALIDATOR | {"errors": [{"offset": 7, "error": "EIO"}]}}, "unknown", "read errors"),
        ({"validator": VALIDATOR | {"completed": False, "stopped": "given up"}}, "unknown", "given up"),
        ({"validator": VALIDATOR | {"bytes_read": SIZE - 512}}, "unknown", "were read back"),
        ({"validator": VALIDATOR | {"bytes_read": 512, "bytes_expected": 512}}, "unknown", "512 of 1000 bytes"),
        ({"drive_after": None}, "unknown", "not found again"),
        ({"size_bytes_native": SIZE + 100}, "unknown", "hides 100 bytes"),
        ({"hidden_left": [HPA]}, "not_erased", "still hides 100 bytes (HPA)"),
        (
            {"attempts": [], "preparations": [{"name": "remove-dco", "ok": False, "detail": "frozen"}]},
            "not_erased",
            "remove-dco: frozen",
        ),
        ({"size_bytes_reported": None} | overwritten(bytes_written=None), "unknown", "size"),
    ],
)
def test_everything_else(change: dict[str, Any], outcome: str, said: str) -> None:
    found, reasons = outcome_of(GOOD | change)
    assert found == outcome
    assert said in "; ".join(reasons)
