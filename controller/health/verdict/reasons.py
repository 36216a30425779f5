"""What a verdict is made of: reasons in words, each with the level it asks for and where its threshold comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from controller.i18n import translate


class Level(StrEnum):
    """What a reason asks for. A note changes nothing; ``unknown`` counts only when nothing worse was found."""

    NOTE = "note"
    GOOD = "good"
    UNKNOWN = "unknown"
    WORN = "worn"
    FAILING = "failing"


@dataclass(frozen=True)
class Reason:
    """One finding: ``code`` for programs, ``message`` (a msgid) with ``params`` for people, ``source`` for doubters."""

    code: str
    level: Level
    message: str
    params: dict[str, Any] = field(default_factory=dict)
    source: str = ""

    @property
    def text(self) -> str:
        """The sentence, in the language of the moment."""
        return translate(self.message, **self.params)


@dataclass(frozen=True)
class Verdict:
    """good / worn / failing / unknown, and why; the gravest reasons come first."""

    level: Level
    reasons: tuple[Reason, ...]

    @property
    def texts(self) -> list[str]:
        """The reasons in words."""
        return [reason.text for reason in self.reasons]

    def as_dict(self) -> dict[str, Any]:
        """What JSON keeps: codes and parameters too, so that it can be said again in another language."""
        details = [
            {"code": r.code, "level": r.level.value, "message": r.message, "params": r.params, "source": r.source}
            for r in self.reasons
        ]
        return {"verdict": self.level.value, "reasons": self.texts, "details": details}


_GRAVITY = {Level.FAILING: 0, Level.WORN: 1, Level.UNKNOWN: 2, Level.GOOD: 3, Level.NOTE: 4}


def conclude(reasons: list[Reason]) -> Verdict:
    """The gravest reason decides; without any that says good, worn or failing the verdict is unknown."""
    ordered = tuple(sorted(reasons, key=lambda reason: _GRAVITY[reason.level]))
    level = ordered[0].level if ordered else Level.UNKNOWN
    return Verdict(Level.UNKNOWN if level is Level.NOTE else level, ordered)
