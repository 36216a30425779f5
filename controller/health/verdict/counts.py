"""Counters that grow when a drive loses data or space: the table of what each count means."""

from __future__ import annotations

from typing import NamedTuple

from controller.health.verdict import thresholds
from controller.health.verdict.metrics import DriveMetrics
from controller.health.verdict.reasons import Level, Reason
from controller.i18n import N_


class Count(NamedTuple):
    """From how many on a counter means worn, and failing; ``beside``: failing only where one of these counts too.

    The rates were measured on hard disks: flash is never called failing by a count, and what it moved
    (``disks_only``) is only a note. It fails by its own word, at its maker's limits, or in its self-test.
    """

    metric: str
    code: str
    worn: int
    failing: int | None
    message: str
    source: str
    beside: tuple[str, ...] = ()
    disks_only: bool = False


COUNTS = (
    Count(
        "pending_sectors",
        "pending",
        thresholds.PENDING_WORN,
        thresholds.PENDING_FAILING,
        N_("sectors that can't be read and wait to be replaced: {count}"),
        thresholds.RATES,
    ),
    Count(
        "offline_uncorrectable",
        "offline-uncorrectable",
        thresholds.OFFLINE_WORN,
        thresholds.OFFLINE_FAILING,
        N_("sectors that couldn't be read when the drive checked itself: {count}"),
        thresholds.RATES,
    ),
    Count(
        "reallocated_sectors",
        "reallocated",
        thresholds.REALLOCATED_WORN,
        thresholds.REALLOCATED_FAILING,
        N_("sectors replaced by spare ones: {count}"),
        thresholds.RATES,
        disks_only=True,
    ),
    Count(
        "grown_defects",
        "grown-defects",
        thresholds.REALLOCATED_WORN,
        thresholds.REALLOCATED_FAILING,
        N_("sectors replaced by spare ones: {count}"),
        thresholds.RATES,
    ),
    Count(
        "reported_uncorrectable",
        "uncorrectable",
        thresholds.UNCORRECTABLE_WORN,
        thresholds.UNCORRECTABLE_FAILING,
        N_("times it answered that data couldn't be read: {count}"),
        thresholds.RATES,
        ("pending_sectors", "offline_uncorrectable", "reallocated_sectors", "grown_defects"),
    ),
    Count(
        "uncorrected_errors",
        "uncorrected",
        thresholds.UNCORRECTABLE_WORN,
        thresholds.UNCORRECTABLE_FAILING,
        N_("times it answered that data couldn't be read or written: {count}"),
        thresholds.RATES,
        ("grown_defects",),
    ),
    Count(
        "media_errors",
        "media-errors",
        thresholds.MEDIA_ERRORS_WORN,
        None,
        N_("times it answered that data couldn't be read: {count}"),
        thresholds.NVME,
    ),
    Count(
        "command_timeout",
        "timeouts",
        thresholds.TIMEOUTS_WORN,
        None,
        N_("commands not answered in time: {count} (a bad cable or power supply does that too)"),
        thresholds.RATES,
    ),
)


def count_reasons(drive: DriveMetrics) -> list[Reason]:
    """Every counter that says something, with the number in words."""
    reasons = []
    for count in COUNTS:
        number = getattr(drive, count.metric)
        if not number or number < 0:
            continue
        level = _level(count, number, drive)
        reasons.append(Reason(count.code, level, count.message, {"count": number}, count.source))
    crc = drive.crc_errors or 0
    if crc >= thresholds.CRC_NOTE:
        text = N_("transfers that went wrong on the cable: {count}; change the cable or clean the plugs")
        reasons.append(Reason("cable", Level.NOTE, text, {"count": crc}, thresholds.SMARTCTL))
    return reasons


def _level(count: Count, number: int, drive: DriveMetrics) -> Level:
    if count.disks_only and drive.rotational is False:
        return Level.NOTE
    failing = count.failing is not None and number >= count.failing and drive.rotational is not False
    if failing and (not count.beside or any((getattr(drive, other) or 0) > 0 for other in count.beside)):
        return Level.FAILING
    return Level.WORN if number >= count.worn else Level.NOTE
