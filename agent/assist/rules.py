"""What the agent takes as a question at all. Pure: a message's body in, a question or the reason against it out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from agent.assist.plain import plain

SESSION = re.compile(r"[0-9a-f]{32}")


class BadRequest(ValueError):
    """The body is no question. The text says what is wrong with it, in English, without repeating it."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the agent allows, whatever the controller says. Only a test's rig has others."""

    least_minutes: int = 5
    most_minutes: int = 60
    least_answer_seconds: int = 30
    most_answer_seconds: int = 180
    questions_an_hour: int = 6
    tries_an_hour: int = 30  # also those that showed nothing: each tells that somebody is there, or not
    pause_seconds: float = 60.0  # after the first no; each further one doubles it
    most_pause_seconds: float = 3600.0
    control_questions: int = 3  # in one session
    link_seconds: float = 60.0  # how long a session goes on without the workshop
    minute_seconds: float = 60.0


@dataclass(frozen=True)
class Ask:
    """A question that may be shown."""

    session: str
    who: str
    organisation: str
    why: str
    minutes: int
    answer_seconds: int


def session_of(body: dict[str, Any]) -> str:
    """The session that a message is about; "" when it names none."""
    value = body.get("session")
    return value if isinstance(value, str) and SESSION.fullmatch(value) else ""


def read_ask(body: dict[str, Any], limits: Limits) -> Ask:
    """The question in the body of ``assist.ask``. Fields that it does not know change nothing.

    Raises:
        BadRequest: a field is missing, empty or beyond what the agent allows.
    """
    if not session_of(body):
        raise BadRequest("the session's id is not 32 hex digits")
    return Ask(
        session=session_of(body),
        who=_text(body, "who", 80),
        organisation=_text(body, "organisation", 120),
        why=_text(body, "why", 300),
        minutes=_number(body, "minutes", limits.least_minutes, limits.most_minutes),
        answer_seconds=read_answer_seconds(body, limits),
    )


def read_answer_seconds(body: dict[str, Any], limits: Limits) -> int:
    """How long a question stays. Raises BadRequest."""
    return _number(body, "answer_seconds", limits.least_answer_seconds, limits.most_answer_seconds)


def _text(body: dict[str, Any], name: str, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise BadRequest(f"{name} is not a text of 1 to {longest} characters")
    shown = plain(value, longest)
    if not any(character.isalnum() for character in shown):
        raise BadRequest(f"{name} says nothing")
    return shown


def _number(body: dict[str, Any], name: str, least: int, most: int) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadRequest(f"{name} is not a whole number from {least} to {most}")
    return value


def limits_of(rig: dict[str, Any] | None) -> Limits:
    """The limits; a test's rig may have others (key ``assist``)."""
    others = (rig or {}).get("assist")
    return Limits(**others) if isinstance(others, dict) else Limits()
