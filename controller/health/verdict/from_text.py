"""One report of smartctl as text (5.x to 7.x; ATA, NVMe, SCSI) into metrics. Lines that make no sense are passed by."""

from __future__ import annotations

import re

from controller.health.verdict.attributes import apply_attributes
from controller.health.verdict.metrics import Attribute, DriveMetrics
from controller.health.verdict.numbers import MAX_HOURS, hexadecimal, leading
from controller.health.verdict.selftest import SelfTest, apply_tests
from controller.i18n import N_

# "  5 Reallocated_Sector_Ct   0x0033 100 100 010 Pre-fail Always - 0", or brief: "PO--CK 100 100 010 - 0"
ATTRIBUTE = re.compile(
    r"^\s*(?P<id>\d{1,3})\s+(?P<name>[A-Za-z][\w./%-]*|\d*Unknown\w*)\s+"
    r"(?P<flags>0x[0-9a-fA-F]{4}|[POSRCK+-]{6,7})\s+"
    r"(?P<value>\d{1,3}|---)\s+(?P<worst>\d{1,3}|---)\s+(?P<thresh>\d{1,3}|---)\s+"
    r"(?:(?P<kind>Pre-fail|Old_age)\s+(?:Always|Offline)\s+)?"
    r"(?P<failed>-|NOW|Past|FAILING_NOW|In_the_past)\s+(?P<raw>\S.*?)\s*$"
)
FIELD = re.compile(r"^\s{0,3}([A-Za-z][\w /.&()-]{1,48}?)\s*(?:is)?:\s*(\S.*?)\s*$")
HEALTH = re.compile(r"overall-health self-assessment test result:\s*(\w+)", re.IGNORECASE)
SCSI_HEALTH = re.compile(r"SMART Health Status:\s*(\S.*?)\s*$", re.MULTILINE)
ERROR_CELLS = 7  # the last is the total of uncorrected errors
SCSI_BAD = re.compile(r"fail|impend|exceed|warning|asc", re.IGNORECASE)
STATISTIC = re.compile(r"^0x07\s+0x008\s+\d+\s+(\d+)\s+\S*\s*Percentage Used Endurance")
TEST = re.compile(r"^#\s?\d+\s+(?P<kind>\S.{0,18}?)\s{2,}(?P<status>\S.*?)\s+(?:\d{1,3}%|-|\d+)(?=\s|$)")
NVME_TEST = re.compile(r"^\s*\d+\s+(?P<kind>Short|Extended)\s+(?P<status>\S.*?)\s{2,}")
EXECUTION = re.compile(r"Self-test execution status:\s*\(\s*(\d+)\)")
ERROR_ROW = re.compile(r"^(read|write|verify):\s+(?P<cells>[\d.,\s]+)$")
COMMAND = re.compile(r"(/dev/[\w/.:-]{1,80})")
TROUBLE = re.compile(
    r"Un(?:known|supported) USB bridge|No such device|Permission denied|open device.*failed|Smartctl open|"
    r"Unable to detect device type|mandatory SMART command failed|Read Device Identity failed|INQUIRY failed|"
    r"invalid SMART checksum|SMART Status (?:not supported|command failed)|Device does not support SMART|"
    r"device lacks SMART capability|Terminate command early|Device is in (?:STANDBY|SLEEP)|"
    r"Please specify device type|DELL or MegaRaid controller|Read NVMe .* failed|Drive failure expected",
    re.IGNORECASE,
)
# Found much faster than the pattern, and few lines have one.
HINTS: tuple[str, ...] = ("ailed", "ailure", "USB bridge", "No such", "denied", "Unable", "support", "lacks", "early")
HINTS += ("Device is in", "specify", "MegaRaid", "checksum", "Smartctl open")
LINE = 400  # characters of a line that are looked at; smartctl's own are far shorter
NAMES = {
    "model": ("Device Model", "Model Number", "Product"),
    "family": ("Model Family",),
    "serial": ("Serial Number", "Serial number"),
    "firmware": ("Firmware Version", "Revision"),
}


def from_text(text: str, before: str = "") -> DriveMetrics:
    """Metrics of one report; ``before`` is what stood in front of it, where the command may name the device."""
    lines = [line[:LINE] for line in text.splitlines()]
    text = "\n".join(lines)
    fields: dict[str, str] = {}
    for line in lines:
        found = FIELD.match(line)
        if found:
            fields.setdefault(found[1].strip(), found[2])
    drive = DriveMetrics(tool=_tool(text), device=_device(before, text))
    for name, labels in NAMES.items():
        setattr(drive, name, next((fields[label][:200] for label in labels if label in fields), ""))
    old = re.match(r"(\S.*?)\s+Version:\s*(\S+)", fields.get("Device", ""))  # SCSI before smartctl 5.40
    if old and not drive.model:
        drive.model, drive.firmware = re.sub(r"\s+", " ", old[1])[:200], old[2][:40]
    if drive.serial == "--":  # masked by the collector
        drive.serial = ""
    if "Vendor" in fields and "Device Model" not in fields and "Product" in fields:
        drive.model = f"{fields['Vendor']} {drive.model}"[:200]
    size = next(
        (fields[n] for n in ("User Capacity", "Total NVM Capacity", "Namespace 1 Size/Capacity") if n in fields), ""
    )
    drive.size_bytes = leading(size)
    drive.rotational = _turning(fields.get("Rotation Rate", ""))
    drive.temperature_celsius = leading(fields.get("Current Drive Temperature", fields.get("Current Temperature", "")))
    _health(text, drive)
    _ata(lines, drive)
    _nvme(fields, drive)
    _scsi(lines, fields, drive)
    _tests(text, lines, drive)
    drive.protocol = _protocol(drive, fields)
    drive.messages = [line.strip()[:200] for line in lines if _hints(line) and TROUBLE.search(line)][:20]
    drive.truncated = _cut(lines) or (drive.critical_warning is not None and drive.media_errors is None)
    return drive


def _hints(line: str) -> bool:
    return any(hint in line for hint in HINTS)


def _tool(text: str) -> str:
    found = re.search(r"smartctl (?:version )?(\d+\.\d+)", text)
    return f"smartctl {found[1]}" if found else ""


def _device(before: str, text: str) -> str:
    named = COMMAND.findall("\n".join(before[-1000:].splitlines()[-4:]))  # the prompt, or a script's heading
    if named:
        return str(named[-1])
    opened = re.search(r"(?:^|\s)(/dev/[\w/.-]{1,80})(?::| \[|\s)", text[:3000])
    return opened[1] if opened else ""


def _turning(text: str) -> bool | None:
    if "Solid State" in text:
        return False
    return True if re.match(r"\d+\s*rpm", text) else None


def _health(text: str, drive: DriveMetrics) -> None:
    result = HEALTH.search(text)
    if result:
        drive.passed = {"PASSED": True, "FAILED": False}.get(result[1].upper())
    scsi = SCSI_HEALTH.search(text)
    if scsi:
        drive.health_status = scsi[1][:120]
        if re.match(r"OK\b", scsi[1]):
            drive.passed = drive.passed is not False
        elif SCSI_BAD.search(scsi[1]):  # anything else is a report that was cut off
            drive.passed = False
    drive.attribute_check = "based on an Attribute check" in text
    support = " ".join(re.findall(r"SMART support is:\s*(\S.*)", text)[:4]) + " "
    support += " ".join(re.findall(r"Device (?:supports SMART and is \w+|does not support SMART)", text)[:2])
    if "Unavailable" in support or "does not support" in support:
        drive.smart_support = False
    elif "Available" in support or "supports SMART" in support:
        drive.smart_support = True
    if "Disabled" in support:
        drive.smart_enabled = False
    elif "Enabled" in support:
        drive.smart_enabled = True


def _ata(lines: list[str], drive: DriveMetrics) -> None:
    seen: set[int] = set()
    for line in lines:
        found = ATTRIBUTE.match(line)
        if found and int(found["id"]) not in seen:
            seen.add(int(found["id"]))
            drive.attributes.append(_attribute(found))
    apply_attributes(drive)
    for line in lines:
        used = STATISTIC.match(line)
        if used:
            drive.percentage_used = leading(used[1])


def _attribute(found: re.Match[str]) -> Attribute:
    flags = found["flags"]
    prefailure = found["kind"] == "Pre-fail" if found["kind"] else flags.startswith("P")
    if flags.startswith("0x") and not found["kind"]:
        prefailure = bool(int(flags, 16) & 1)
    failed = {"NOW": "now", "FAILING_NOW": "now", "Past": "past", "In_the_past": "past"}.get(found["failed"], "")
    shown = found["raw"][:64]
    return Attribute(
        id=int(found["id"]),
        name=found["name"],
        value=_normalised(found["value"]),
        worst=_normalised(found["worst"]),
        threshold=_normalised(found["thresh"]),
        raw=int(shown) if re.fullmatch(r"\d{1,20}", shown) else None,
        shown=shown,
        failed=failed,
        prefailure=prefailure,
    )


def _normalised(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _nvme(fields: dict[str, str], drive: DriveMetrics) -> None:
    if "Critical Warning" not in fields and "Available Spare" not in fields:
        return
    drive.protocol, drive.rotational = "NVMe", False
    drive.critical_warning = hexadecimal(fields.get("Critical Warning", ""))
    drive.available_spare = leading(fields.get("Available Spare", ""))
    drive.available_spare_threshold = leading(fields.get("Available Spare Threshold", ""))
    drive.percentage_used = leading(fields.get("Percentage Used", ""))
    drive.media_errors = leading(fields.get("Media and Data Integrity Errors", ""))
    drive.power_on_hours = _hours(leading(fields.get("Power On Hours", "")), drive)
    if drive.temperature_celsius is None:
        drive.temperature_celsius = leading(fields.get("Temperature", ""))


def _hours(number: int | None, drive: DriveMetrics) -> int | None:
    if number is not None and number > MAX_HOURS:
        drive.note(N_("power-on time of {raw} is not believed"), raw=number)
        return None
    return number


def _scsi(lines: list[str], fields: dict[str, str], drive: DriveMetrics) -> None:
    drive.grown_defects = leading(fields.get("Elements in grown defect list", ""))
    errors: list[int] = []
    for line in lines:
        row = ERROR_ROW.match(line.strip())
        cells = row["cells"].split() if row else []
        if len(cells) == ERROR_CELLS and (number := leading(cells[-1])) is not None:
            errors.append(number)
    drive.uncorrected_errors = sum(errors) if errors else None
    used = fields.get("Percentage used endurance indicator")
    if used:
        drive.percentage_used = leading(used)
    powered = re.search(r"(?:number of hours powered up\s*=\s*|hours:minutes\s+)(\d{1,9})", "\n".join(lines))
    if drive.power_on_hours is None and powered:
        drive.power_on_hours = _hours(int(powered[1]), drive)


def _tests(text: str, lines: list[str], drive: DriveMetrics) -> None:
    tests = [SelfTest(found["kind"], found["status"]) for line in lines if (found := TEST.match(line))]
    if not tests and "Self-test Log" in text:
        tests = [SelfTest(found["kind"], found["status"]) for line in lines if (found := NVME_TEST.match(line))]
    status = EXECUTION.search(text)
    # smartctl explains the number in words on the lines that follow; 3 to 7 in the high nibble are faults
    fault = bool(status) and len(status[1]) < 4 and 3 <= int(status[1]) >> 4 <= 7 if status else False
    last = SelfTest("", "the last self-test found a fault", False) if fault else None
    apply_tests(drive, tests, last)


def _protocol(drive: DriveMetrics, fields: dict[str, str]) -> str:
    if drive.protocol:
        return drive.protocol
    if drive.attributes or "ATA Version" in fields or "Device Model" in fields or "SATA Version" in fields:
        return "ATA"
    if "Model Number" in fields or "NVMe Version" in fields:
        return "NVMe"
    scsi = ("Transport protocol", "SCSI", "Logical Unit id", "Product", "Vendor")
    return "SCSI" if drive.health_status or any(name in fields for name in scsi) else ""


def _cut(lines: list[str]) -> bool:
    """Whether the report stops in the middle of the attributes: whole ones go on with a legend or an empty line."""
    if not lines:
        return False
    heads = [number for number, line in enumerate(lines) if line.startswith("ID#")]
    if not heads:
        return False
    rest = lines[heads[-1] + 1 :]
    table = 0
    while table < len(rest) and ATTRIBUTE.match(rest[table]):
        table += 1
    return table == len(rest) or (table == len(rest) - 1 and bool(rest[table].strip()) and "|" not in rest[table])
