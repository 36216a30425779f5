"""What a drive's dump said, whatever its form: the one shape that verdicts are made from. ``None``: not said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from controller.i18n import said


@dataclass(frozen=True)
class Attribute:
    """One line of the ATA table. ``raw`` is the 48-bit number or its shown form; ``failed``: now, past or nothing."""

    id: int
    name: str
    value: int | None
    worst: int | None
    threshold: int | None
    raw: int | None
    shown: str
    failed: str = ""
    prefailure: bool = False

    @property
    def is_failing(self) -> bool:
        """At or below its threshold now. Values outside 1..253 and a threshold of 0 say nothing (smartctl(8), -A)."""
        if self.failed:
            return self.failed == "now"
        if not self.value or not self.threshold:
            return False
        return 1 <= self.value <= 253 and self.value <= self.threshold


@dataclass
class DriveMetrics:
    """Facts of one drive. Sizes in bytes, hours, °C, percent; counters as smartctl counts them."""

    device: str = ""
    model: str = ""
    family: str = ""
    serial: str = ""
    firmware: str = ""
    protocol: str = ""  # ATA, NVMe, SCSI
    transport: str = ""  # smartctl's device type: sat, usbjmicron, megaraid,0 …
    size_bytes: int | None = None
    rotational: bool | None = None
    tool: str = ""
    exit_status: int | None = None
    passed: bool | None = None  # the firmware's own word
    power_on_hours: int | None = None
    temperature_celsius: int | None = None
    # ATA: the five that predict failure, and the cable's
    reallocated_sectors: int | None = None
    reported_uncorrectable: int | None = None
    command_timeout: int | None = None
    pending_sectors: int | None = None
    offline_uncorrectable: int | None = None
    crc_errors: int | None = None
    helium_level: int | None = None
    # wear of flash
    percentage_used: int | None = None
    life_left: int | None = None
    # NVMe, and ATA where its statistics say it
    critical_warning: int | None = None
    available_spare: int | None = None
    available_spare_threshold: int | None = None
    media_errors: int | None = None
    # SCSI
    grown_defects: int | None = None
    uncorrected_errors: int | None = None
    health_status: str = ""
    # self-test: newest finished one that still counts
    self_test_passed: bool | None = None
    self_test: str = ""
    # how the dump itself is
    attributes: list[Attribute] = field(default_factory=list)
    smart_support: bool | None = None
    smart_enabled: bool | None = None
    truncated: bool = False
    listing: bool = False  # smartctl --scan: which drives there are, nothing of their health
    attribute_check: bool = False  # smartctl looked at the table itself, the firmware's word couldn't be had
    messages: list[str] = field(default_factory=list)
    notes: list[dict[str, object]] = field(default_factory=list)  # numbers not taken as they were, and why

    def note(self, message: str, /, **params: object) -> None:
        """Keep a note: a msgid and its parameters."""
        self.notes.append(said(message, **params))

    def as_dict(self) -> dict[str, Any]:
        """Everything that was said, without what was not."""
        known = {
            name: value for name, value in vars(self).items() if value not in (None, "", []) and value is not False
        }
        known.pop("notes", None)  # among the reasons, in words
        known.update({n: False for n in ("passed", "rotational", "self_test_passed") if getattr(self, n) is False})
        if self.attributes:
            known["attributes"] = [_line(attribute) for attribute in self.attributes]
        return known


def _line(attribute: Attribute) -> dict[str, Any]:
    line = {"id": attribute.id, "name": attribute.name, "value": attribute.value, "threshold": attribute.threshold}
    line["raw"] = attribute.shown
    return {**line, "failed": attribute.failed} if attribute.failed else line
