"""What certificates say, as message ids, and figures as a reader of either language writes them. Pure."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from controller.erasure.certificates.tables import Paper
from controller.i18n import N_, get_language, translate

NBSP = "\N{NO-BREAK SPACE}"

PAPER_NAMES = {
    Paper.DRIVE: N_("certificate of erasure of a drive"),
    Paper.MACHINE: N_("certificate of erasure of a computer"),
    Paper.DESTRUCTION: N_("destruction sheet"),
    Paper.DESTROYED: N_("completed destruction sheet"),
}
TITLES = {
    Paper.DRIVE: N_("Certificate of data erasure"),
    Paper.MACHINE: N_("Certificate of data erasure"),
    Paper.DESTRUCTION: N_("Destruction sheet"),
    Paper.DESTROYED: N_("Destruction sheet"),
}
# What NIST SP 800-88 calls Destroy, by what a workshop has at hand.
METHODS = {
    "drilled": N_("platters or chips drilled through"),
    "crushed": N_("crushed or bent in a press"),
    "shredded": N_("shredded"),
    "opened": N_("opened, platters broken or scratched"),
    "contractor": N_("handed to a destruction company"),
}
# The standard's own names, the same in every language; what they mean is said beside them.
LEVELS = {"clear": "Clear", "purge": "Purge"}
LEVEL_MEANINGS = {
    "clear": N_("The data can't be got back by software or through the computer's own connections."),
    "purge": N_("The data can't be got back even in a laboratory."),
}
MEDIA_NAMES = {
    "hdd": N_("hard disk"),
    "ssd": N_("SSD"),
    "nvme": N_("NVMe SSD"),
    "mmc": N_("eMMC"),
    "sd": N_("memory card"),
    "usb": N_("USB drive"),
    "virtual": N_("virtual drive"),
    "unknown": N_("kind of drive not known"),
}
TECHNIQUE_NAMES = {
    "ata-sanitize-crypto": N_("ATA Sanitize, encryption key changed (crypto scramble)"),
    "ata-sanitize-block": N_("ATA Sanitize, block erase"),
    "ata-sanitize-overwrite": N_("ATA Sanitize, overwrite by the drive itself"),
    "ata-security-erase-enhanced": N_("ATA Security Erase, enhanced"),
    "ata-security-erase": N_("ATA Security Erase"),
    "nvme-sanitize-crypto": N_("NVMe Sanitize, encryption key changed (crypto erase)"),
    "nvme-sanitize-block": N_("NVMe Sanitize, block erase"),
    "nvme-format-crypto": N_("NVMe Format, encryption key changed (SES 2), every namespace"),
    "nvme-format-user-data": N_("NVMe Format, user data erased (SES 1), every namespace"),
    "scsi-sanitize-crypto": N_("SCSI Sanitize, encryption key changed (crypto erase)"),
    "scsi-sanitize-block": N_("SCSI Sanitize, block erase"),
    "scsi-sanitize-overwrite": N_("SCSI Sanitize, overwrite by the drive itself"),
    "mmc-sanitize": N_("eMMC erase, then Sanitize"),
    "overwrite-zero": N_("one overwrite pass with zeros, over the whole drive"),
}

# What people are in the workshop, as a paper's reader understands it.
JOB_TITLES = {
    "technician": N_("technical staff of the workshop"),
    "coordinator": N_("coordination of the workshop"),
    "admin": N_("administration of the workshop"),
}

# How a model's name begins → who made it: the drive itself seldom says.
_MAKERS = (
    (("WDC", "WD "), "Western Digital"),
    (("WUS", "HGST", "HUS", "HTS"), "HGST (Western Digital)"),
    (("HITACHI", "IC25", "IC35"), "Hitachi"),
    (("ST",), "Seagate"),
    (("SAMSUNG", "MZ", "PM9", "KLM"), "Samsung"),
    (("TOSHIBA", "MQ0", "MK", "DT01", "THNS", "KXG", "KIOXIA"), "Toshiba / Kioxia"),
    (("INTEL", "SSDSC", "SSDPE"), "Intel"),
    (("CRUCIAL", "CT"), "Crucial (Micron)"),
    (("MICRON", "MTFD"), "Micron"),
    (("KINGSTON", "SA400", "SNV"), "Kingston"),
    (("SANDISK", "SD"), "SanDisk"),
    (("SK HYNIX", "HFS", "HYNIX", "SKHYNIX"), "SK hynix"),
    (("LITEON", "LITE-ON"), "LITE-ON"),
    (("FUJITSU",), "Fujitsu"),
    (("MAXTOR",), "Maxtor"),
    (("QEMU",), "QEMU"),
)


def maker(model: str) -> str:
    """Who made a drive, from its model's name; empty when it doesn't tell."""
    text = model.strip().upper()
    return next((name for starts, name in _MAKERS if text.startswith(starts)), "")


def _locale() -> str:
    return {"fr": "fr_FR", "en": "en_GB"}[get_language()]


def number(value: float, digits: int = 0) -> str:
    """A figure with the language's separators."""
    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    return str(format_decimal(value, format=pattern, locale=_locale()))


def size(count: int) -> str:
    """``500 Go (500 107 862 016 octets)``: as on the label, and exactly."""
    units = {"fr": ("o", "ko", "Mo", "Go", "To", "Po"), "en": ("B", "kB", "MB", "GB", "TB", "PB")}[get_language()]
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(units) - 1:
        value, unit = value / 1000, unit + 1
    short = f"{number(round(value, 1), 1 if value < 100 else 0)}{NBSP}{units[unit]}"
    return translate("{short} ({exact} bytes)", short=short, exact=number(count)) if unit else short


def share(part: float) -> str:
    """``10 %`` or ``10%``."""
    return number(part * 100, 1) + (f"{NBSP}%" if get_language() == "fr" else "%")


def day(at: dt.date) -> str:
    """``12 mars 2026``."""
    return str(format_date(at, format="long", locale=_locale()))


def moment(at: dt.datetime, zone: str) -> str:
    """``12 mars 2026 à 14:05``, in the workshop's time."""
    local = at.astimezone(ZoneInfo(zone))
    clock = format_time(local, format="HH:mm", tzinfo=ZoneInfo(zone), locale=_locale())
    return translate("{date} at {time}", date=day(local.date()), time=clock)


def duration(seconds: float) -> str:
    """``1 h 05 min``, ``12 min``, ``45 s``."""
    total = max(0, round(seconds))
    if total < 60:
        return f"{total}{NBSP}s"
    hours, minutes = divmod(round(total / 60), 60)
    return f"{hours}{NBSP}h{NBSP}{minutes:02d}{NBSP}min" if hours else f"{minutes}{NBSP}min"
