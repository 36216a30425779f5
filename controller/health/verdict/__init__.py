"""Verdicts on what a machine is made of: drives, battery, memory, heat. Pure: facts in, verdict and words out.

A verdict is one of good / worn / failing / unknown, always with its reasons. ``docs/health.md`` says how each comes
about; every threshold stands in ``thresholds.py`` with its source, every vendor's oddity in ``oddities.json``.
"""

from __future__ import annotations

from controller.health.verdict.battery import battery_verdict
from controller.health.verdict.drive import drive_verdict, verdict_of
from controller.health.verdict.dump import read_dump
from controller.health.verdict.files import judge_bytes, judge_file
from controller.health.verdict.heat import heat_verdict
from controller.health.verdict.memory import memory_verdict
from controller.health.verdict.metrics import Attribute, DriveMetrics
from controller.health.verdict.reasons import Level, Reason, Verdict

__all__ = [
    "Attribute",
    "DriveMetrics",
    "Level",
    "Reason",
    "Verdict",
    "battery_verdict",
    "drive_verdict",
    "heat_verdict",
    "judge_bytes",
    "judge_file",
    "memory_verdict",
    "read_dump",
    "verdict_of",
]
