"""A session's states as a table. Pure: what is not in it can't happen, whatever is asked for."""

from __future__ import annotations

from enum import StrEnum

from agent.protocol_assist import SessionState


class Phase(StrEnum):
    """Where a session stands."""

    ASKING = "asking"  # the question is on the screen
    VIEWING = "viewing"  # the family said yes: the screen is seen
    ASKING_CONTROL = "asking-control"  # seen, and the second question is on the screen
    CONTROLLING = "controlling"  # mouse and keyboard too
    OVER = "over"


class Event(StrEnum):
    """What can happen to it."""

    YES = "yes"
    NO = "no"
    SILENCE = "silence"  # nobody answered in time, or the question was taken away
    CONTROL = "control"  # the second question is shown
    END = "end"


TABLE: dict[tuple[Phase, Event], tuple[Phase, SessionState]] = {
    (Phase.ASKING, Event.YES): (Phase.VIEWING, "accepted"),
    (Phase.ASKING, Event.NO): (Phase.OVER, "refused"),
    (Phase.ASKING, Event.SILENCE): (Phase.OVER, "unanswered"),
    (Phase.ASKING, Event.END): (Phase.OVER, "unanswered"),
    (Phase.VIEWING, Event.CONTROL): (Phase.ASKING_CONTROL, "control-asked"),
    (Phase.VIEWING, Event.END): (Phase.OVER, "ended"),
    (Phase.ASKING_CONTROL, Event.YES): (Phase.CONTROLLING, "control-accepted"),
    (Phase.ASKING_CONTROL, Event.NO): (Phase.VIEWING, "control-refused"),
    (Phase.ASKING_CONTROL, Event.SILENCE): (Phase.VIEWING, "control-unanswered"),
    (Phase.ASKING_CONTROL, Event.END): (Phase.OVER, "ended"),
    (Phase.CONTROLLING, Event.END): (Phase.OVER, "ended"),
}
SEEN = (Phase.VIEWING, Phase.ASKING_CONTROL, Phase.CONTROLLING)  # somebody may see the screen


def step(phase: Phase, event: Event) -> tuple[Phase, SessionState] | None:
    """The next phase and what is told about it; None for what can't happen here."""
    return TABLE.get((phase, event))
