"""What the window says, in the family's language. No GTK in here."""

from __future__ import annotations

import datetime as dt
import gettext
from typing import Any

from agent.help import words_of_desk as desk
from agent.locales import N_

TITLE = N_("Ask for help")
WHAT_ABOUT = N_("What do you need help with?")
TOPICS = {
    "internet": N_("Internet"),
    "slow": N_("The computer is slow"),
    "sound": N_("Sound"),
    "printer": N_("Printer"),
    "document": N_("A document"),
    "program": N_("A program"),
    "password": N_("A password"),
    "virus": N_("Something worries me"),
    "other": N_("Something else"),
}
ON_THE_PHONE = N_("I am on the phone with somebody: show a code")
YOUR_WORDS = N_("What is happening? Write it as you would say it.")
YOUR_PHONE = N_("Your telephone number, if we may call you")
OPTIONAL = N_("You may leave both empty.")
GOES_ALONG = N_(
    "The workshop also gets how the computer is: since when it is on, how busy it is, memory, disk space, battery, "
    "kind of network, updates. Never your files, passwords or what you have on the screen."
)
SEND = N_("Send")
BACK = N_("Back")
CLOSE = N_("Close")
SENDING = N_("One moment…")
SENT = N_("It is sent.")
LATER = N_("There is no connection just now. Your request is kept, and leaves by itself as soon as there is one.")
NEXT = N_("Somebody from the workshop will look at it. You can close this window.")
LAST = N_("Your last request: {topic}, {day}")
STATES = {
    "waiting": N_("not sent yet: it waits for a connection"),
    "received": N_("the workshop has received it"),
    "assigned": N_("somebody is taking care of it"),
    "solved": N_("it is solved"),
}
READ_OUT = N_("Read these figures out to the person on the phone:")
CODE_MEANS = N_(
    "They only show which computer is yours. To see your screen, the person still has to ask, and you can refuse."
)
CODE_OVER = N_("This code is over.")
NEW_CODE = N_("New code")
FAULTS = {
    desk.NOT_LINKED: N_(
        "The computer is not connected to the workshop just now: a code would not help. Check the internet."
    ),
    desk.TOO_MANY: N_("That was often enough for now. Wait some minutes, or call the workshop."),
    desk.NOT_ALLOWED: N_("This account can't ask for help. Sign in with your own."),
    desk.BAD: N_("This did not work. Call the workshop."),
    desk.FAILED: N_("This did not work. Call the workshop."),
}


class Words:
    """The texts in one language."""

    def __init__(self, catalogue: gettext.NullTranslations) -> None:
        self._, self._n = catalogue.gettext, catalogue.ngettext

    def say(self, message: str) -> str:
        """One of the texts above."""
        return self._(message)

    def fault(self, code: object) -> str:
        """Why it did not work."""
        return self._(FAULTS.get(str(code), FAULTS[desk.FAILED]))

    def left(self, seconds: int) -> str:
        """How long a code is still good."""
        minutes, rest = divmod(max(0, seconds), 60)
        return self._("Good for {time}").replace("{time}", f"\u2066{minutes}:{rest:02d}\u2069")

    def last(self, request: dict[str, Any]) -> tuple[str, str, str]:
        """What the last request was, what became of it, and what the workshop has to say ("" for nothing)."""
        topic = self._(TOPICS.get(str(request.get("topic")), TOPICS["other"]))
        text = self._(LAST).replace("{topic}", topic).replace("{day}", _day(str(request.get("asked_at"))))
        state = self._(STATES.get(str(request.get("state")), STATES["waiting"]))
        note = str(request.get("note") or "")
        return text, state, f"\u2068“{note}”\u2069" if note else ""  # in whatever direction it was written


def _day(text: str) -> str:
    """A time of ours as figures that every one of the languages reads, in this PC's own zone."""
    try:
        at = dt.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone()
    except ValueError:
        return ""
    return f"\u2066{at:%d/%m %H:%M}\u2069"


def spaced(code: str) -> str:
    """Six digits in two groups, from left to right in every language."""
    return f"\u2066{code[:3]}\u2003{code[3:]}\u2069"
