"""hdparm 9.65 on the drive model."""

from __future__ import annotations

import re
from pathlib import Path

from tests.tooldouble.answer import Answer, record
from tests.tooldouble.drive import Drive

# The tool's own words for an IDENTIFY DEVICE, with a source.
IDENTITY = Path(__file__).parents[1] / "unit/agent/samples/erase/hdparm-I-ssd-sanitize.txt"
FEATURES = {
    "crypto": "CRYPTO_SCRAMBLE_EXT command",
    "block": "BLOCK_ERASE_EXT command",
    "overwrite": "OVERWRITE_EXT command",
}
SANITIZE = {
    "--sanitize-crypto-scramble": ("crypto", "SANITIZE_CRYPTO_SCRAMBLE"),
    "--sanitize-block-erase": ("block", "SANITIZE_BLOCK_ERASE"),
    "--sanitize-overwrite": ("overwrite", "SANITIZE_OVERWRITE"),
}
SECURITY = {
    "--security-set-pass": "SECURITY_SET_PASS",
    "--security-erase": "SECURITY_ERASE",
    "--security-erase-enhanced": "SECURITY_ERASE",
    "--security-unlock": "SECURITY_UNLOCK",
    "--security-disable": "SECURITY_DISABLE",
}


def hdparm(argv: list[str], drive: Drive) -> Answer:
    """One call."""
    device = drive.state["device"]
    if drive.state["gone"]:
        return record("hdparm.txt", "gone", device=device)
    if "-I" in argv:
        return Answer(out=identity(drive))
    if "-N" in argv:
        return _max_sectors(argv, drive)
    if "--sanitize-status" in argv:
        return _status(drive)
    for option, (kind, command) in SANITIZE.items():
        if option in argv:
            return _sanitize(argv, drive, kind, command)
    for option in SECURITY:
        if option in argv:
            return _security(option, argv[argv.index(option) + 1], drive)
    if "--dco-identify" in argv:
        refused = drive.fault("dco") == "frozen"
        name = "dco-identify-refused" if refused else "dco-identify"
        return record("hdparm.txt", name, device=device, real=drive.state["real"])
    if "--dco-restore" in argv:
        return _dco_restore(argv, drive)
    return Answer(22, err=f"tool double: hdparm {argv} is not played\n")


def identity(drive: Drive) -> str:
    """``hdparm -I`` of this drive: the recorded words, with its own numbers and flags."""
    state = drive.state
    text = IDENTITY.read_text().partition("\n\n")[2]
    text = "\n" + text.replace("/dev/sda", state["device"])
    sectors = state["sectors"]
    for pattern, value in (
        (r"(Model Number:\s+)[^\n]*", state["model"]),
        (r"(Serial Number:\s+)[^\n]*", state["serial"]),
        (r"(LBA    user addressable sectors:\s+)\d+", sectors),
        (r"(LBA48  user addressable sectors:\s+)\d+", sectors),
    ):
        text = _filled_in(pattern, value, text)
    for kind, words in FEATURES.items():
        if kind not in state["sanitize_kinds"]:
            text = re.sub(rf"^.*\*\t{words}\n", "", text, flags=re.MULTILINE)
    if not state["sanitize_kinds"]:
        text = re.sub(r"^.*\*\tSANITIZE.*\n", "", text, flags=re.MULTILINE)
    head, _, tail = text.partition("Security:")
    after = tail.partition("Logical Unit WWN")
    return f"{head}{_security_words(drive)}{after[1]}{after[2]}"


def _filled_in(pattern: str, value: object, text: str) -> str:
    return re.sub(pattern, lambda match: f"{match.group(1)}{value}", text)


def _security_words(drive: Drive) -> str:
    security = drive.state["security"]
    if not security["supported"]:
        return "Security: \n\tMaster password revision code = 65534\n\tnot\tsupported\n"

    def flag(name: str) -> str:
        return f"\t\t{name}\n" if security[name] else f"\tnot\t{name}\n"

    words = "Security: \n\tMaster password revision code = 65534\n\t\tsupported\n"
    words += flag("enabled") + flag("locked") + flag("frozen") + "\tnot\texpired: security count\n"
    words += "\t\tsupported: enhanced erase\n" if security["enhanced"] else "\tnot\tsupported: enhanced erase\n"
    return words + "\t2min for SECURITY ERASE UNIT. 2min for ENHANCED SECURITY ERASE UNIT.\n"


def _status(drive: Drive) -> Answer:
    device, run = drive.state["device"], drive.state["sanitize"]
    if not drive.state["sanitize_kinds"]:
        return record("hdparm.txt", "no-sanitize", device=device)
    share = drive.advance()
    if drive.state["gone"]:
        return record("hdparm.txt", "gone", device=device)
    if run["state"] == "in progress":
        raw = int(share * 0xFFFF)
        return record("hdparm.txt", "status-in-progress", device=device, raw=raw, percent=int(share * 100))
    if run["state"] == "failed":
        return record("hdparm.txt", "status-failed", device=device)
    if run["frozen"]:
        return record("hdparm.txt", "status", device=device, state="SD1 Sanitize Frozen")
    if run["succeeded"]:
        return record("hdparm.txt", "status-succeeded", device=device)
    return record("hdparm.txt", "status", device=device, state="SD0 Sanitize Idle")


def _sanitize(argv: list[str], drive: Drive, kind: str, command: str) -> Answer:
    device = drive.state["device"]
    if "--yes-i-know-what-i-am-doing" not in argv:
        return Answer(1, err="Program aborted.\n")
    if kind == "overwrite" and argv.index("--sanitize-overwrite-passes") > argv.index("--sanitize-overwrite"):
        return Answer(22, err="Excess flags given.\n")  # seen: it takes the options in this order only
    fault = drive.fault("sanitize")
    if fault == "bad-sense":
        return record("hdparm.txt", "bad-sense", device=device)
    if drive.state["sanitize"]["frozen"]:
        return record("hdparm.txt", "sanitize-frozen", device=device, command=command)
    if kind not in drive.state["sanitize_kinds"] or fault == "refuse":
        return record("hdparm.txt", "sanitize-refused", device=device, command=command)
    if fault != "old-success":  # says that it started and never does; the log keeps an old success
        drive.begin_sanitize(kind)
    return record("hdparm.txt", "sanitize-started", device=device, command=command)


def _security(option: str, password: str, drive: Drive) -> Answer:
    state, security = drive.state, drive.state["security"]
    command = SECURITY[option]
    words = {"device": state["device"], "command": command, "password": password}
    refused = record("hdparm.txt", "security-refused", **words)
    fault = drive.fault(option.removeprefix("--").removesuffix("-enhanced"))
    if fault == "bad-sense":
        return record("hdparm.txt", "security-bad-sense", **words)
    if fault == "refuse" or security["frozen"] or not security["supported"]:
        return refused
    if option == "--security-set-pass":
        if security["locked"]:
            return refused
        state["password"], security["enabled"] = password, True
        return record("hdparm.txt", "security", **words)
    if password != state["password"]:
        return refused
    if option in ("--security-unlock", "--security-disable"):
        security["locked"] = False
        if option == "--security-disable":
            security["enabled"], state["password"] = False, ""
        return record("hdparm.txt", "security", **words)
    if fault == "fail":
        drive.erase("security", 0.5)
        return refused
    if fault != "noop":
        drive.erase("security")
    if fault != "keeps-password":
        security["enabled"] = security["locked"] = False
        state["password"] = ""
    return record("hdparm.txt", "security", **words)


def slow(argv: list[str], drive: Drive) -> float:
    """Seconds that a call takes before it changes anything: an erase blocks its caller."""
    blocks = any(option.startswith("--security-erase") for option in argv)
    return float(drive.state["seconds"]) if blocks and not drive.state["gone"] else 0.0


def _max_sectors(argv: list[str], drive: Drive) -> Answer:
    state = drive.state
    setting = next((word[1:] for word in argv if re.fullmatch(r"p\d+", word)), "")
    if setting:
        if drive.fault("max-sectors") == "refuse" or "--yes-i-know-what-i-am-doing" not in argv:
            return record("hdparm.txt", "max-sectors-refused", device=state["device"], wanted=setting)
        if drive.fault("max-sectors") != "noop":  # QEMU's SATA drive: exit status 0, nothing changed
            drive.grow(int(setting))
    name = "ACCESSIBLE MAX ADDRESS" if state["ama"] else "HPA is"
    words = f"{name} {'enabled' if state['native'] > state['sectors'] else 'disabled'}"
    return record(
        "hdparm.txt",
        "max-sectors-set" if setting else "max-sectors",
        device=state["device"], visible=state["sectors"], native=state["native"], words=words, wanted=setting,
    )  # fmt: skip


def _dco_restore(argv: list[str], drive: Drive) -> Answer:
    state = drive.state
    hidden_too = state["native"] > state["sectors"]  # ACS-2: aborted while a maximum address is set
    if hidden_too or drive.fault("dco") == "frozen" or "--yes-i-know-what-i-am-doing" not in argv:
        return record("hdparm.txt", "dco-restore-refused", device=state["device"])
    state["native"] = state["real"]
    drive.grow(state["real"])
    return record("hdparm.txt", "dco-restored", device=state["device"])
