"""The verdict on a battery: what is left of the capacity it was made for."""

from __future__ import annotations

from typing import Any

from controller.health.verdict import thresholds
from controller.health.verdict.reasons import Level, Reason, Verdict, conclude
from controller.i18n import N_


def battery_verdict(
    battery: dict[str, Any],
    *,
    worn_below: int = thresholds.BATTERY_WORN_BELOW,
    failing_below: int = thresholds.BATTERY_FAILING_BELOW,
) -> Verdict:
    """good / worn / failing / unknown of a battery as the inventory describes it.

    Reads ``energy_full_wh``, ``energy_full_design_wh`` (or ``charge_full``, ``charge_full_design`` in any one unit) and
    ``cycle_count``. The limits are percents of the design capacity: the settings BATTERY_WORN_BELOW and
    BATTERY_FAILING_BELOW.
    """
    full, design = _pair(battery)
    cycles = _number(battery.get("cycle_count"))
    notes = []
    if cycles is not None and 0 < cycles < 10_000:
        notes.append(Reason("cycles", Level.NOTE, N_("it was charged {cycles} times"), {"cycles": int(cycles)}))
    if design is None or design <= 0 or full is None or full < 0:
        text = N_("the battery doesn't say what it was made for, or what it holds now")
        return conclude([Reason("battery-silent", Level.UNKNOWN, text), *notes])
    percent = round(100 * full / design) if full / design < 1000 else thresholds.BATTERY_NOT_BELIEVED + 1
    if full == 0:
        text = N_("the battery takes no charge")
        return conclude([Reason("battery-dead", Level.FAILING, text, source=thresholds.BATTERY_SOURCE), *notes])
    if percent > thresholds.BATTERY_NOT_BELIEVED:
        text = N_("the battery says it holds far more than it was made for: its gauge can't be believed")
        return conclude([Reason("battery-gauge", Level.UNKNOWN, text), *notes])
    params = {"percent": percent}
    text = N_("it holds {percent} % of what it was made for")
    level = Level.FAILING if percent < failing_below else Level.WORN if percent < worn_below else Level.GOOD
    return conclude([Reason("battery-capacity", level, text, params, thresholds.BATTERY_SOURCE), *notes])


def _pair(battery: dict[str, Any]) -> tuple[float | None, float | None]:
    for full, design in (("energy_full_wh", "energy_full_design_wh"), ("charge_full", "charge_full_design")):
        pair = _number(battery.get(full)), _number(battery.get(design))
        if pair[0] is not None and pair[1] is not None:
            return pair
    return None, None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return float(value) if abs(value) < 1e15 else None
