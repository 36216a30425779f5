"""What to do next with a machine: one main action, said as the person would say it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controller.i18n import N_
from controller.machines.lifecycle import STATES, State
from controller.web.views.progress import Progress
from controller.web.views.recheck import waits_for_second
from controller.web.views.run import RunView
from controller.web.views.words import NOTHING, Words, words

Action = Literal["", "accept", "tie", "authorise", "recheck", "retry", "release", "start"]


@dataclass(frozen=True, kw_only=True)
class Next:
    """The panel at the top of a machine's page."""

    tone: str
    icon: str
    title: Words
    text: Words = NOTHING
    action: Action = ""
    step: str = ""  # label of the step that ``retry`` tries again (message id)
    progress: Progress | None = None
    carry_on: bool = False  # a person may pass over what stopped it


_LACKS = {
    State.READY: N_("It is ready, but not all of it was tried"),
    State.ALLOCATED: N_("It is reserved, but not all of it was tried"),
}
_LACKS_TEXT = N_("What is missing stands below. Do it before it goes to a family.")


def next_step(
    *,
    state: State,
    accepted: bool,
    stranger: bool,
    has_lot: bool,
    has_tag: bool,
    held: Words,
    run: RunView | None,
    linked: bool,
    lacking: bool = False,
) -> Next:
    """What a person should do now.

    ``stranger``: it waits in quarantine. ``run``: its newest run. ``linked``: its agent is connected.
    ``lacking``: not all that its list asks for was tried, so that it may not be called reconditioned.
    """
    if stranger and not accepted:
        return Next(
            tone="alert",
            icon="shield-question-mark",
            title=words(N_("Nobody has accepted this machine yet")),
            text=words(N_("Look at its serial number and address. If it stands on your bench, accept it.")),
            action="accept",
        )
    if state is State.HELD:
        return _held(held, run)
    if state is State.INSPECTED and not (run and run.state in ("queued", "running")):
        return _inspected(has_lot=has_lot, has_tag=has_tag)
    if waits_for_second(run):
        return Next(
            tone="waiting",
            icon="users",
            title=words(N_("A second person must have its erased drives read again")),
            text=words(N_("Not the one who authorised the erase. The run then goes on by itself.")),
            action="recheck",
        )
    if run is not None and run.is_open:
        return _under_way(run, linked=linked)
    if state is State.PLUGGED and not accepted:
        return Next(
            tone="quiet",
            icon="ban",
            title=words(N_("It was turned away")),
            text=words(N_("If it was a mistake, restart it: it announces itself again.")),
        )
    if lacking and state in _LACKS:
        return Next(tone="waiting", icon="list-checks", title=words(_LACKS[state]), text=words(_LACKS_TEXT))
    return _idle(state)


def _held(held: Words, run: RunView | None) -> Next:
    failed = run.current if run and run.state == "failed" else None
    return Next(
        tone="alert",
        icon="hand",
        title=held or words(N_("on hold, no reason given")),
        text=words(N_("Once that is settled, try the step again.")) if failed else NOTHING,
        action="retry" if failed else "release",
        step=failed.label if failed else "",
        carry_on=failed is not None and failed.name == "test",
    )


def _inspected(*, has_lot: bool, has_tag: bool) -> Next:
    if not (has_lot and has_tag):
        return Next(
            tone="waiting",
            icon="link",
            title=words(N_("Which lot does it come from?")),
            text=words(N_("Choose its lot and scan the label that you stick on it: then its erase can be authorised.")),
            action="tie",
        )
    return Next(
        tone="waiting",
        icon="eraser",
        title=words(N_("Its drives can be erased once you say so")),
        text=words(N_("You see each drive with its serial number before you confirm.")),
        action="authorise",
    )


def _under_way(run: RunView, *, linked: bool) -> Next:
    step = run.current
    if step is None:
        return Next(tone="busy", icon="hourglass", title=words(N_("It waits for its turn: nothing to do")))
    if step.message:
        return Next(tone="waiting", icon="plug-zap", title=words(step.message))
    return Next(
        tone="busy",
        icon="loader-circle",
        title=words(N_("{step}: nothing to do"), step=step.label),
        text=NOTHING if linked or step.name == "restart" else words(N_("Its agent is not connected just now.")),
        progress=step.progress if step.progress.fraction is not None else None,
    )


def _idle(state: State) -> Next:
    info = STATES[state]
    told: dict[State, tuple[Words, Words, Action]] = {
        State.EXPECTED: (
            words(N_("It has not been switched on yet")),
            words(N_("Stick its label on it, plug it into the workshop's network and start it from the network.")),
            "",
        ),
        State.PLUGGED: (words(N_("It is switched on, nothing runs on it")), NOTHING, "start"),
        State.READY: (
            words(N_("It can go to a family")),
            words(N_("Switch it off and put it away. It passed every check and its drives were erased.")),
            "",
        ),
        State.RETURNED: (
            words(N_("It came back")),
            words(N_("Plug it in and start it from the network: it is gone over again from the start.")),
            "",
        ),
        State.ERASED: (words(N_("Nothing runs on it")), NOTHING, "start"),
        State.INSTALLED: (words(N_("Nothing runs on it")), NOTHING, "start"),
    }
    title, text, action = told.get(state, (words(info.meaning), NOTHING, ""))
    return Next(tone=info.tone, icon=info.icon, title=title, text=text, action=action)
