"""Verdicts on batteries, memory and cooling."""

from __future__ import annotations

import math
from typing import Any

import pytest

from controller.health.verdict import battery_verdict, heat_verdict, memory_verdict
from controller.settings import Settings


@pytest.mark.parametrize(
    ("battery", "verdict"),
    [
        ({"energy_full_wh": 45.0, "energy_full_design_wh": 50.0, "cycle_count": 120}, "good"),
        ({"energy_full_wh": 40.0, "energy_full_design_wh": 50.0}, "good"),
        ({"energy_full_wh": 39.0, "energy_full_design_wh": 50.0}, "worn"),
        ({"energy_full_wh": 25.0, "energy_full_design_wh": 50.0}, "worn"),
        ({"energy_full_wh": 24.0, "energy_full_design_wh": 50.0}, "failing"),
        ({"energy_full_wh": 0.0, "energy_full_design_wh": 50.0}, "failing"),
        ({"energy_full_wh": 55.0, "energy_full_design_wh": 50.0}, "good"),
        ({"energy_full_wh": 500.0, "energy_full_design_wh": 50.0}, "unknown"),
        ({"energy_full_wh": 50.0, "energy_full_design_wh": 0}, "unknown"),
        ({"energy_full_wh": 50.0, "energy_full_design_wh": 1e-300}, "unknown"),
        ({"charge_full": 3000, "charge_full_design": 6000}, "worn"),
        ({"energy_full_wh": "50", "energy_full_design_wh": math.nan}, "unknown"),
        ({"energy_full_wh": None, "energy_full_design_wh": None}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_battery(battery: dict[str, Any], verdict: str) -> None:
    found = battery_verdict(battery)
    assert found.level == verdict
    assert found.texts


def test_battery_thresholds_are_settings() -> None:
    found = Settings(battery_worn_below=90, battery_failing_below=70)
    limits = {"worn_below": found.battery_worn_below, "failing_below": found.battery_failing_below}
    assert battery_verdict({"energy_full_wh": 34, "energy_full_design_wh": 50}, **limits).level == "failing"
    assert battery_verdict({"energy_full_wh": 44, "energy_full_design_wh": 50}, **limits).level == "worn"
    with pytest.raises(ValueError, match="battery_failing_below"):
        Settings(battery_worn_below=40)


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ({"errors": 0, "tested_bytes": 7 << 30, "total_bytes": 8 << 30}, "good"),
        ({"errors": 1}, "failing"),
        ({"errors": 0, "uncorrected": 1}, "failing"),
        ({"errors": 0, "corrected": 3}, "worn"),
        ({"errors": 0, "tested_bytes": 1 << 30, "total_bytes": 8 << 30}, "unknown"),
        ({"corrected": 3}, "worn"),
        ({}, "unknown"),
        ({"errors": "none"}, "unknown"),
    ],
)
def test_memory(test: dict[str, Any], verdict: str) -> None:
    found = memory_verdict(test)
    assert found.level == verdict
    assert found.texts


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ({"idle_celsius": 40, "load_celsius": 80, "limit_celsius": 100}, "good"),
        ({"load_celsius": 96, "limit_celsius": 100}, "worn"),
        ({"load_celsius": 91}, "worn"),
        ({"load_celsius": 80, "throttled_seconds": 3}, "worn"),
        ({"load_celsius": 80, "throttle_events": 12, "fan_rpm": 0}, "failing"),
        ({"load_celsius": 104, "critical_celsius": 104}, "failing"),
        ({"idle_celsius": 75, "load_celsius": 85, "limit_celsius": 100}, "worn"),
        ({"load_celsius": 60, "fan_rpm": 0}, "good"),  # a fan that rests, or none
        ({"load_celsius": 255}, "unknown"),
        ({"load_celsius": -128}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_heat(figures: dict[str, Any], verdict: str) -> None:
    found = heat_verdict(figures)
    assert found.level == verdict
    assert found.texts
