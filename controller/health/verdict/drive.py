"""The verdict on one drive, from its metrics: firmware, counters, wear, self-test, then whether it was enough."""

from __future__ import annotations

from typing import Any

from controller.health.verdict import flash, thresholds
from controller.health.verdict.compact import table_of
from controller.health.verdict.counts import count_reasons
from controller.health.verdict.metrics import DriveMetrics
from controller.health.verdict.oddities import notices_for, rule_for
from controller.health.verdict.reasons import Level, Reason, Verdict, conclude
from controller.health.verdict.unread import why_unknown
from controller.i18n import N_, said

FACTS = (
    "power_on_hours",
    "temperature_celsius",
    "reallocated_sectors",
    "reported_uncorrectable",
    "command_timeout",
    "pending_sectors",
    "offline_uncorrectable",
    "percentage_used",
    "critical_warning",
    "media_errors",
    "available_spare",
    "available_spare_threshold",
)


def verdict_of(smart: dict[str, Any], drive: dict[str, Any] | None = None) -> Verdict:
    """The verdict on a drive of an inventory: its ``smart`` facts, and the drive's own for what vendors do.

    Both as the agent sends them. Whatever is missing, or of another type, counts as not said.
    """
    drive = drive or {}
    metrics = DriveMetrics(
        model=str(drive.get("model") or ""),
        firmware=str(drive.get("firmware_revision") or ""),
        rotational=drive.get("rotational") if isinstance(drive.get("rotational"), bool) else None,
        transport=str(drive.get("transport") or ""),
        protocol="NVMe" if drive.get("transport") == "nvme" else "",
        passed=smart.get("passed") if isinstance(smart.get("passed"), bool) else None,
    )
    for name in ("exit_status", *FACTS):
        value = smart.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            setattr(metrics, name, value)
    if smart.get("error"):
        metrics.messages = [str(smart["error"])[:200]]
    table_of(metrics, smart.get("attributes"))
    test = smart.get("self_test")
    if isinstance(test, dict) and isinstance(test.get("passed"), bool):
        metrics.self_test_passed = test["passed"]
        metrics.self_test = f"{test.get('kind') or ''}: {test.get('result') or ''}".strip(": ")[:120]
    return drive_verdict(metrics)


def drive_verdict(drive: DriveMetrics) -> Verdict:
    """good / worn / failing / unknown, with every reason found."""
    reasons = [*_firmware(drive), *_attributes(drive), *count_reasons(drive), *flash.wear_reasons(drive)]
    reasons += [*_self_test(drive), *_age(drive), *_notes(drive)]
    bad = any(reason.level in (Level.WORN, Level.FAILING) for reason in reasons)
    missing = why_unknown(drive)
    if missing is not None and not any(reason.level is Level.FAILING for reason in reasons):
        reasons.append(missing)
    if missing is None and not bad:
        reasons.append(_good(drive))
    return conclude(reasons)


def _good(drive: DriveMetrics) -> Reason:
    hours = drive.power_on_hours
    if hours is None:
        return Reason("nothing-found", Level.GOOD, N_("nothing that predicts a failure was found"))
    text = N_("nothing that predicts a failure was found after {hours} hours of use")
    return Reason("nothing-found", Level.GOOD, text, {"hours": hours})


def _firmware(drive: DriveMetrics) -> list[Reason]:
    """The drive's own word. FAILED is always failing; PASSED alone is no verdict (field guide §5)."""
    if drive.passed is False and drive.critical_warning == flash.HEAT:
        text = N_("the drive's own health check says FAILED because of its temperature: let it cool and read it again")
        return [Reason("firmware-failed-heat", Level.FAILING, text, source=thresholds.NVME)]
    if drive.passed is False:
        if drive.health_status and drive.health_status.upper() != "OK":
            text = N_("the drive's own health check says: {status}")
            return [Reason("firmware-failed", Level.FAILING, text, {"status": drive.health_status}, "SBC-4, SPC-4")]
        text = N_("the drive's own health check says FAILED")
        return [Reason("firmware-failed", Level.FAILING, text, source=thresholds.SMARTCTL)]
    if drive.passed is None and (drive.exit_status or 0) & 0b1000:  # bit 3: the status check returned DISK FAILING
        text = N_("the drive's own health check says FAILED")
        return [Reason("firmware-failed", Level.FAILING, text, source=thresholds.SMARTCTL)]
    return []


def _attributes(drive: DriveMetrics) -> list[Reason]:
    """Attributes at their threshold: pre-failure ones predict a failure, old-age ones say that the design life is over,
    and those of heat say that it was hot (smartctl(8), -A)."""
    reasons = []
    for attribute in drive.attributes:
        rule = rule_for(attribute, drive)
        means = rule.means if rule is not None else ""
        params = {"name": attribute.name, "value": attribute.value, "threshold": attribute.threshold}
        if means == "ignore" or (not attribute.is_failing and attribute.failed != "past"):
            continue
        if means == "temperature":
            text = N_("it was hotter than its maker allows ({name})")
            reasons.append(Reason("was-hot", Level.NOTE, text, {"name": attribute.name}, thresholds.SMARTCTL))
        elif attribute.is_failing and attribute.prefailure:
            text = N_("{name} is at {value}, its maker's limit is {threshold}: the drive predicts its own failure")
            reasons.append(Reason("attribute-failing", Level.FAILING, text, params, thresholds.SMARTCTL))
        elif attribute.is_failing:
            text = N_("{name} is at {value}, its maker's limit is {threshold}: its design life is over")
            reasons.append(Reason("attribute-old-age", Level.WORN, text, params, thresholds.SMARTCTL))
        elif attribute.prefailure:
            text = N_("{name} was below its maker's limit once, and is not now")
            reasons.append(Reason("attribute-past", Level.WORN, text, {"name": attribute.name}, thresholds.SMARTCTL))
    return reasons


def _self_test(drive: DriveMetrics) -> list[Reason]:
    if drive.self_test_passed is not False:
        return []
    text = N_("the drive's self-test found a fault ({result})")
    return [Reason("self-test", Level.FAILING, text, {"result": drive.self_test}, thresholds.SMARTCTL)]


def _age(drive: DriveMetrics) -> list[Reason]:
    hours = drive.power_on_hours
    if hours is None or hours < thresholds.HOURS_WORN or drive.rotational is not True:
        return []
    text = N_("it has run for {hours} hours; half of all hard disks don't live longer than {usual}")
    params = {"hours": hours, "usual": thresholds.HOURS_WORN}
    return [Reason("old", Level.WORN, text, params, thresholds.HOURS_SOURCE)]


def _notes(drive: DriveMetrics) -> list[Reason]:
    reasons = []
    limit = thresholds.HOT_HDD if drive.rotational else thresholds.HOT_SSD
    degrees = drive.temperature_celsius
    if degrees is not None and limit <= degrees <= 150:
        text = N_("it is at {degrees} °C: it needs air")
        reasons.append(Reason("hot", Level.NOTE, text, {"degrees": degrees}, "makers' data sheets"))
    for notice in notices_for(drive):
        text = N_("known about this model: {notice}")
        params = {"notice": said(notice.text, firmware=drive.firmware or "?")}
        reasons.append(Reason(f"notice-{notice.id}", Level.NOTE, text, params, notice.source))
    for note in drive.notes[:20]:
        reasons.append(
            Reason("not-as-shown", Level.NOTE, N_("not taken as shown: {note}"), {"note": note}, "oddities.json")
        )
    if any("checksum" in message for message in drive.messages):
        text = N_("the health table arrived damaged (wrong checksum), as some USB bridges do")
        reasons.append(Reason("checksum", Level.NOTE, text, source=thresholds.SMARTCTL))
    return reasons
