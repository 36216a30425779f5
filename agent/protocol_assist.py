"""The vocabulary of help at home: a session on the family's screen, and the family's own call for help.

The agent decides everything that the family was promised (docs/consent.md): the controller can only ask. Times are
ISO 8601 in UTC with a ``Z``, durations seconds.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

# -- controller → agent: never repeated, a question that comes too late is worse than none -------------------
ASSIST_ASK = "assist.ask"  # body: AssistAsk
ASSIST_ASK_CONTROL = "assist.ask-control"  # body: AssistAskControl
ASSIST_STOP = "assist.stop"  # body: AssistStop
HELP_STATE = "help.state"  # what became of a call for help. body: HelpState

# -- agent → controller: spooled until acknowledged ----------------------------------------------------------
ASSIST_STATE = "assist.state"  # body: AssistState
HELP_REQUEST = "help.request"  # body: HelpRequest
HELP_CODE = "help.code"  # body: HelpCode

SessionState = Literal[
    "asked",  # the window is on the screen
    "accepted",  # view only
    "refused",
    "unanswered",
    "impossible",  # nothing was shown; ``code`` says why
    "control-asked",
    "control-accepted",
    "control-refused",
    "control-unanswered",
    "control-impossible",
    "ended",  # after accepted; ``code`` says by whom or why
]

# Why a session is impossible.
BUSY = "busy"  # another session or question is on
TOO_SOON = "too-soon"  # the family refused a moment ago, or was asked too often
SEEN = "seen"  # this session was asked for before
BAD_REQUEST = "bad-request"  # a field is missing, empty or not what it must be
NOBODY = "nobody"  # nobody is signed in at the screen
WAYLAND = "wayland"  # the screen is not X11's: it can't be shared
LOCKED = "locked"  # the screen is locked: nobody would see the question
NO_PROGRAM = "no-program"  # x11vnc or the window's libraries are missing
FAILED = "failed"  # x11vnc or the window did not start
NOT_ON = "not-on"  # no session of this name is on
ALREADY = "already"  # control was given already, or was asked for already in this session

# Why a session ended.
BY_FAMILY = "family"  # the banner's button, or the banner was closed
BY_ASSISTANT = "assistant"  # the controller asked for the end
BY_TIME = "time"
BY_LINK = "link"  # the controller was out of reach for too long
BY_SIGN_OUT = "sign-out"  # the family signed out, or another account took the screen
BY_FAULT = "fault"  # x11vnc or the banner ended without being told
BY_RESTART = "restart"  # the agent itself ended or started again


class AssistAsk(TypedDict):
    """Body of ``assist.ask``: may somebody see the screen? Every text is shown to the family as it is."""

    session: str  # 32 hex digits, used once
    who: str  # the name of the person who asks, 1 to 80 characters
    organisation: str  # of the workshop, 1 to 120 characters
    why: str  # in that person's words, 1 to 300 characters
    minutes: int  # how long the session may last; the agent allows 5 to 60
    answer_seconds: int  # how long the question stays; the agent allows 30 to 180


class AssistAskControl(TypedDict):
    """Body of ``assist.ask-control``: may the person also use mouse and keyboard? Only while a session is on."""

    session: str
    answer_seconds: int


class AssistStop(TypedDict):
    """Body of ``assist.stop``: takes the question away, or ends the session."""

    session: str


class AssistState(TypedDict):
    """Body of ``assist.state``: one step of a session, as the agent saw it."""

    session: str
    state: SessionState
    number: int  # 1, 2, 3…: order within the session
    code: str  # one of the constants above, or ""
    detail: str  # English, for the fold of technical details; never what is on the screen
    control: bool  # whether mouse and keyboard work for the assistant from now on
    ends_at: str  # when the session ends by itself; "" while none is on
    seconds: int  # how long the session has been on; 0 while none is


class HelpRequest(TypedDict):
    """Body of ``help.request``: what the family wrote in the form of *Demander de l'aide*."""

    request: str  # 32 hex digits
    topic: str  # HELP_TOPICS
    text: str  # at most 1000 characters
    phone: str  # at most 30 characters, "" when none was given
    language: str  # of the form: fr, ar, en
    asked_at: str  # when the form was sent; the PC may have been offline after that
    machine: dict[str, Any]  # its state: uptime, load, memory, disks, battery, network, failed units, updates


HELP_TOPICS = ("internet", "slow", "sound", "printer", "document", "program", "password", "virus", "other")


class HelpCode(TypedDict):
    """Body of ``help.code``: six digits are on the screen, to be read out over the phone."""

    code: str  # six digits
    seconds: int  # how long they are good; at most 900


MAX_NOTE = 300


class HelpState(TypedDict):
    """Body of ``help.state``: the controller has the request, somebody has it, it is solved."""

    request: str
    state: Literal["received", "assigned", "solved"]
    note: NotRequired[str]  # what somebody of the workshop has to say to the family, at most MAX_NOTE characters
