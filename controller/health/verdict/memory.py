"""The verdict on memory: what its test found, and what the processor corrected meanwhile."""

from __future__ import annotations

from typing import Any

from controller.health.verdict import thresholds
from controller.health.verdict.reasons import Level, Reason, Verdict, conclude
from controller.i18n import N_

HALF = 0.5


def memory_verdict(test: dict[str, Any]) -> Verdict:
    """good / worn / failing / unknown of a memory test's figures.

    Reads ``errors`` (wrong bytes or addresses found), ``uncorrected`` and ``corrected`` (ECC and machine checks while
    it ran), ``tested_bytes``, ``total_bytes``.
    """
    errors, uncorrected, corrected = (_count(test.get(name)) for name in ("errors", "uncorrected", "corrected"))
    reasons = []
    if errors:
        text = N_("times the memory gave back something else than what was written: {count}")
        reasons.append(Reason("memory-errors", Level.FAILING, text, {"count": errors}, thresholds.MEMTEST))
    if uncorrected:
        text = N_("memory errors that the processor couldn't correct: {count}")
        reasons.append(
            Reason("memory-uncorrected", Level.FAILING, text, {"count": uncorrected}, thresholds.MEMORY_SOURCE)
        )
    if corrected:
        text = N_("memory errors that the processor corrected: {count}; a module is getting weak")
        reasons.append(Reason("memory-corrected", Level.WORN, text, {"count": corrected}, thresholds.MEMORY_SOURCE))
    tested, total = _count(test.get("tested_bytes")), _count(test.get("total_bytes"))
    if errors is None:
        reasons.append(Reason("memory-untested", Level.UNKNOWN, N_("the memory wasn't tested")))
    elif tested and total and tested < HALF * total:
        text = N_("only {percent} % of the memory was tested")
        level = Level.UNKNOWN
        reasons.append(Reason("memory-part", level, text, {"percent": 100 * tested // total}))
    elif not reasons:
        reasons.append(Reason("memory-fine", Level.GOOD, N_("the memory gave back everything as it was written")))
    return conclude(reasons)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
