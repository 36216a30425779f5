"""What the agent says of a session, in whatever order it comes → what the session is. Pure.

The agent numbers what it says (1, 2, 3…). Only a higher number than the last one counts: repeated and late messages
change nothing. A message that skips numbers stands for those before it: an end that was heard before the *yes* proves
that there was one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from agent.protocol_assist import BY_ASSISTANT

State = Literal[
    "sent",  # on its way to the agent
    "asked",  # the window is on the family's screen
    "accepted",  # view only, or more: see Control
    "refused",
    "unanswered",  # no answer in time, or the question was taken away
    "impossible",  # nothing was shown; the code says why
    "unheard",  # the agent never said what became of it
    "ended",  # after it was accepted
]
Control = Literal["none", "asked", "given", "refused", "unanswered", "impossible"]
OPEN: tuple[State, ...] = ("sent", "asked", "accepted")
OVER: tuple[State, ...] = tuple(state for state in get_args(State) if state not in OPEN)

# Codes of our own, beside those of the agent (agent.protocol_assist).
NOT_LINKED = "not-linked"  # the link was lost between two heartbeats: the question never left
SILENT = "silent"  # nothing was heard of it long after it should have ended
RIGHTS = "rights"  # the machine was given back or wiped: it has no link any more
UNWATCHED = "unwatched"  # nobody looked any more; from the decision on, while the agent has not ended it yet

NEWS: dict[str, State] = {
    "asked": "asked",
    "accepted": "accepted",
    "refused": "refused",
    "unanswered": "unanswered",
    "impossible": "impossible",
    "control-asked": "accepted",
    "control-accepted": "accepted",
    "control-refused": "accepted",
    "control-unanswered": "accepted",
    "control-impossible": "accepted",
    "ended": "ended",
}
CONTROL: dict[str, Control] = {
    "control-asked": "asked",
    "control-accepted": "given",
    "control-refused": "refused",
    "control-unanswered": "unanswered",
    "control-impossible": "impossible",
}
SECOND = ("already", "busy")  # said of a question that came while another one was on the screen
ANSWERS = ("accepted", "refused", "unanswered", "impossible")
CODE_LENGTH, DETAIL_LENGTH = 24, 1000
CLOCKS = dt.timedelta(minutes=2)  # how far the clocks of agent and controller may differ


class BadNews(ValueError):
    """A message that isn't one of the agent's."""


@dataclass(frozen=True, kw_only=True)
class News:
    """One message of the agent, read."""

    state: str  # agent.protocol_assist.SessionState
    number: int
    code: str = ""
    detail: str = ""
    control: bool = False
    ends_at: dt.datetime | None = None
    seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What is known of a session."""

    minutes: int
    state: State = "sent"
    code: str = ""
    control: Control = "none"
    control_code: str = ""
    number: int = 0
    accepted_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What the ledger is told: ``answered``, ``control`` or ``ended``, without any words of a person."""

    kind: Literal["answered", "control", "ended"]
    body: Mapping[str, Any]


def read_news(body: Mapping[str, Any]) -> News:
    """The body of an ``assist.state``.

    Raises:
        BadNews: a field is missing or not what it must be.
    """
    state, number, seconds = body.get("state"), body.get("number"), body.get("seconds", 0)
    if not isinstance(state, str) or state not in NEWS:
        raise BadNews(f"no state of a session: {str(state)[:40]!r}")
    if type(number) is not int or not 1 <= number < 2**31:
        raise BadNews("no number")
    if type(seconds) is not int or not 0 <= seconds < 2**31:
        raise BadNews("no seconds")
    return News(
        state=state,
        number=number,
        code=str(body.get("code") or "")[:CODE_LENGTH],
        detail=str(body.get("detail") or "")[:DETAIL_LENGTH],
        control=body.get("control") is True,
        ends_at=_time(body.get("ends_at")),
        seconds=seconds,
    )


def _time(text: object) -> dt.datetime | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def hear(now: Situation, news: News, at: dt.datetime) -> tuple[Situation, tuple[Fact, ...]]:
    """What the session is after a message, and what the ledger must be told; nothing for an old message."""
    if news.number <= now.number:
        return now, ()
    skipped = news.number - now.number - 1
    after = replace(now, number=news.number)
    if now.state in OVER and now.state not in ("unheard", "ended"):
        return after, ()  # it was answered: nothing can follow
    if now.state == "ended" and not (news.state == "ended" and now.code in (SILENT, RIGHTS)):
        return after, ()
    facts: list[Fact] = []
    state = NEWS[news.state]
    after, more = _accepted(now, after, news, at, skipped)
    facts += more
    if state == "ended" and after.accepted_at is None:
        # The agent ended while the question was still on the screen: that was no yes.
        state = "unanswered"
    if state in ANSWERS and state != "accepted":
        facts.append(_answer(state, news.code))
        after = replace(after, state=state, code=news.code, ended_at=at)
    elif state == "ended":
        given = after.control == "given"
        code = UNWATCHED if now.code == UNWATCHED and news.code == BY_ASSISTANT else news.code  # the agent was told to
        facts.append(Fact(kind="ended", body={"code": code, "seconds": news.seconds, "control": given}))
        after = replace(after, state="ended", code=code, ended_at=at, seconds=news.seconds)
    elif state == "asked":
        after = replace(after, state="asked")
    else:
        after, more = _control(after, news)
        facts += more
    return after, tuple(facts)


def _answer(answer: str, code: str) -> Fact:
    return Fact(kind="answered", body={"answer": answer, "code": code})


def _accepted(
    now: Situation, after: Situation, news: News, at: dt.datetime, skipped: int
) -> tuple[Situation, tuple[Fact, ...]]:
    """The *yes*, where this message is it or proves it."""
    ended = news.state == "ended"
    # From nothing heard at all, "asked" and "accepted" come before an end; from "asked" it is one message.
    proven = NEWS[news.state] == "accepted" or (ended and skipped >= (1 if now.state == "asked" else 2))
    if not proven or now.accepted_at is not None:
        return after, ()
    began = at - dt.timedelta(seconds=min(news.seconds, now.minutes * 60))
    after = replace(after, state="accepted", code="", accepted_at=began, ends_at=_end(began, now.minutes, news))
    return after, (_answer("accepted", ""),)


def _end(began: dt.datetime, minutes: int, news: News) -> dt.datetime:
    """When it ends by itself: as the agent says, unless its clock can't be right."""
    latest = began + dt.timedelta(minutes=minutes)
    if news.ends_at is not None and began - CLOCKS < news.ends_at < latest + CLOCKS:
        return news.ends_at
    return latest


def _control(after: Situation, news: News) -> tuple[Situation, tuple[Fact, ...]]:
    """What became of the second question."""
    step = CONTROL.get(news.state)
    if step is None or after.control == "given":
        return after, ()
    if step == "impossible" and after.control == "asked" and news.code in SECOND:
        return after, ()  # a second question while the first is on the screen: that one still counts
    after = replace(after, control=step, control_code=news.code)
    if step == "asked":
        return after, ()
    return after, (Fact(kind="control", body={"answer": step, "code": news.code}),)


def overdue(now: Situation, asked_at: dt.datetime, answer_seconds: int, at: dt.datetime) -> bool:
    """Whether the agent should have said long ago that it is over. It may be away for a while, and come back."""
    if now.state in ("sent", "asked"):
        return at > asked_at + dt.timedelta(seconds=answer_seconds) + GRACE
    return now.state == "accepted" and now.ends_at is not None and at > now.ends_at + GRACE


GRACE = dt.timedelta(minutes=3)


def give_up(now: Situation, code: str, at: dt.datetime) -> tuple[Situation, tuple[Fact, ...]]:
    """Nobody expects to hear of an open session any more; ``code`` is one of ours."""
    if now.state not in OPEN:
        return now, ()
    if now.state != "accepted":
        return replace(now, state="unheard", code=code, ended_at=at), (_answer("unheard", code),)
    body = {"code": code, "seconds": None, "control": now.control == "given"}
    return replace(now, state="ended", code=code, ended_at=at), (Fact(kind="ended", body=body),)
