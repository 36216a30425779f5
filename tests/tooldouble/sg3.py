"""sg_sanitize, sg_requests and sg_opcodes of sg3-utils 1.48 on the drive model."""

from __future__ import annotations

from tests.tooldouble.answer import Answer, record
from tests.tooldouble.drive import Drive

FILE = "sg3.txt"
LINES = {
    "overwrite": " 48        1        10    0,0    Sanitize, overwrite",
    "block": " 48        2        10    0,0    Sanitize, block erase",
    "crypto": " 48        3        10    0,0    Sanitize, cryptographic erase",
}


def sg_opcodes(argv: list[str], drive: Drive) -> Answer:
    """The list of commands."""
    if drive.state["gone"]:
        return record(FILE, "gone")
    kinds = drive.state["sanitize_kinds"]
    return record(FILE, "opcodes", sanitize="\n".join(line for kind, line in LINES.items() if kind in kinds))


def sg_requests(argv: list[str], drive: Drive) -> Answer:
    """Sense data of the moment."""
    share = drive.advance()
    if drive.state["gone"]:
        return record(FILE, "gone")
    state = drive.state["sanitize"]["state"]
    if state == "in progress":
        percent = share * 100
        whole = int(percent)
        return record(FILE, "sense-in-progress", whole=whole, hundredths=int((percent - whole) * 100))
    return record(FILE, "sense-failed" if state == "failed" else "sense-idle")


def sg_sanitize(argv: list[str], drive: Drive) -> Answer:
    """Start a sanitize, or leave a failed one."""
    if drive.state["gone"]:
        return record(FILE, "gone")
    if "--fail" in argv:
        drive.state["sanitize"]["state"] = "idle"
        return record(FILE, "sanitize-started")
    kind = next(kind for kind in LINES if f"--{kind}" in argv)
    if kind not in drive.state["sanitize_kinds"] or drive.fault("sanitize") == "refuse" or "--quick" not in argv:
        return record(FILE, "sanitize-refused")
    drive.begin_sanitize(kind)
    return record(FILE, "sanitize-started")
