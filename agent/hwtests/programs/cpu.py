# /// recyclerie-test
# name = "cpu"
# title = "Processor under load"
# subsystem = "cpu"
# runs = "exclusive"
# limit_seconds = 60
# usual_seconds = 4
# length_option = "cpu_seconds"
# options = {cpu_seconds = 60}
# [figures]
# threads = "threads"
# rounds = "rounds"
# wrong_results = "results"
# ///
"""All cores at work with arithmetic whose results are known, while temperature, clock and throttling are watched."""

from __future__ import annotations

import statistics
import time
from typing import Any

from agent.hwtests.forked import Worker, listen
from agent.hwtests.heat import base_mhz, mean_mhz, read_heat, read_throttling
from agent.hwtests.load import burn
from agent.hwtests.script import Outcome, Request, run_script

# The same margins as the verdict on cooling (controller/health/verdict/thresholds.py: Intel and AMD data sheets).
USUAL_LIMIT_CELSIUS = 95.0  # where the processor doesn't say its own
MARGIN_CELSIUS = 5.0
THROTTLED_SECONDS = 0.5  # a single hit at the begin of a load, before the fan is up, is no finding
SLOW_SHARE = 0.9  # of the clock it is sold for


def test(request: Request) -> Outcome:
    """Load for ``cpu_seconds``."""
    seconds = request.seconds("cpu_seconds", 60)
    root = request.root
    idle, throttling = read_heat(root), read_throttling(root)
    started = time.monotonic()
    workers = burn(seconds)
    temperatures: list[float] = []
    clocks: list[float] = []
    for _ in listen(workers):
        over = time.monotonic() - started
        request.progress(over / max(seconds, 0.1))
        heat, mhz = read_heat(root).celsius, mean_mhz(root)
        temperatures += [heat] if heat is not None else []
        clocks += [mhz] if mhz is not None and over > seconds / 3 else []
    after = read_throttling(root)
    lost = [worker.said.get("cpu", "?") for worker in workers if worker.status != 0]
    return judge(
        {
            **counted(workers),
            "idle_celsius": idle.celsius,
            "load_celsius": max(temperatures, default=None),
            "limit_celsius": idle.limit,
            "throttle_events": after.events - throttling.events if after.counted else None,
            "throttled_seconds": round(after.seconds - throttling.seconds, 1) if after.counted else None,
            "load_mhz": round(statistics.mean(clocks)) if clocks else None,
            "base_mhz": base_mhz(root),
            "celsius_profile": thinned(temperatures, 60),
        },
        kinds=sorted({kind for worker in workers for kind in worker.said.get("kinds", [])}),
        lost=len(lost),
    )


def counted(workers: list[Worker]) -> dict[str, Any]:
    """The workers' sums."""
    return {
        "threads": len(workers),
        "rounds": sum(worker.said.get("rounds", 0) for worker in workers),
        "wrong_results": sum(worker.said.get("wrong", 0) for worker in workers),
        "wrong_cpus": sorted(worker.said["cpu"] for worker in workers if worker.said.get("wrong")),
    }


def judge(figures: dict[str, Any], *, kinds: list[str], lost: int) -> Outcome:
    """``kinds``: of arithmetic that came out wrong; ``lost``: workers that died. Pure."""
    load, limit = figures["load_celsius"], figures["limit_celsius"] or USUAL_LIMIT_CELSIUS
    seconds, events = figures["throttled_seconds"], figures["throttle_events"]
    if figures["wrong_results"]:
        where = ", ".join(str(cpu) for cpu in figures["wrong_cpus"])
        figures = {**figures, "wrong_kinds": kinds}
        reason = f"The processor computed {figures['wrong_results']} times wrong, on core {where}."
        return Outcome("fail", reason, figures)
    if lost:
        return Outcome("fail", f"The work on {lost} of {figures['threads']} cores broke off.", figures)
    hot = f" at {load:.0f} °C" if load is not None else ""
    if (seconds or 0) > THROTTLED_SECONDS or (events and not seconds and events > 1):
        reason = f"The processor slowed down because of heat{hot}: clean the fan, renew the thermal paste."
        return Outcome("degraded", reason, figures)
    if load is not None and load > limit - MARGIN_CELSIUS:
        reason = f"The processor reached {load:.0f} °C, its limit is {limit:.0f} °C: clean the fan, renew the paste."
        return Outcome("degraded", reason, figures)
    mhz, base = figures["load_mhz"], figures["base_mhz"]
    if mhz and base and mhz < SLOW_SHARE * base:
        reason = f"The processor ran at {mhz:.0f} MHz under load, it is sold for {base:.0f} MHz: look at power and fan."
        return Outcome("degraded", reason, figures)
    return Outcome("pass", "", figures)


def thinned(values: list[float], most: int) -> list[float]:
    """At most so many of them, evenly spread, the last included."""
    step = max(1, -(-len(values) // most))
    return values[::-1][::step][::-1]


if __name__ == "__main__":
    run_script(test)
