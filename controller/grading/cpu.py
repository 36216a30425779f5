"""How much work a processor does, from what an inventory says of it. Pure.

The figure is GHz of one Core 2's core, over at most four cores (browsers hardly use more): clock x cores x work per
clock. It is an estimate, good to about a third: enough to tell a netbook from a laptop. Where a test measured the
processor its figure isn't used for this, as it runs on whatever power plan the machine has; it can only be slower.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

MAX_CORES: Final = 4
# Work per clock by x86-64 level (psABI): 1 Core 2 and K8; 2 Nehalem to Ivy Bridge; 3 Haswell to Zen 3; 4 AVX-512.
# Relative single-thread results of the common benchmarks (PassMark, Geekbench), rounded. Ours.
PER_CLOCK: Final = {1: 0.9, 2: 1.3, 3: 1.6, 4: 1.8}
UNKNOWN_LEVEL: Final = 1.0


@dataclass(frozen=True)
class Slower:
    """A family that does less work a clock than its level says."""

    pattern: re.Pattern[str]
    factor: float
    why: str


def _slower(pattern: str, factor: float, why: str) -> Slower:
    return Slower(re.compile(pattern, re.IGNORECASE), factor, why)


SLOWER: Final[tuple[Slower, ...]] = (
    _slower(r"atom.*\b(n|d|z)[2-6]\d\d\b|atom.*\b[nd]2[5-8]\d\d\b|atom.*\bz2[4-7]\d\d\b", 0.5,
            "in-order Atom, until 2013"),
    _slower(r"atom|celeron.*\b[njg]\d{4}\b|pentium.*\b[nj]\d{4}\b|\bn[1-9]\d{2}\b.*intel|intel.*\bn[1-9]\d{2}\b", 0.8,
            "small cores: Silvermont to Gracemont"),
    _slower(r"\bamd (e|c|z|g-t|a4-1|a6-1|e1|e2)-?\d|\be[12]-\d{4}|\bc-[3567]0\b|\be-[2-4]\d\d\b", 0.6,
            "Bobcat and Jaguar"),
    _slower(r"\b(a4|a6|a8|a10|fx)[-( ]", 0.8, "Bulldozer and its heirs: two cores share much"),
    _slower(r"pentium\(r\) (4|d)\b|celeron\(r\) d\b|xeon.*\b(50|70)\d0\b", 0.55, "NetBurst: high clock, little work"),
)  # fmt: skip


def work(cpu: dict[str, Any]) -> float | None:
    """The figure, or None where cores or clock aren't known."""
    cores, clock = _count(cpu.get("cores")), _count(cpu.get("max_mhz"))
    if not cores or not clock:
        return None
    level = cpu.get("level")
    per_clock = PER_CLOCK.get(level, UNKNOWN_LEVEL) if isinstance(level, int) else UNKNOWN_LEVEL
    model = str(cpu.get("model") or "")
    factor = next((row.factor for row in SLOWER if row.pattern.search(model)), 1.0)
    return round(min(cores, MAX_CORES) * clock / 1000 * per_clock * factor, 2)


def short_model(model: str) -> str:
    """The processor's name as people say it."""
    for noise in ("(R)", "(TM)", "(tm)", " CPU", " Processor"):
        model = model.replace(noise, "")
    return " ".join(model.partition(" @ ")[0].split())


def _count(value: Any) -> int | None:
    known = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1_000_000
    return value if known else None
