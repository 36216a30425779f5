"""mmc of mmc-utils on the drive model."""

from __future__ import annotations

from tests.tooldouble.answer import Answer, record
from tests.tooldouble.drive import Drive

FILE = "mmc.txt"


def mmc(argv: list[str], drive: Drive) -> Answer:
    """One call."""
    state = drive.state
    if argv[:2] == ["extcsd", "read"]:
        return record(FILE, "extcsd", features=state["ext_csd_sec"])
    if argv[0] == "erase":
        start, end = int(argv[2]), int(argv[3])
        refused = drive.fault("erase") == "refuse"
        if not refused and drive.fault("erase") != "noop":
            drive.erase("mmc", min(1.0, (end + 1) / state["sectors"]))
        return record(FILE, "erase-refused" if refused else "erased", start=start, end=end)
    if argv[0] == "sanitize":
        name = "sanitize-refused" if drive.fault("sanitize") == "refuse" else "sanitized"
        return record(FILE, name, device=state["device"])
    return Answer(1, err=f"tool double: mmc {argv} is not played\n")
