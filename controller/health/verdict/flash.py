"""Wear of flash: NVMe's health log, ATA's percentage used, vendors' life left and spare; and leaking helium."""

from __future__ import annotations

from controller.health.verdict import thresholds
from controller.health.verdict.metrics import DriveMetrics
from controller.health.verdict.reasons import Level, Reason
from controller.i18n import N_

SPARE, HEAT, RELIABILITY, READ_ONLY, BACKUP, REGION = (1 << bit for bit in range(6))
SATURATED = 255
# NVM Express base specification, SMART / Health Information log, byte 0
WARNINGS = {
    SPARE: N_("its reserve of spare blocks is below its maker's limit"),
    RELIABILITY: N_("it says itself that it is no longer reliable"),
    READ_ONLY: N_("it can only be read any more"),
    BACKUP: N_("its protection against power cuts has failed"),
    REGION: N_("its persistent memory can only be read any more, or is unreliable"),
}


def wear_reasons(drive: DriveMetrics) -> list[Reason]:
    """What the flash says of its wear."""
    return [*_warnings(drive), *_spare(drive), *_used(drive), *_media(drive), *_helium(drive)]


def _warnings(drive: DriveMetrics) -> list[Reason]:
    bits = drive.critical_warning or 0
    if bits < 0 or bits > 0xFF:
        return []
    reasons = [
        Reason(f"warning-{bit:#04x}", Level.FAILING, text, source=thresholds.NVME)
        for bit, text in WARNINGS.items()
        if bits & bit
    ]
    if bits & HEAT:
        text = N_("it is too hot or too cold right now")
        reasons.append(Reason("warning-heat", Level.WORN, text, source=thresholds.NVME))
    return reasons


def _spare(drive: DriveMetrics) -> list[Reason]:
    spare, limit = drive.available_spare, drive.available_spare_threshold
    if spare is None or not 0 <= spare <= 100 or limit is None or not 0 < limit <= 100:
        return []
    params = {"spare": spare, "limit": limit}
    if spare < limit:
        text = N_("{spare} % of its spare blocks are left, its maker's limit is {limit} %")
        return [Reason("spare", Level.FAILING, text, params, thresholds.NVME)]
    if spare < 100 and spare - limit <= (100 - limit) // 2:
        text = N_("{spare} % of its spare blocks are left; at {limit} % it is over")
        return [Reason("spare", Level.WORN, text, params, "ours")]
    return []


def _used(drive: DriveMetrics) -> list[Reason]:
    used, left = drive.percentage_used, drive.life_left
    if left is not None and (used is None or (used == SATURATED and left > thresholds.LIFE_WORN)):
        used = 100 - left  # SandForce fills ATA's percentage with ones while its own attribute counts right
    if used is None or not thresholds.USED_WORN <= used <= 255:
        return []
    if used >= thresholds.USED_UP:
        text = N_("{used} % of the writing its maker warrants is used up")
        return [Reason("used-up", Level.WORN, text, {"used": used}, thresholds.NVME)]
    text = N_("{used} % of the writing its maker warrants is used")
    return [Reason("used", Level.WORN, text, {"used": used}, "ours")]


def _media(drive: DriveMetrics) -> list[Reason]:
    errors, spare = drive.media_errors or 0, drive.available_spare
    if errors < thresholds.MEDIA_ERRORS_FAILING or spare is None or not 0 <= spare < 100:
        return []
    text = N_("it loses data (times: {count}) and is using up its spare blocks ({spare} % left)")
    return [Reason("media-and-spare", Level.FAILING, text, {"count": errors, "spare": spare}, thresholds.RATES)]


def _helium(drive: DriveMetrics) -> list[Reason]:
    level = drive.helium_level
    if level is None or level >= thresholds.HELIUM_FULL:
        return []
    text = N_("it is losing its helium ({level} of 100)")
    return [Reason("helium", Level.WORN, text, {"level": level}, "HGST Ultrastar He specification")]
