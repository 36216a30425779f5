"""What a machine said of its tests, made fit to be kept: bounded, of known words, as JSON holds it. Pure."""

from __future__ import annotations

import json
import math
from typing import Any, get_args

from agent.protocol_tests import HardwareTestResult, Subsystem, TestOutcome
from controller.texts import storable, storable_text

OUTCOMES: tuple[TestOutcome, ...] = get_args(TestOutcome)
SUBSYSTEMS: tuple[Subsystem, ...] = get_args(Subsystem)
MAX_RESULTS = 400  # of one message: thirty tests on a dozen things each
MAX_FIGURES = 64_000  # characters of JSON: a profile of a thousand places is a tenth of it


def read_results(said: Any) -> list[HardwareTestResult]:
    """The results among what a machine sent; what is none, or names no known outcome or subsystem, is left out."""
    if not isinstance(said, list):
        return []
    return [result for item in said[:MAX_RESULTS] if (result := _result(item)) is not None]


def _result(item: Any) -> HardwareTestResult | None:
    if not isinstance(item, dict) or item.get("outcome") not in OUTCOMES or item.get("subsystem") not in SUBSYSTEMS:
        return None
    name = _text(item.get("name"), 32)
    if not name:
        return None
    return {
        "name": name,
        "subsystem": item["subsystem"],
        "target": _text(item.get("target"), 120),
        "outcome": item["outcome"],
        "reason": _text(item.get("reason"), 4000),
        "figures": _figures(item.get("figures")),
        "started_at": _text(item.get("started_at"), 40),
        "seconds": _seconds(item.get("seconds")),
        "automatic": bool(item.get("automatic", True)),
    }


def _text(value: Any, most: int) -> str:
    return storable_text(value).strip()[:most] if isinstance(value, str) else ""


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    return round(min(max(0.0, float(value)), 1e7), 3)


def _figures(value: Any) -> dict[str, Any]:
    """Figures by name; too many of them are none."""
    if not isinstance(value, dict):
        return {}
    figures: dict[str, Any] = storable(value)
    return figures if len(json.dumps(figures)) <= MAX_FIGURES else {}
