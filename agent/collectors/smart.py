"""What a drive says of itself through SMART: smartctl -j, for ATA, NVMe and SCSI drives.

Verdicts are the controller's; here only facts, and no fact at all where the drive's number can't be true.
"""

from __future__ import annotations

import json
import re
from typing import Any

from agent.sources import Run
from agent.tools import MISSING, TIMED_OUT
from agent.tools import run as run_tool

# ATA attribute number → our name (the five that predict failure, and wear).
ATTRIBUTES = {
    5: "reallocated_sectors",
    187: "reported_uncorrectable",
    188: "command_timeout",
    197: "pending_sectors",
    198: "offline_uncorrectable",
}
# Exit status bits of smartctl(8): 0 command line, 1 device open, 2 some command failed, 3.. what the drive says.
OPEN_FAILED = 0b011
MAX_HOURS = 40 * 365 * 24  # more than any drive can have run: minutes, seconds or packed bits
MAX_ATTRIBUTES = 64  # the ATA table has 30 places
# smartctl -n standby stops before it asks a drive that rests: "Device is in STANDBY mode, exit(2)" (7.2 to 7.5),
# "STANDBY (OS) mode" where the kernel put it there, "STANDBY BY COMMAND mode" of SCSI drives (7.4), "SLEEP mode".
ASLEEP = re.compile(r"^Device is in (?:STANDBY|SLEEP)\b.*\bmode")


def empty_smart(error: str = "", *, exit_status: int | None = None) -> dict[str, Any]:
    """No facts, with the reason."""
    names = ("power_on_hours", "temperature_celsius", *ATTRIBUTES.values(), "percentage_used")
    names += ("critical_warning", "media_errors", "available_spare", "available_spare_threshold")
    smart: dict[str, Any] = dict.fromkeys(names)
    smart |= {"attributes": [], "self_test": None, "asleep": False}
    return {"available": False, "tool": "", "exit_status": exit_status, "passed": None, **smart, "error": error}


def read_smart(path: str, *, seconds: float = 25.0, run: Run = run_tool) -> dict[str, Any]:
    """Ask a drive; a drive that doesn't answer in time is itself a finding. Never raises."""
    return _read(["-j", "-H", "-i", "-A", path], seconds, run)


def read_smart_gently(
    path: str, *, rotational: bool | None, seconds: float = 25.0, run: Run = run_tool
) -> dict[str, Any]:
    """The same with the log of self-tests, and without waking a disk that sleeps: then ``asleep``, and no facts.

    Flash has nothing to wake, and some of it says for ever that it stands by: it is asked in any case.
    """
    standby = [] if rotational is False else ["-n", "standby"]
    return _read([*standby, "-j", "-H", "-i", "-A", "-l", "selftest", path], seconds, run)


def _read(arguments: list[str], seconds: float, run: Run) -> dict[str, Any]:
    ran = run(["smartctl", *arguments], seconds=seconds)
    if ran.status in (MISSING, TIMED_OUT):
        return empty_smart(ran.explain(), exit_status=ran.status)
    return parse_smart(ran.out, exit_status=ran.status)


def parse_smart(text: str, *, exit_status: int | None = None) -> dict[str, Any]:
    """Facts out of smartctl's JSON (versions 7.x). A number that can't be true becomes None, said in ``error``."""
    try:
        report = json.loads(text)
    except (ValueError, RecursionError):
        return empty_smart("smartctl's answer is not JSON", exit_status=exit_status)
    if isinstance(report, list):  # some collectors wrap the object
        report = report[0] if report else {}
    if not isinstance(report, dict):
        return empty_smart("smartctl's answer is not an object", exit_status=exit_status)
    return smart_facts(report, exit_status=exit_status)


def smart_facts(report: dict[str, Any], *, exit_status: int | None = None) -> dict[str, Any]:
    """The same out of smartctl's JSON once it is read."""
    about = _dict(report, "smartctl")
    if exit_status is None:
        exit_status = _int(about.get("exit_status"))
    smart = empty_smart(exit_status=exit_status)
    smart["tool"] = _tool(about)
    messages = about.get("messages")
    said = [m for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []
    if any(ASLEEP.match(str(m.get("string", ""))) for m in said):
        return {**smart, "asleep": True}  # exit status 2 as if it couldn't be opened: here it says nothing bad
    problems = [str(m.get("string", "")) for m in said if m.get("severity") == "error"]

    smart["passed"] = _bool(_dict(report, "smart_status").get("passed"))
    smart["temperature_celsius"] = _int(_dict(report, "temperature").get("current"))
    smart["power_on_hours"] = _int(_dict(report, "power_on_time").get("hours"))
    _read_ata(report, smart, problems)
    _read_nvme(_dict(report, "nvme_smart_health_information_log"), smart)
    _read_scsi(report, smart)
    smart["self_test"] = _self_test(report)

    hours = smart["power_on_hours"]
    if hours is not None and not 0 <= hours <= MAX_HOURS:
        problems.append(f"power-on time of {hours} hours is not believed")
        smart["power_on_hours"] = None
    if not 0 < (smart["temperature_celsius"] or 0) <= 150:  # 0: the drive has no sensor
        smart["temperature_celsius"] = None
    facts = set(smart) - {"available", "tool", "exit_status", "error", "attributes", "self_test", "asleep"}
    smart["available"] = any(smart[name] is not None for name in facts - {"temperature_celsius"})
    if exit_status is not None and exit_status & OPEN_FAILED and not smart["available"] and not problems:
        problems.append("the drive does not answer SMART commands")
    smart["error"] = "; ".join(problems)
    return smart


def _read_ata(report: dict[str, Any], smart: dict[str, Any], problems: list[str]) -> None:
    table = _dict(report, "ata_smart_attributes").get("table") or []
    for attribute in table if isinstance(table, list) else []:
        _keep_attribute(attribute, smart["attributes"])
        number = _int(attribute.get("id")) if isinstance(attribute, dict) else None
        name = ATTRIBUTES.get(number) if number is not None else None
        if name is None:
            continue
        raw = _dict(attribute, "raw")
        value = _int(raw.get("value"))
        # Packed counters: smartctl's text form starts with the one that is meant ("0 (2000, 0)", "6 6 6").
        shown = re.match(r"\d+", str(raw.get("string", "")))
        if shown and value is not None and value > 0xFFFF:
            value = int(shown.group())
        if value is not None and value > 0xFFFFFFFF:
            # Nothing shown apart, yet more than 32 bits: several counters in one number, ours is the lowest
            # (Fujitsu's 5 = 2000 << 32; Seagate's 188 = three 16-bit counters).
            low = value & (0xFFFF if name == "command_timeout" else 0xFFFFFFFF)
            problems.append(f"attribute {attribute.get('id')} = {value} holds packed counters, read as {low}")
            value = low
        smart[name] = value


def _keep_attribute(attribute: Any, kept: list[Any]) -> None:
    """One line of the ATA table, small: number, name, value, worst, threshold, raw, raw as shown, failed, pre-failure.

    What vendors mean by each is the controller's to know.
    """
    if not isinstance(attribute, dict) or len(kept) >= MAX_ATTRIBUTES or _int(attribute.get("id")) is None:
        return
    raw = _dict(attribute, "raw")
    number = _int(raw.get("value"))
    shown = str(raw.get("string", ""))[:40]
    failed = attribute.get("when_failed")
    kept.append(
        [
            attribute["id"],
            str(attribute.get("name", ""))[:40],
            *(_int(attribute.get(name)) for name in ("value", "worst", "thresh")),
            number if number is not None and 0 <= number < 1 << 63 else None,
            "" if shown == str(number) else shown,
            failed if failed in ("now", "past") else "",
            _dict(attribute, "flags").get("prefailure") is True,
        ]
    )


def _self_test(report: dict[str, Any]) -> dict[str, Any] | None:
    """The newest self-test that ended in a fault, else the newest good one; None where the drive tells of none."""
    log = _dict(report, "ata_smart_self_test_log")
    table: Any = next((t for part in ("extended", "standard") if (t := _dict(log, part).get("table"))), None)
    lines = [_test_line(line, "type", "status") for line in table] if isinstance(table, list) else []
    if not lines:
        table = _dict(report, "nvme_self_test_log").get("table")
        lines = [_test_line(t, "self_test_code", "self_test_result") for t in table] if isinstance(table, list) else []
    known = [line for line in lines if line["passed"] is not None]
    for line in known:
        if line["passed"] is False or line["extended"]:
            return {name: line[name] for name in ("kind", "result", "passed")}
    return {name: known[0][name] for name in ("kind", "result", "passed")} if known else None


def _test_line(line: Any, kind: str, result: str) -> dict[str, Any]:
    line = line if isinstance(line, dict) else {}
    what, outcome = _dict(line, kind), _dict(line, result)
    words, passed = str(outcome.get("string", ""))[:80], _bool(outcome.get("passed"))
    code = _int(outcome.get("value"))
    if result == "self_test_result":  # NVMe: 0 fine, 5 to 7 failed, others say nothing
        passed = None if code is None else True if code == 0 else False if code in (5, 6, 7) else None
    elif passed and "without error" not in words.lower():
        passed = None  # smartctl calls a test that was aborted by the host "passed" too
    name = str(what.get("string", ""))[:40]
    extended = "extended" in name.lower() or "long" in name.lower()
    return {"kind": name, "result": words, "passed": passed, "extended": extended}


def _read_nvme(log: dict[str, Any], smart: dict[str, Any]) -> None:
    if not log:
        return
    for name in ("percentage_used", "critical_warning", "media_errors"):
        smart[name] = _int(log.get(name))
    smart["available_spare"] = _int(log.get("available_spare"))
    smart["available_spare_threshold"] = _int(log.get("available_spare_threshold"))
    if smart["power_on_hours"] is None:
        smart["power_on_hours"] = _int(log.get("power_on_hours"))


def _read_scsi(report: dict[str, Any], smart: dict[str, Any]) -> None:
    grown = _int(report.get("scsi_grown_defect_list"))
    if grown is not None:
        smart["reallocated_sectors"] = grown
    counters = _dict(report, "scsi_error_counter_log")
    errors = [_int(_dict(counters, way).get("total_uncorrected_errors")) for way in ("read", "write", "verify")]
    if any(number is not None for number in errors):
        smart["reported_uncorrectable"] = sum(number or 0 for number in errors)
    used = _int(report.get("scsi_percentage_used_endurance_indicator"))
    if used is not None:
        smart["percentage_used"] = used


def _tool(about: dict[str, Any]) -> str:
    version = about.get("version")
    if isinstance(version, list) and version:
        return "smartctl " + ".".join(str(part) for part in version)
    return "smartctl"


def _dict(value: dict[str, Any], key: str) -> dict[str, Any]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _int(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _bool(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
