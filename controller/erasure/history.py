"""What earlier erases of the same drive taught: evidence → what isn't tried again. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

GIVEN_UP_AFTER = frozenset({"stalled", "lost"})  # outcomes of an attempt that would only cost hours again


@dataclass(frozen=True, kw_only=True)
class DriveHistory:
    """What is remembered of a drive."""

    given_up: frozenset[str] = frozenset()  # techniques that stalled or lost the drive
    thaw_failed: bool = False  # a suspend didn't free it from its freeze lock
    unlock_failed: bool = False  # its password isn't ours
    still_hidden: bool = False  # a hidden area couldn't be removed


NOTHING_BEFORE = DriveHistory()


def history_of(evidences: Iterable[Any]) -> DriveHistory:
    """Total: what can't be read teaches nothing. Evidence in the order of the erases, oldest first."""
    given_up: set[str] = set()
    last: dict[str, bool] = {}
    for evidence in evidences:
        if not isinstance(evidence, dict):
            continue
        for attempt in _dicts(evidence.get("attempts")):
            technique = attempt.get("technique")
            if not isinstance(technique, str):
                continue
            if attempt.get("outcome") in GIVEN_UP_AFTER:
                given_up.add(technique)
            elif attempt.get("outcome") == "completed":
                given_up.discard(technique)
        for preparation in _dicts(evidence.get("preparations")):
            last[str(preparation.get("name"))] = preparation.get("ok") is True
        hidden = evidence.get("hidden_left")
        if isinstance(hidden, list):
            last["hidden"] = not hidden
    given_up.discard("overwrite-zero")  # what stalls there is the drive itself: the next try shows it
    return DriveHistory(
        given_up=frozenset(given_up),
        thaw_failed=last.get("thaw") is False,
        unlock_failed=last.get("unlock") is False,
        still_hidden=last.get("hidden") is False,
    )


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
