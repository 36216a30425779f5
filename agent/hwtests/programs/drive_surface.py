# /// recyclerie-test
# name = "drive-surface"
# title = "Reading all over the drive"
# subsystem = "drive"
# runs = "parallel"
# targets = "drives"
# limit_seconds = 90
# usual_seconds = 5
# length_option = "surface_seconds"
# options = {surface = "sampled", surface_seconds = 120}
# longer = {option = "surface", value = "full", seconds = 432000}
# needs = ["root"]
# [figures]
# read_bytes = "bytes"
# read_percent = "%"
# unreadable_places = "requests of 1 MiB"
# slow_zones = "zones"
# mib_per_second = "MiB/s"
# ///
"""Reads a drive at places all over it, past the cache: what can't be read, and where it slows down."""

from __future__ import annotations

import statistics
import time
from typing import Any

from agent.hwtests.script import Outcome, Request, run_script
from agent.hwtests.surface import (
    MAX_PLACES,
    PIECE_BYTES,
    Drive,
    DriveGone,
    Reading,
    all_places,
    make_zones,
    read_piece,
    sampled_places,
)

SAMPLE_SHARE = 0.05  # a twentieth of the drive tells enough
# Where that many sectors can't be read, more drives fail in a year than there are (Backblaze: attribute 197 from 40).
FAILING_PLACES = 40
# A disk reads half as fast at its end as at its begin, but never half as fast as right beside.
SLOW_DISK_SHARE = 0.5
NEIGHBOURS = 5  # zones to each side
SLOW_FLASH_SHARE = 0.25  # flash reads what was never written faster than anything else: that is no fault
FAST_MIB = 100.0  # whatever else: a place that reads so fast is not slow
MOST_CONFIRMED = 20  # slow zones that are read again: a drive with more of them is slow without that
CONFIRMATIONS = 2
MANY_SLOW_READS = 2
# Slower than any disk or flash of the last fifteen years on its own bus: ours.
LEAST_MIB = {True: 20.0, False: 80.0}
OWN_BUS = ("sata", "nvme", "scsi")


def test(request: Request) -> Outcome:
    """Read sampled for ``surface_seconds`` at most, or all of it."""
    drive, mode = request.target, str(request.options.get("surface", "sampled"))
    if mode == "off":
        return Outcome("skipped", "Reading the drives is switched off in the settings.")
    if drive.get("boot_medium"):
        return Outcome("skipped", f"{drive['path']} is what this system runs from.")
    try:
        opened = Drive(drive["path"], str(drive.get("number", "")))
    except DriveGone as problem:
        return Outcome("fail", f"The reading could not begin: {problem}.")
    except OSError as problem:
        return Outcome("fail", f"{drive['path']} can't be opened: {problem.strerror}.")
    reading = Reading(make_zones(opened.size_bytes), opened.size_bytes, opened.logical_block)
    try:
        go(opened, reading, request, full=mode == "full", seconds=request.seconds("surface_seconds", 120))
        confirm(opened, reading, drive)
    except DriveGone as problem:
        reason = f"While it was read, after {reading.read_bytes // 2**20} MiB: {problem}."
        return Outcome("fail", reason, figures_of(reading, drive))
    finally:
        opened.close()
    return judge(figures_of(reading, drive), reading.bad, drive)


def go(opened: Drive, reading: Reading, request: Request, *, full: bool, seconds: float) -> None:
    """Read until enough is known."""
    started = told = time.monotonic()
    enough = max(reading.size_bytes * SAMPLE_SHARE, len(reading.zones) * PIECE_BYTES)
    places = all_places(reading.zones) if full else sampled_places(reading.zones)
    for zone, offset in places:
        read_piece(opened.read, reading, zone, offset)
        now = time.monotonic()
        done = reading.read_bytes / reading.size_bytes
        if not full:
            done = max(reading.read_bytes / enough, (now - started) / max(seconds, 0.1))
        if now - told > 1:
            told = now
            request.progress(done)
            request.figures(figures_of(reading, request.target))
        if len(reading.bad) >= MAX_PLACES or (not full and done >= 1):
            return


def confirm(opened: Drive, reading: Reading, drive: dict[str, Any]) -> None:
    """Read more in the zones that seem slow: a hiccup of the system must not condemn a drive."""
    rates = [zone.rate for zone in reading.zones]
    counted = reading.read_bytes
    slow = [] if reading.bad else slow_zones(rates, rotational=drive.get("rotational"))
    for index in slow if len(slow) <= MOST_CONFIRMED else []:
        zone = reading.zones[index]
        pieces = max(1, (zone.end - zone.start) // PIECE_BYTES)
        for number in range(CONFIRMATIONS):
            place = (pieces // 2 + number) % pieces
            read_piece(opened.read, reading, zone, zone.start + place * PIECE_BYTES)
    reading.read_bytes = counted  # a second look adds nothing to how much of the drive is known


def figures_of(reading: Reading, drive: dict[str, Any]) -> dict[str, Any]:
    """What was found so far."""
    rates = [zone.rate for zone in reading.zones]
    known = [rate for rate in rates if rate is not None]
    slow = slow_zones(rates, rotational=drive.get("rotational"))
    return {
        "read_bytes": reading.read_bytes,
        "read_percent": round(100 * reading.read_bytes / max(1, reading.size_bytes), 2),
        "unreadable_places": len(reading.bad),
        "unreadable": reading.bad,
        "slow_reads": reading.slow_reads,
        "slowest_read_seconds": round(reading.slowest_seconds, 3),
        "slow_zones": len(slow),
        "slow_zones_percent": [round(100 * index / len(rates)) for index in slow],
        "mib_per_second": round(statistics.median(known), 1) if known else 0.0,
        "least_mib_per_second": round(min(known), 1) if known else 0.0,
        "most_mib_per_second": round(max(known), 1) if known else 0.0,
        "profile_mib_per_second": [round(rate, 1) if rate is not None else None for rate in rates],
    }


def slow_zones(rates: list[float | None], *, rotational: bool | None) -> list[int]:
    """The zones that read far slower than they should. Pure."""
    known = [rate for rate in rates if rate is not None]
    if len(known) < 2 * NEIGHBOURS:
        return []  # a drive too small for zones
    middle = statistics.median(known)
    slow = []
    for index, rate in enumerate(rates):
        if rate is None or rate >= FAST_MIB:
            continue
        if rotational is False:
            if rate < SLOW_FLASH_SHARE * middle:
                slow.append(index)
            continue
        beside = [r for r in rates[max(0, index - NEIGHBOURS) : index + NEIGHBOURS + 1] if r is not None]
        if rate < SLOW_DISK_SHARE * statistics.median(beside):
            slow.append(index)
    return slow


def judge(figures: dict[str, Any], bad: list[dict[str, Any]], drive: dict[str, Any]) -> Outcome:
    """What the reading means. Pure."""
    percent = figures["read_percent"]
    if bad:
        # What a sample finds is the same share of what there is.
        likely = len(bad) * 100 / percent if percent else FAILING_PLACES
        first = bad[0]
        found = f"{len(bad)} places can't be read, the first at LBA {first['lba']} ({first['error']})"
        if len(bad) >= MAX_PLACES or likely >= FAILING_PLACES:
            return Outcome("fail", f"{found}, in {percent:.1f} % of the drive: replace it.", figures)
        return Outcome("degraded", f"{found}, in {percent:.1f} % of the drive.", figures)
    if not figures["read_bytes"]:
        return Outcome("fail", "Nothing could be read.", figures)
    if figures["slow_zones"]:
        where = ", ".join(f"{at} %" for at in figures["slow_zones_percent"][:5])
        reason = f"The drive slows down in {figures['slow_zones']} places (at {where}): it may be dying."
        return Outcome("degraded", reason, figures)
    if figures["slow_reads"] >= MANY_SLOW_READS:
        reason = (
            f"{figures['slow_reads']} reads hung, the longest {figures['slowest_read_seconds']:.1f} s: it may be dying."
        )
        return Outcome("degraded", reason, figures)
    least = LEAST_MIB.get(bool(drive.get("rotational"))) if drive.get("transport") in OWN_BUS else None
    if least and figures["mib_per_second"] < least and len(figures["profile_mib_per_second"]) > NEIGHBOURS:
        reason = f"The drive reads only {figures['mib_per_second']:.0f} MiB/s: look at its cable and its bus."
        return Outcome("degraded", reason, figures)
    return Outcome("pass", "", figures)


if __name__ == "__main__":
    run_script(test)
