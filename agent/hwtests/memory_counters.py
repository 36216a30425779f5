"""Errors that the processor saw: EDAC's counters and machine check exceptions.

Sources: Documentation/admin-guide/ras.rst (ce_count, ue_count), /proc/interrupts' line MCE.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent.files import read_int, read_text


@dataclass(frozen=True)
class Counters:
    """Counts since the start of the system; ``watched``: the memory controller's are among them."""

    corrected: int
    uncorrected: int
    exceptions: int
    watched: bool


def read_counters(root: Path = Path("/")) -> Counters:
    """What is counted now. Zeros where nothing counts."""
    controllers = sorted((root / "sys/devices/system/edac/mc").glob("mc[0-9]*"))
    exceptions = 0
    for line in read_text(root / "proc/interrupts").splitlines():
        name, _, rest = line.strip().partition(":")
        if name == "MCE":
            exceptions = sum(int(word) for word in rest.split() if word.isdigit())
    return Counters(
        corrected=sum(read_int(controller / "ce_count") or 0 for controller in controllers),
        uncorrected=sum(read_int(controller / "ue_count") or 0 for controller in controllers),
        exceptions=exceptions,
        watched=bool(controllers),
    )


def meanwhile(before: Counters, after: Counters) -> tuple[int, int]:
    """Corrected and uncorrected errors between two readings; a counter that was reset counts as it is."""

    def more(first: int, second: int) -> int:
        return second - first if second >= first else second

    uncorrected = more(before.uncorrected, after.uncorrected) + more(before.exceptions, after.exceptions)
    return more(before.corrected, after.corrected), uncorrected
