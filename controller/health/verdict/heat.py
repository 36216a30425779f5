"""The verdict on cooling: how hot the processor gets at work, and whether it had to slow down."""

from __future__ import annotations

from typing import Any

from controller.health.verdict import thresholds
from controller.health.verdict.reasons import Level, Reason, Verdict, conclude
from controller.i18n import N_


def heat_verdict(figures: dict[str, Any]) -> Verdict:
    """good / worn / failing / unknown of a load test's temperatures.

    Reads, in °C: ``idle_celsius``, ``load_celsius`` (highest under load), ``limit_celsius`` (where the processor slows
    down), ``critical_celsius`` (where it switches off); ``throttled_seconds`` or ``throttle_events``; ``fan_rpm`` of a
    fan that should turn (0: it doesn't).
    """
    idle, load = _degrees(figures.get("idle_celsius")), _degrees(figures.get("load_celsius"))
    critical = _degrees(figures.get("critical_celsius"))
    limit = _degrees(figures.get("limit_celsius")) or float(thresholds.CPU_LIMIT)
    slowed = any(_positive(figures.get(name)) for name in ("throttled_seconds", "throttle_events"))
    source = thresholds.HEAT_SOURCE
    reasons = []
    if figures.get("fan_rpm") == 0 and not isinstance(figures.get("fan_rpm"), bool) and slowed:
        text = N_("the fan doesn't turn, and the processor slows down")
        reasons.append(Reason("fan", Level.FAILING, text, source=source))
    if load is not None and critical and load >= critical:
        text = N_("the processor reached {degrees} °C, where it switches off ({limit} °C)")
        params = {"degrees": round(load), "limit": round(critical)}
        reasons.append(Reason("heat-critical", Level.FAILING, text, params, source))
    elif slowed:
        text = N_("the processor had to slow down because of heat: clean it, new thermal paste")
        reasons.append(Reason("throttled", Level.WORN, text, source=source))
    elif load is not None and load > limit - thresholds.CPU_MARGIN:
        text = N_("the processor reached {degrees} °C at work, it slows down at {limit} °C: clean it, new paste")
        params = {"degrees": round(load), "limit": round(limit)}
        reasons.append(Reason("heat-margin", Level.WORN, text, params, source))
    if idle is not None and idle >= thresholds.CPU_IDLE_HOT:
        text = N_("the processor is at {degrees} °C at rest: clean it, new thermal paste")
        reasons.append(Reason("heat-idle", Level.WORN, text, {"degrees": round(idle)}, "ours"))
    if load is None and not reasons:
        text = N_("no temperature under load is known")
        reasons.append(Reason("heat-unknown", Level.UNKNOWN, text))
    elif load is not None and not reasons:
        text = N_("the processor stays at {degrees} °C at work")
        reasons.append(Reason("heat-fine", Level.GOOD, text, {"degrees": round(load)}))
    return conclude(reasons)


def _degrees(value: Any) -> float | None:
    """A sensor's number that can be one: broken sensors say 0, -128, 255."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < 150 else None


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
