# /// recyclerie-test
# name = "clock"
# title = "Clock and its battery"
# subsystem = "clock"
# runs = "parallel"
# limit_seconds = 20
# usual_seconds = 3
# needs = ["path:/sys/class/rtc/rtc*/since_epoch"]
# [figures]
# offset_seconds = "s"
# ticked_seconds = "s"
# ///
"""Does the clock on the board tick, and does it hold the time while the PC is off? A dead battery resets it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from agent.files import read_int, read_text
from agent.hwtests.script import Outcome, Request, run_script

WATCH_SECONDS = 2.2  # more than two ticks of a clock that counts seconds
# Windows keeps local time in the clock: the furthest zones are 14 hours from UTC (IANA tz, Pacific/Kiritimati).
ZONE_SECONDS = 14 * 3600
FORGOTTEN_SECONDS = 86400.0


def test(request: Request) -> Outcome:
    """Read the clock twice."""
    clock = sorted((request.root / "sys/class/rtc").glob("rtc*"))[0]
    first, since, now = read_int(clock / "since_epoch"), time.monotonic(), time.time()
    if first is None:
        return Outcome("fail", "The clock on the board can't be read.")
    time.sleep(WATCH_SECONDS)
    second, waited = read_int(clock / "since_epoch"), time.monotonic() - since
    if second is None:
        return Outcome("fail", "The clock on the board can't be read.")
    return judge(first, second - first, waited, now, firmware_date(request.root))


def judge(clock: int, ticked: int, waited: float, system: float, firmware: datetime | None) -> Outcome:
    """``clock``: seconds since 1970 that the clock said when the system's time was ``system``. Pure."""
    offset = round(clock - system)
    figures = {"offset_seconds": offset, "ticked_seconds": ticked, "watched_seconds": round(waited, 2)}
    if ticked <= 0:
        return Outcome("fail", f"The clock on the board stands still: it did not move in {waited:.0f} s.", figures)
    if not waited - 1.5 <= ticked <= waited + 1.5:
        return Outcome("fail", f"The clock on the board counted {ticked} s in {waited:.1f} s.", figures)
    said = datetime.fromtimestamp(clock, UTC).strftime("%Y-%m-%d")
    if firmware is not None and clock < firmware.timestamp() - FORGOTTEN_SECONDS:
        reason = f"The clock said {said}, before the firmware was made: its battery (CR2032) is empty, replace it."
        return Outcome("degraded", reason, figures)
    if abs(offset) > ZONE_SECONDS:
        days = abs(offset) / 86400
        reason = f"The clock said {said}, {days:.0f} days off: its battery (CR2032) may be empty, or it was never set."
        return Outcome("degraded", reason, figures)
    return Outcome("pass", "", figures)


def firmware_date(root: Path) -> datetime | None:
    """When the firmware was made (SMBIOS type 0, month/day/year)."""
    try:
        return datetime.strptime(read_text(root / "sys/class/dmi/id/bios_date"), "%m/%d/%Y").replace(tzinfo=UTC)
    except ValueError:
        return None


if __name__ == "__main__":
    run_script(test)
