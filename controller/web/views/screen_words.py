"""What a session's states and codes mean, in words, and what to do next. English ids, translated where shown."""

from __future__ import annotations

from dataclasses import dataclass

from agent import protocol_assist as agent
from controller.assist.sessions import rules
from controller.i18n import N_


@dataclass(frozen=True, kw_only=True)
class StateWords:
    """A state as people read it: message ids, with a tone and an icon."""

    tone: str
    icon: str
    label: str
    next: str = ""


STATES: dict[str, StateWords] = {
    "sent": StateWords(
        tone="busy", icon="hourglass", label=N_("The question is on its way"), next=N_("It takes a second or two.")
    ),
    "asked": StateWords(
        tone="waiting",
        icon="hand",
        label=N_("The family is being asked"),
        next=N_("A window is on their screen. Tell them on the phone that they can accept or refuse."),
    ),
    "accepted": StateWords(tone="good", icon="monitor", label=N_("The family accepted: the session is on")),
    "refused": StateWords(
        tone="quiet",
        icon="ban",
        label=N_("The family refused"),
        next=N_("Talk with them before you ask again: the machine accepts no new request for a while."),
    ),
    "unanswered": StateWords(
        tone="quiet",
        icon="clock",
        label=N_("Nobody answered"),
        next=N_("Call the family, ask them to sit at the screen, then ask again."),
    ),
    "impossible": StateWords(tone="alert", icon="circle-alert", label=N_("The screen can't be shared")),
    "unheard": StateWords(
        tone="alert",
        icon="wifi-off",
        label=N_("The machine never answered"),
        next=N_("It may be switched off, or have lost its network. Once it is connected, ask again."),
    ),
    "ended": StateWords(tone="quiet", icon="circle-check", label=N_("The session is over")),
}

# Why it is impossible: what, and what to do next.
IMPOSSIBLE: dict[str, tuple[str, str]] = {
    agent.BUSY: (
        N_("Another request or session is already on at this screen."),
        N_("Wait until it is over, then ask again."),
    ),
    agent.TOO_SOON: (
        N_("The family refused a short while ago, or was asked too often."),
        N_("Their machine accepts no request for some minutes. Talk with the family first."),
    ),
    agent.SEEN: (N_("This question was asked before."), N_("Ask again from the machine's page.")),
    agent.BAD_REQUEST: (
        N_("The machine did not accept the request as it was sent."),
        N_("Shorten the reason and ask again. If it stays so, the agent or the controller needs an update."),
    ),
    agent.NOBODY: (
        N_("Nobody is signed in at its screen."),
        N_("Ask the family to switch the screen on and to sign in, then ask again."),
    ),
    agent.WAYLAND: (
        N_("Its desktop runs on Wayland, which can't be shared."),
        N_("Ask the family to sign out and to choose the Xfce session at the sign-in screen."),
    ),
    agent.LOCKED: (
        N_("The screen is locked: nobody would see the question."),
        N_("Ask the family to unlock it, then ask again."),
    ),
    agent.NO_PROGRAM: (
        N_("A program for sharing the screen is missing on it."),
        N_("Run the maintenance “updates” on this machine, then ask again."),
    ),
    agent.FAILED: (
        N_("The question or the sharing of the screen didn't start."),
        N_("Ask again. If it stays so, fetch the machine's logs: the technical detail says what failed."),
    ),
    agent.NOT_ON: (N_("No session is on at its screen."), N_("Ask again from the machine's page.")),
    agent.ALREADY: (
        N_("Mouse and keyboard were asked for already in this session."),
        N_("If the family changed its mind, end this session and ask for a new one."),
    ),
}

ENDED: dict[str, str] = {
    agent.BY_FAMILY: N_("The family ended it."),
    agent.BY_ASSISTANT: N_("It was ended from the dashboard."),
    agent.BY_TIME: N_("The time that was agreed is over."),
    agent.BY_LINK: N_("The link was lost for too long, so the machine ended it by itself."),
    agent.BY_SIGN_OUT: N_("The family signed out, locked the screen or changed accounts."),
    agent.BY_FAULT: N_("The sharing of the screen broke off."),
    agent.BY_RESTART: N_("The machine or its agent was restarted."),
    rules.UNWATCHED: N_("Nobody looked any more: the page had been closed, so it was ended by itself."),
    rules.SILENT: N_("Nothing more was heard from it, long after it should have ended."),
    rules.RIGHTS: N_("The machine was given back or wiped: its rights have ended."),
    rules.NOT_LINKED: N_("The link was lost just when the question was sent."),
}

CONTROL: dict[str, StateWords] = {
    "none": StateWords(tone="quiet", icon="monitor", label=N_("You can only look")),
    "asked": StateWords(
        tone="waiting",
        icon="hand",
        label=N_("The family is being asked for mouse and keyboard"),
        next=N_("A second window is on their screen."),
    ),
    "given": StateWords(tone="good", icon="mouse-pointer-click", label=N_("You can use mouse and keyboard")),
    "refused": StateWords(
        tone="quiet", icon="ban", label=N_("The family keeps mouse and keyboard"), next=N_("You can go on looking.")
    ),
    "unanswered": StateWords(
        tone="quiet", icon="clock", label=N_("No answer about mouse and keyboard"), next=N_("You can go on looking.")
    ),
    "impossible": StateWords(tone="alert", icon="circle-alert", label=N_("Mouse and keyboard can't be asked for")),
}

# What an entry of the ledger says.
ANSWERS: dict[str, str] = {
    "accepted": N_("accepted"),
    "refused": N_("refused"),
    "unanswered": N_("no answer"),
    "impossible": N_("not possible"),
    "unheard": N_("nothing heard"),
    "asked": N_("asked for"),
    "given": N_("given"),
}


def why(state: str, code: str) -> tuple[str, str]:
    """What a code says of a state, and what to do next; nothing where the state says all."""
    if state == "impossible":
        return IMPOSSIBLE.get(code, ("", ""))
    if state == "unanswered" and code in ENDED and code != agent.BY_TIME:
        return ENDED[code], ""
    if state in ("ended", "unheard"):
        return ENDED.get(code, ""), ""
    return "", ""
