# /// recyclerie-test
# name = "battery"
# title = "Battery"
# subsystem = "battery"
# runs = "parallel"
# targets = "batteries"
# limit_seconds = 30
# usual_seconds = 3
# length_option = "battery_seconds"
# options = {battery_seconds = 10, battery_worn_below = 80, battery_failing_below = 50}
# [figures]
# charge_percent = "%"
# full_wh = "Wh"
# on_mains = "yes or no"
# ///
"""How long the battery would last: from the power that flows while it discharges, else from what it still holds."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

from agent.collectors.batteries import collect_batteries
from agent.files import read_int, read_text
from agent.hwtests.script import Outcome, Request, run_script

ASSUMED_WATTS = 10.0  # a portable PC with its screen on and little to do (our own measure)
SHORT_HOURS = 1.0  # not enough for a lesson or a call: ours
HOPELESS_HOURS = 1 / 3
EMPTY_PERCENT = 80  # below it, a sound battery on mains takes charge (some makers hold it between 40 and 80)
LEAST_WATTS = 0.3  # a gauge that says less does not measure


def test(request: Request) -> Outcome:
    """Watch for ``battery_seconds``; thresholds of capacity in percent of what it held when new."""
    name, seconds = str(request.target.get("name", "")), request.seconds("battery_seconds", 10)
    started = time.monotonic()
    watts: list[float] = []
    while True:
        battery = next((one for one in collect_batteries(request.root, []) if one["name"] == name), None)
        if battery is None:
            return Outcome("fail", "The battery disappeared while it was watched.")
        if battery["state"] == "discharging" and (battery["power_w"] or 0) >= LEAST_WATTS:
            watts.append(battery["power_w"])
        over = time.monotonic() - started
        if over >= seconds:
            break
        request.progress(over / seconds)
        time.sleep(min(1.0, seconds - over))
    return judge(
        battery,
        on_mains=mains(request.root),
        watts=statistics.mean(watts) if watts else None,
        worn_below=request.seconds("battery_worn_below", 80),
        failing_below=request.seconds("battery_failing_below", 50),
    )


def mains(root: Path) -> bool:
    """Whether the PC hangs on the mains."""
    supplies = (root / "sys/class/power_supply").glob("*")
    return any(read_text(one / "type") in ("Mains", "USB") and read_int(one / "online") == 1 for one in supplies)


def judge(
    battery: dict[str, Any], *, on_mains: bool, watts: float | None, worn_below: float, failing_below: float
) -> Outcome:
    """What a battery says, ``watts`` being what it gave while discharging. Pure."""
    full, charge = battery["energy_full_wh"], battery["charge_percent"]
    design = battery["energy_full_design_wh"]
    left = round(100 - battery["wear_percent"], 1) if battery["wear_percent"] is not None else None
    hours = full / watts if full and watts else None
    figures = {
        "on_mains": on_mains,
        "state": battery["state"],
        "charge_percent": charge,
        "full_wh": full,
        "design_wh": design,
        "capacity_percent": left,
        "cycle_count": battery["cycle_count"],
        "watts": round(watts, 2) if watts else None,
        "hours_full": round(hours, 1) if hours else None,  # measured, while it discharged
        "hours_full_assumed": round(full / ASSUMED_WATTS, 1) if full else None,  # at 10 W
    }
    if left is not None and left < failing_below:
        return Outcome("fail", f"The battery holds {left:.0f} % of what it held when new: replace it.", figures)
    if on_mains and charge is not None and charge < EMPTY_PERCENT and battery["state"] == "discharging":
        return Outcome("fail", f"The battery discharges on mains, at {charge} %: it takes no charge.", figures)
    if hours is not None and hours < HOPELESS_HOURS:
        return Outcome("fail", f"A full battery lasts {hours * 60:.0f} minutes: replace it.", figures)
    if hours is not None and hours < SHORT_HOURS:
        return Outcome("degraded", f"A full battery lasts {hours * 60:.0f} minutes.", figures)
    if left is not None and left < worn_below:
        return Outcome("degraded", f"The battery holds {left:.0f} % of what it held when new.", figures)
    if on_mains and charge is not None and charge < EMPTY_PERCENT and battery["state"] == "not charging":
        reason = f"The battery does not charge, at {charge} %: a limit set in the firmware, or worn."
        return Outcome("degraded", reason, figures)
    if full is None and charge is None:
        return Outcome("skipped", "The battery says nothing of itself.", figures)
    return Outcome("pass", "", figures)


if __name__ == "__main__":
    run_script(test)
