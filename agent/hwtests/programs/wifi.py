# /// recyclerie-test
# name = "wifi"
# title = "Wi-Fi"
# subsystem = "wifi"
# runs = "parallel"
# targets = "wifi"
# limit_seconds = 60
# usual_seconds = 8
# needs = ["tool:iw", "root"]
# [figures]
# networks = "networks"
# strongest_dbm = "dBm"
# ///
"""Listens for networks around: none, or only faint ones, is how a torn or unplugged antenna shows."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from agent.files import read_text
from agent.hwtests.script import Outcome, Request, run_script
from agent.tools import run

SCANS = 3
FAINT_DBM = -80.0  # an access point in the same building is louder through two walls: ours
# Where the bands are (IEEE 802.11-2020, annex E), in MHz.
BANDS = {"2.4 GHz": (2400, 2500), "5 GHz": (4900, 5895), "6 GHz": (5925, 7130)}


@dataclass(frozen=True)
class Heard:
    """One access point."""

    address: str
    mhz: float
    dbm: float


def test(request: Request) -> Outcome:
    """Scan a few times: the first one after power-on often hears nothing."""
    name = str(request.target["name"])
    switch = unblock(request.root)
    if switch:
        return Outcome("degraded", switch, {"networks": 0, "strongest_dbm": None})
    up = run(["ip", "link", "set", name, "up"], seconds=10)
    if not up.ok:
        return Outcome("fail", f"{name} can't be switched on: {up.explain()}.")
    heard: list[Heard] = []
    why = ""
    for number in range(SCANS):
        ran = run(["iw", "dev", name, "scan"], seconds=15)
        why = "" if ran.ok else ran.explain()
        heard = parse_scan(ran.out) if ran.ok else heard
        request.progress((number + 1) / SCANS)
        if heard:
            break
        time.sleep(2)
    if why and not heard:
        return Outcome("fail", f"{name} can't scan: {why}.")
    return judge(heard)


def parse_scan(text: str) -> list[Heard]:
    """Access points in the text of ``iw dev … scan`` (5.x, 6.x). Pure, for any text."""
    found = []
    for part in re.split(r"(?m)^BSS (?=[0-9a-f]{2}:)", text)[1:]:
        mhz = re.search(r"(?m)^\s+freq: (\d{4}(?:\.\d+)?)", part)
        dbm = re.search(r"(?m)^\s+signal: (-?\d{1,3}(?:\.\d+)?) dBm", part)
        if mhz and dbm:
            found.append(Heard(part[:17], float(mhz.group(1)), float(dbm.group(1))))
    return found


def judge(heard: list[Heard]) -> Outcome:
    """What was heard. Pure."""
    strongest = max((one.dbm for one in heard), default=None)
    figures = {
        "networks": len(heard),
        "strongest_dbm": strongest,
        "bands": [band for band, (low, high) in BANDS.items() if any(low <= one.mhz <= high for one in heard)],
    }
    if strongest is None:
        reason = "No network was heard: an antenna is unplugged, or none is near."
        return Outcome("degraded", reason, figures)
    if strongest < FAINT_DBM:
        reason = f"The strongest network is heard at {strongest:.0f} dBm only: look at the antennas."
        return Outcome("degraded", reason, figures)
    return Outcome("pass", "", figures)


def unblock(root: Path) -> str:
    """Switch Wi-Fi on where software switched it off; what to do where a switch on the case did."""
    for switch in sorted((root / "sys/class/rfkill").glob("rfkill*")):
        if read_text(switch / "type") != "wlan":
            continue
        if read_text(switch / "hard") == "1":
            return "Wi-Fi is switched off by a switch or a key of this PC: switch it on and test again."
        if read_text(switch / "soft") == "1":
            try:
                (switch / "soft").write_text("0", encoding="ascii")
            except OSError as problem:
                return f"Wi-Fi is switched off and can't be switched on: {problem.strerror}."
    return ""


if __name__ == "__main__":
    run_script(test)
