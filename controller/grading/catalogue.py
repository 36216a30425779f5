"""Parts that can be bought, with what they cost about: used where the stock has none. Change prices here only."""

from __future__ import annotations

from typing import Final

from controller.parts.kinds import PartKind

GIB: Final = 2**30
GB: Final = 10**9
PRICES: Final = "ours: usual second-hand prices in France in 2025, rounded, postage included"

# Sizes of modules that are easily found, by type, and what a GiB of it costs, in cents.
MODULES: Final[dict[str, tuple[int, ...]]] = {
    "DDR": (GIB,),
    "DDR2": (GIB, 2 * GIB),
    "DDR3": (2 * GIB, 4 * GIB, 8 * GIB),
    "DDR4": (4 * GIB, 8 * GIB, 16 * GIB),
    "DDR5": (8 * GIB, 16 * GIB),
}
ANY_MODULE: Final = (2 * GIB, 4 * GIB, 8 * GIB)  # where the type isn't known
PER_GIB: Final[dict[str, int]] = {"DDR": 600, "DDR2": 400, "DDR3": 120, "DDR4": 200, "DDR5": 350}
PER_GIB_UNKNOWN: Final = 250
MODULE_BASE: Final = 200  # what any module costs beside

SSDS: Final[dict[int, int]] = {240 * GB: 2000, 480 * GB: 3200, 960 * GB: 5500}
NVME_MORE: Final = 300
FLAT: Final[dict[PartKind, int]] = {
    PartKind.BATTERY: 3000,
    PartKind.WIFI: 900,
    PartKind.WEBCAM: 1200,
    PartKind.KEYBOARD: 2500,
    PartKind.OTHER: 1000,
}


def module_price(size_bytes: int, memory_type: str) -> int:
    """Cents for one module."""
    return MODULE_BASE + round(size_bytes / GIB * PER_GIB.get(memory_type, PER_GIB_UNKNOWN))


def ssd_price(size_bytes: int, *, nvme: bool) -> tuple[int, int] | None:
    """Size and cents of the cheapest SSD that holds this much."""
    found = min((size for size in SSDS if size >= size_bytes), default=None)
    return (found, SSDS[found] + (NVME_MORE if nvme else 0)) if found else None
