"""nvme-cli 2.13 on the drive model. The model's device node stands for the controller as well."""

from __future__ import annotations

from tests.tooldouble.answer import Answer, record
from tests.tooldouble.drive import Drive

FILE = "nvme.txt"
KINDS = {2: "block", 4: "crypto"}
STATES = {"in progress": 2, "failed": 3}


def nvme(argv: list[str], drive: Drive) -> Answer:
    """One call."""
    state = drive.state
    if state["gone"]:
        return record(FILE, "gone")
    command = argv[0]
    if command == "id-ctrl":
        names = ("serial", "model", "oacs", "fna", "sanicap")
        return record(FILE, "id-ctrl", **{name: state[name] for name in names})
    if command == "list-ns":
        listed = ",".join(f'{{"nsid":{number}}}' for number in state["namespaces"])
        return record(FILE, "list-ns", listed=listed)
    if command == "sanitize-log":
        return _log(drive, "log-json" if "json" in argv else "log")
    if command == "sanitize":
        return _sanitize(int(_value(argv, "--sanact", "0")), drive)
    if command == "format":
        return _format(argv, drive)
    return Answer(1, err=f"tool double: nvme {argv} is not played\n")


def _log(drive: Drive, form: str) -> Answer:
    share = drive.advance()
    if drive.state["gone"]:
        return record(FILE, "lost-log")
    run = drive.state["sanitize"]
    number = STATES.get(run["state"], 1 if run["succeeded"] else 0)
    action = {"block": 2, "crypto": 4}.get(run["kind"], 0)
    sprog = int(share * 0xFFFF)
    return record(FILE, form, sprog=sprog, sstat=number, state=number, cdw10=action)


def _sanitize(action: int, drive: Drive) -> Answer:
    if action == 1:
        if drive.state["sanitize"]["state"] == "failed":
            drive.state["sanitize"]["state"] = "idle"
        return record(FILE, "sanitized")
    kind = KINDS.get(action, "")
    capable = drive.state["sanicap"] & {"crypto": 1, "block": 2}.get(kind, 0)
    if not capable or drive.fault("sanitize") == "refuse":
        return record(FILE, "sanitize-refused")
    if drive.fault("sanitize") != "old-success":
        drive.begin_sanitize(kind)
    return record(FILE, "sanitized")


def _format(argv: list[str], drive: Drive) -> Answer:
    nsid = int(_value(argv, "--namespace-id", "1"))
    setting = int(_value(argv, "--ses", "0"))
    fault = drive.fault("format")
    if fault == "refuse" or "--force" not in argv:
        return record(FILE, "format-refused")
    if fault == "kill":
        drive.state["gone"] = True
        return record(FILE, "gone")
    drive.state["formatted"].append([nsid, setting])
    # Without --ses the data may stay: that is what the negative control is for.
    if setting and fault != "noop" and nsid == 1:
        drive.erase({1: "user-data", 2: "crypto"}[setting])
    return record(FILE, "formatted", nsid=nsid)


def _value(argv: list[str], option: str, default: str) -> str:
    return next((word.partition("=")[2] for word in argv if word.startswith(option + "=")), default)
