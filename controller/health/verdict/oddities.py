"""Vendors' oddities: rules read from ``oddities.json``, matched by model, firmware and the attribute's name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from controller.health.verdict.metrics import Attribute, DriveMetrics

FILE = Path(__file__).with_name("oddities.json")


@dataclass(frozen=True)
class Rule:
    """What one attribute means on some drives."""

    id: str
    attribute: int
    model: re.Pattern[str] | None
    family: re.Pattern[str] | None
    firmware: re.Pattern[str] | None
    name: re.Pattern[str] | None
    rotational: bool | None
    means: str
    origin: str
    unit: str
    tolerate: int
    why: str
    source: str

    def fits(self, attribute: Attribute, drive: DriveMetrics) -> bool:
        """Every pattern that the rule has matches, and it is this kind of drive."""
        if self.name is not None and not self.name.search(attribute.name):
            return False
        if self.rotational is not None and drive.rotational is (not self.rotational):
            return False
        return _match(self, drive)


@dataclass(frozen=True)
class Notice:
    """Something to say about a model or its firmware, whatever its counters are."""

    id: str
    model: re.Pattern[str] | None
    family: re.Pattern[str] | None
    firmware: re.Pattern[str] | None
    text: str
    source: str


def _match(rule: Rule | Notice, drive: DriveMetrics) -> bool:
    pairs = ((rule.model, drive.model), (rule.family, drive.family), (rule.firmware, drive.firmware))
    return all(pattern is None or pattern.search(text) for pattern, text in pairs)


def _pattern(entry: dict[str, Any], key: str) -> re.Pattern[str] | None:
    return re.compile(entry[key]) if key in entry else None


@lru_cache(maxsize=1)
def _load() -> tuple[dict[int, list[Rule]], list[Notice]]:
    data = json.loads(FILE.read_text(encoding="utf-8"))
    rules: dict[int, list[Rule]] = {}
    for entry in data["attributes"]:
        rule = Rule(
            id=entry["id"],
            attribute=entry["attribute"],
            model=_pattern(entry, "model"),
            family=_pattern(entry, "family"),
            firmware=_pattern(entry, "firmware"),
            name=_pattern(entry, "name"),
            rotational=entry.get("rotational"),
            means=entry.get("means", ""),
            origin=entry.get("from", "raw"),
            unit=entry.get("unit", ""),
            tolerate=entry.get("tolerate", 0),
            why=entry["why"],
            source=entry["source"],
        )
        rules.setdefault(rule.attribute, []).append(rule)
    notices = [
        Notice(
            id=entry["id"],
            model=_pattern(entry, "model"),
            family=_pattern(entry, "family"),
            firmware=_pattern(entry, "firmware"),
            text=entry["notice"],
            source=entry["source"],
        )
        for entry in data["notices"]
    ]
    return rules, notices


def rule_for(attribute: Attribute, drive: DriveMetrics) -> Rule | None:
    """The first rule that fits; None: the attribute means what it usually does."""
    return next((rule for rule in _load()[0].get(attribute.id, []) if rule.fits(attribute, drive)), None)


def notices_for(drive: DriveMetrics) -> list[Notice]:
    """What is known about this model and firmware."""
    return [notice for notice in _load()[1] if drive.model and _match(notice, drive)]
