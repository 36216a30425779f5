"""The table of attributes as an agent sends it: one list for each, small (agent/collectors/smart.py).

``[number, name, value, worst, threshold, raw, shown, failed, pre-failure]``; ``shown`` is "" where it is ``raw``.
"""

from __future__ import annotations

from typing import Any

from controller.health.verdict.attributes import apply_attributes
from controller.health.verdict.metrics import Attribute, DriveMetrics
from controller.health.verdict.numbers import whole

FIELDS = 9
MAX_LINES = 64


def table_of(drive: DriveMetrics, lines: Any) -> None:
    """Fill in the attributes, and what vendors mean by them. Lines of another shape count as not said."""
    for line in lines[:MAX_LINES] if isinstance(lines, list) else []:
        if not isinstance(line, list) or len(line) != FIELDS:
            continue
        number, name, value, worst, threshold, raw, shown, failed, prefailure = line
        if whole(number) is None:
            continue
        drive.attributes.append(
            Attribute(
                id=number,
                name=str(name)[:40],
                value=whole(value),
                worst=whole(worst),
                threshold=whole(threshold),
                raw=whole(raw),
                shown=str(shown or ("" if raw is None else raw))[:64],
                failed=failed if failed in ("now", "past") else "",
                prefailure=prefailure is True,
            )
        )
    if drive.attributes:
        drive.protocol = drive.protocol or "ATA"
        apply_attributes(drive)
