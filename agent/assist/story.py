"""What is told about one session: its steps in order, each with its number."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from agent.assist.clocks import since_boot
from agent.assist.states import SEEN, Event, Phase, step
from agent.protocol_assist import AssistState, SessionState

log = logging.getLogger("agent.assist")

Tell = Callable[[AssistState], None]


class Story:
    """Where a session stands. Whatever is not in the table of states changes nothing and is not told."""

    def __init__(self, session: str, tell: Tell) -> None:
        self.session = session
        self.phase = Phase.ASKING
        self.started = 0.0  # on the clock since boot; 0 before the family's yes
        self.ends_at = 0.0
        self._tell = tell
        self._number = 0

    @property
    def seen(self) -> bool:
        """Whether somebody may see the screen."""
        return self.phase in SEEN

    def begin(self, seconds: float) -> None:
        """The family said yes, for so long."""
        self.started = since_boot()
        self.ends_at = self.started + seconds

    def left(self) -> float:
        """Seconds until it ends by itself."""
        return max(0.0, self.ends_at - since_boot())

    def move(self, event: Event, code: str = "", detail: str = "") -> None:
        """To the next phase, and tell it."""
        way = step(self.phase, event)
        if way is not None:
            self.phase, state = way
            self.say(state, code, detail)

    def impossible(self, code: str, detail: str) -> None:
        """It does not even begin."""
        self.phase = Phase.OVER
        self.say("impossible", code, detail)

    def say(self, state: SessionState, code: str = "", detail: str = "") -> None:
        """Tell one step."""
        self._number += 1
        log.info("session %s: %s %s %s", self.session, state, code, detail)
        self._tell(
            AssistState(
                session=self.session,
                state=state,
                number=self._number,
                code=code,
                detail=detail,
                control=self.phase is Phase.CONTROLLING,
                ends_at=_text(self.left()) if self.seen else "",
                seconds=round(since_boot() - self.started) if self.started else 0,
            )
        )


def _text(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="seconds").replace("+00:00", "Z")
