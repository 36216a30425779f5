"""Does a machine need a hand, and which one? Pure: facts → what to tell the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controller.i18n import N_
from controller.machines.lifecycle import State
from controller.web.views.words import Words, words

NeedKind = Literal["held", "restart", "returned", "recheck", "tie", "authorise"]


@dataclass(frozen=True, kw_only=True)
class Need:
    """Why a person must act on a machine."""

    kind: NeedKind
    why: Words
    action: str  # what the button says (message id)
    url: str
    tone: str  # alert, waiting
    icon: str

    @property
    def rank(self) -> int:
        """Where it stands among others: what is stuck before what is routine."""
        return ("held", "restart", "returned", "recheck", "tie", "authorise").index(self.kind)


def need_of(
    *,
    machine_id: int,
    state: State,
    held: Words,
    has_lot: bool,
    has_tag: bool,
    run_state: str | None,
    waits_for: str = "",
    step: str = "",
) -> Need | None:
    """What ``machine_id`` needs, or ``None`` when it can be left alone.

    ``run_state`` is its newest run's: an inspected machine whose run goes on needs nobody. ``waits_for`` is what
    the step under way asks of a person (message id).
    """
    page = f"/machines/{machine_id}"
    if state is State.HELD:
        return Need(
            kind="held",
            why=held or words(N_("on hold, no reason given")),
            action=N_("See what to do"),
            url=page,
            tone="alert",
            icon="hand",
        )
    if state is State.RETURNED:
        return Need(
            kind="returned",
            why=words(N_("Came back: plug it in to go over it again")),
            action=N_("Open"),
            url=page,
            tone="waiting",
            icon="undo-2",
        )
    if waits_for and run_state == "running":
        return Need(
            kind="restart",
            why=words(waits_for),
            action=N_("Open"),
            url=page,
            tone="waiting",
            icon="plug-zap",
        )
    if step == "recheck" and run_state == "waiting":
        return Need(
            kind="recheck",
            why=words(N_("Erased drives to be read again by a second person")),
            action=N_("See who can do it"),
            url=f"{page}#recheck",
            tone="waiting",
            icon="users",
        )
    if state is not State.INSPECTED or run_state in ("queued", "running"):
        return None
    if not (has_lot and has_tag):
        return Need(
            kind="tie",
            why=words(N_("Which lot does it come from?")),
            action=N_("Tie to a lot"),
            url=f"{page}#tie",
            tone="waiting",
            icon="link",
        )
    return Need(
        kind="authorise",
        why=words(N_("Erase to be authorised")),
        action=N_("Authorise the erase"),
        url=f"{page}/authorise",
        tone="waiting",
        icon="eraser",
    )
