"""From the ATA attribute table to metrics: the usual meanings, then the vendors' own (``oddities.json``)."""

from __future__ import annotations

from collections.abc import Callable

from controller.health.verdict.metrics import Attribute, DriveMetrics
from controller.health.verdict.numbers import counter, hours, timeouts
from controller.health.verdict.oddities import Rule, rule_for
from controller.i18n import N_, said

COUNTERS: dict[int, tuple[str, Callable[[int | None, str], int | None]]] = {
    5: ("reallocated_sectors", counter),
    187: ("reported_uncorrectable", counter),
    188: ("command_timeout", timeouts),
    197: ("pending_sectors", counter),
    198: ("offline_uncorrectable", counter),
    199: ("crc_errors", counter),
}
ODD = N_("attribute {number} = {raw} {why}")
MECHANICAL = {3, 7, 8, 10, 193}  # spin-up, seeks, spin retries, head loads: only disks have them


def apply_attributes(drive: DriveMetrics) -> None:
    """Fill the drive's metrics from its attributes. Needs model, family and firmware; never raises."""
    if drive.rotational is None and drive.attributes:
        drive.rotational = _turns(drive)
    for attribute in drive.attributes:
        rule = rule_for(attribute, drive)
        if attribute.id in COUNTERS:
            _count(drive, attribute, rule)
        elif attribute.id == 9:
            _hours(drive, attribute, rule)
        elif attribute.id in (190, 194) and drive.temperature_celsius is None:
            degrees = (attribute.raw or 0) & 0xFF if attribute.raw is not None else counter(None, attribute.shown)
            drive.temperature_celsius = degrees
        elif rule is not None:
            _wear(drive, attribute, rule)


def _turns(drive: DriveMetrics) -> bool | None:
    """Old drives don't say how fast they turn; what they count tells."""
    told = f"{drive.model} {drive.family}".upper()
    if "SSD" in told or "SOLID STATE" in told:
        return False
    numbers = {attribute.id for attribute in drive.attributes}
    if len(numbers & MECHANICAL) >= 2:
        return True
    return False if numbers & {169, 170, 173, 177, 231, 232, 233} else None


def _count(drive: DriveMetrics, attribute: Attribute, rule: Rule | None) -> None:
    name, read = COUNTERS[attribute.id]
    if rule is not None and rule.means == "ignore":
        if attribute.raw or not attribute.shown.startswith("0"):
            text = N_("attribute {number} ({name}) {why}")
            drive.note(text, number=attribute.id, name=attribute.name, why=said(rule.why))
        return
    number = read(attribute.raw, attribute.shown)
    if number is None:
        drive.note(N_("attribute {number} = {raw} is not believed"), number=attribute.id, raw=attribute.shown[:40])
        return
    if attribute.raw is not None and attribute.raw > 0xFFFF and number != attribute.raw:
        text = N_("attribute {number} = {raw} holds packed counters, read as {value}")
        drive.note(text, number=attribute.id, raw=attribute.raw, value=number)
    if rule is not None and 0 < number <= rule.tolerate:
        drive.note(ODD, number=attribute.id, raw=number, why=said(rule.why))
        number = 0
    if rule is not None and rule.means == "history":
        if number:
            drive.note(ODD, number=attribute.id, raw=number, why=said(rule.why))
        number = min(number, 1)  # there were some: worth a word, no measure of what is there now
    setattr(drive, name, number)


def _hours(drive: DriveMetrics, attribute: Attribute, rule: Rule | None) -> None:
    unit = rule.unit if rule is not None else ""
    number = hours(attribute.raw, attribute.shown, unit)
    if number is None:
        drive.note(N_("power-on time of {raw} is not believed"), raw=attribute.shown[:40])
        drive.power_on_hours = None  # what smartctl made of the same number can't be either
        return
    if rule is not None and unit and "h" not in attribute.shown:
        text = N_("attribute 9 = {raw} {why}: {hours} hours")
        drive.note(text, raw=attribute.shown[:40], why=said(rule.why), hours=number)
        drive.power_on_hours = number
    elif drive.power_on_hours is None:
        drive.power_on_hours = number


def _wear(drive: DriveMetrics, attribute: Attribute, rule: Rule) -> None:
    number = attribute.value if rule.origin == "value" else counter(attribute.raw, attribute.shown)
    if rule.means not in ("life_left", "life_used", "spare_left", "helium") or number is None:
        return
    if not 0 <= number <= 100 or (number == 0 and not attribute.threshold and rule.origin == "value"):
        return  # a normalised value of 0 or over 100 isn't one (smartctl(8): 1 to 253)
    if rule.means == "helium":
        drive.helium_level = number
    elif rule.means == "spare_left":
        drive.available_spare = number
        drive.available_spare_threshold = attribute.threshold
    else:
        left = 100 - number if rule.means == "life_used" else number
        drive.life_left = left if drive.life_left is None else min(left, drive.life_left)
