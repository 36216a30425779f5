# /// recyclerie-test
# name = "fans"
# title = "Fans"
# subsystem = "fans"
# runs = "exclusive"
# limit_seconds = 30
# usual_seconds = 3
# length_option = "fans_seconds"
# options = {fans_seconds = 30}
# needs = ["path:/sys/class/hwmon/hwmon*/fan*_input"]
# [figures]
# fan_rpm = "rpm"
# fans = "list"
# ///
"""Do the fans turn when the processor works? Those that stand still are given load until they do, or time is over."""

from __future__ import annotations

import time
from typing import Any

from agent.collectors.sensors import collect_sensors
from agent.hwtests.forked import listen
from agent.hwtests.heat import read_heat
from agent.hwtests.load import burn
from agent.hwtests.script import Outcome, Request, run_script

WARM_CELSIUS = 70.0  # a fan that stands still above it is broken or blocked; below, it may be meant: ours
SETTLE_SECONDS = 5.0  # a fan that turns already is watched so long under load


def test(request: Request) -> Outcome:
    """At most ``fans_seconds`` of load."""
    seconds = request.seconds("fans_seconds", 30)
    idle = rpms(request)
    if not idle:
        return Outcome("skipped", "This machine tells of no fan.")
    settle = min(SETTLE_SECONDS, seconds) if any(idle.values()) else seconds
    started = time.monotonic()
    load, hottest = dict(idle), 0.0
    for _ in listen(burn(settle)):
        request.progress((time.monotonic() - started) / max(settle, 0.1))
        load = {name: max(load.get(name, 0), rpm) for name, rpm in rpms(request).items()}
        hottest = max(hottest, read_heat(request.root).celsius or 0.0)
    return judge(idle, load, hottest or None)


def rpms(request: Request) -> dict[str, int]:
    """Revolutions a minute of each fan that has a sensor, by its chip and label."""
    return {
        f"{sensor['chip']} {sensor['label']}".strip(): int(sensor["value"])
        for sensor in collect_sensors(request.root)
        if sensor["kind"] == "fan"
    }


def judge(idle: dict[str, int], load: dict[str, int], celsius: float | None) -> Outcome:
    """Fans at rest and the fastest under load. A board has more sockets than fans: one that turns is enough. Pure."""
    fastest = max(load.values(), default=0)
    figures: dict[str, Any] = {
        "fan_rpm": fastest,
        "fans": [{"name": name, "idle_rpm": idle.get(name, 0), "load_rpm": rpm} for name, rpm in load.items()],
        "load_celsius": celsius,
    }
    if fastest > 0:
        return Outcome("pass", "", figures)
    if celsius is not None and celsius >= WARM_CELSIUS:
        return Outcome("fail", f"No fan turns, and the processor is at {celsius:.0f} °C: replace the fan.", figures)
    at = f" at {celsius:.0f} °C" if celsius is not None else ""
    return Outcome("degraded", f"No fan turned under load{at}: look whether one should.", figures)


if __name__ == "__main__":
    run_script(test)
