"""How often the family may be asked. Pure: what happened and when, on a clock that only this machine sets.

Times are seconds since the machine was switched on (sleep included), never the time of day: the controller may set
that. After a restart all that was kept counts as having happened at the moment of switching on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agent.assist.rules import Limits

HOUR = 3600.0
MOST_SESSIONS = 2000  # remembered: two weeks of questions at the most that is allowed


@dataclass
class Pacing:
    """What is remembered over restarts."""

    limits: Limits = field(default_factory=Limits)
    boot: str = ""  # on which boot the times count
    shown: list[float] = field(default_factory=list)  # when questions were put on the screen, the last hour
    tries: list[float] = field(default_factory=list)  # when the controller asked, shown or not
    noes: int = 0  # one after the other, without a yes between
    last_no: float = 0.0
    seen: list[str] = field(default_factory=list)  # sessions that were shown, the oldest first

    @classmethod
    def read(cls, kept: dict[str, Any] | None, boot: str, limits: Limits) -> Pacing:
        """From what was kept. Rotten parts are forgotten; times of another boot become its start."""
        kept = kept or {}
        same = kept.get("boot") == boot
        noes = kept.get("noes")
        return cls(
            limits=limits,
            boot=boot,
            shown=[moment if same else 0.0 for moment in _times(kept.get("shown"))],
            tries=[moment if same else 0.0 for moment in _times(kept.get("tries"))],
            noes=noes if isinstance(noes, int) and 0 <= noes < 1000 else 0,
            last_no=next(iter(_times([kept.get("last_no")])), 0.0) if same else 0.0,
            seen=[name for name in kept.get("seen") or [] if isinstance(name, str)],
        )

    def kept(self) -> dict[str, Any]:
        """What to keep."""
        names = ("boot", "shown", "tries", "noes", "last_no", "seen")
        return {name: getattr(self, name) for name in names}

    def tried(self, now: float) -> float:
        """The controller asks. Seconds until it may ask again; 0 when it may now."""
        self.tries = [moment for moment in self.tries if now - moment < HOUR]
        if len(self.tries) >= self.limits.tries_an_hour:
            return HOUR - (now - self.tries[0])
        self.tries.append(now)
        return self.wait(now)

    def wait(self, now: float) -> float:
        """Seconds until a question may be shown; 0 when it may now."""
        self.shown = [moment for moment in self.shown if now - moment < HOUR]
        full = self.shown[0] + HOUR - now if len(self.shown) >= self.limits.questions_an_hour else 0.0
        return max(full, self.wait_after_no(now))

    def wait_after_no(self, now: float) -> float:
        """The same, for the second question of a session that is on."""
        pause = min(self.limits.pause_seconds * 2 ** min(self.noes - 1, 20), self.limits.most_pause_seconds)
        return max(0.0, self.last_no + pause - now) if self.noes else 0.0

    def showing(self, session: str, now: float) -> None:
        """The first question of a session is put on the screen: the session's id is spent by that."""
        self.shown.append(now)
        self.seen = [*self.seen, session][-MOST_SESSIONS:]

    def answered(self, yes: bool, now: float) -> None:
        """The family said yes, or no, or nothing."""
        self.noes = 0 if yes else self.noes + 1
        self.last_no = self.last_no if yes else now


def _times(value: object) -> list[float]:
    if not isinstance(value, list):
        return []
    return [float(x) for x in value if isinstance(x, int | float) and not isinstance(x, bool) and 0 <= x < 1e10]
