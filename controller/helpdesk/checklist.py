"""What is asked at each appointment after a hand-over. Ids are for tables and programs, labels for people. Pure.

Set-up is finished some days later; then it is looked at whether the PC is used, and in the end whether it serves its
purpose: school, papers, contact (the workshop's field guide, three phone appointments).
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.i18n import N_

OK, PROBLEM = "ok", "problem"
ANSWERS = (OK, PROBLEM)  # a question that was not asked has no answer
ANSWER_NAMES = {OK: N_("fine"), PROBLEM: N_("a problem")}

QUESTIONS: dict[str, str] = {
    "starts": N_("It starts, and somebody signs in"),
    "password": N_("The first password was changed and is remembered"),
    "internet": N_("The internet works"),
    "sound": N_("Sound and microphone work"),
    "help-icon": N_("They found the icon “Ask for help”"),
    "documents": N_("They opened and saved a document"),
    "used": N_("It is used every week"),
    "school": N_("The school's website and homework work"),
    "printer": N_("Printing works, where there is a printer"),
    "mail": N_("They read and send mail"),
    "updates": N_("It is up to date, and restarts without trouble"),
    "quick": N_("It is quick enough for them"),
    "papers": N_("They did a formality online"),
    "on-their-own": N_("They manage on their own"),
    "course": N_("They know where to learn more"),
    "battery": N_("The battery holds, or it stays plugged in"),
}

START = ("starts", "password", "internet", "sound", "help-icon", "documents")
USE = ("used", "school", "printer", "mail", "updates", "quick")
PURPOSE = ("used", "on-their-own", "papers", "course", "quick", "battery")


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """One of the appointments: what it is for, and its questions."""

    label: str  # message id
    questions: tuple[str, ...]


FIRST = Appointment(label=N_("Finish the set-up"), questions=START)
BETWEEN = Appointment(label=N_("Is it used?"), questions=USE)
LAST = Appointment(label=N_("Does it serve its purpose?"), questions=PURPOSE)


def appointment(number: int, total: int) -> Appointment:
    """The ``number``-th (from 1) of ``total`` appointments. A single one is the first."""
    if number <= 1:
        return FIRST
    return LAST if number >= total else BETWEEN


def read_answers(given: dict[str, str]) -> dict[str, str]:
    """The answers among ``given``, without what is no question or no answer."""
    return {name: value for name, value in given.items() if name in QUESTIONS and value in ANSWERS}
