"""rtcwake on a bench of drive models: a suspend takes their power away, and with it the freeze lock."""

from __future__ import annotations

import time
from pathlib import Path

from tests.tooldouble.answer import Answer, record
from tests.tooldouble.drive import drive_files, opened


def rtcwake(argv: list[str], folder: Path) -> Answer:
    """Sleep for a moment; ``faults["suspend"]`` of any drive: "unavailable", or "useless" (frozen again after it)."""
    seconds = float(argv[argv.index("-s") + 1])
    files = drive_files(folder)
    for file in files:
        with opened(file) as drive:
            if drive.fault("suspend") == "unavailable":
                return record("rtcwake.txt", "unavailable")
    time.sleep(min(seconds, 2.0))
    for file in files:
        with opened(file) as drive:
            if drive.fault("suspend") != "useless":
                drive.state["security"]["frozen"] = drive.state["sanitize"]["frozen"] = False
            drive.state["calls"].append(["slept", time.time()])
    return record("rtcwake.txt", "slept", until=time.ctime())
