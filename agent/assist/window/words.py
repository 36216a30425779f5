"""What the windows say, in the language that was chosen. No GTK in here."""

from __future__ import annotations

import gettext
from typing import Any

from agent.assist.plain import isolated
from agent.locales import N_

TITLE = N_("Help from a distance")
SEE = N_("{who} would like to see your screen")
USE = N_("{who} would also like to use your mouse and your keyboard")
FROM = N_("From: {organisation}")
WHY = N_("Why: {why}")
SEE_MEANS = N_("This person will see everything that is on your screen, but will not be able to touch anything.")
USE_MEANS = N_("This person will be able to click and to type in your place. You can go on using them too.")
PRIVATE = N_("First close what is private: messages, photos, bank.")
STOP_ANY_TIME = N_("A red bar stays at the top of the screen. Its button stops everything at once.")
UNSURE = N_("You do not know this person, or you are not sure? Refuse: nothing will happen.")
BY_KEY = N_("To accept with the keyboard, press Ctrl and Enter together.")
ACCEPT = N_("Accept")
REFUSE = N_("Refuse")
SEES = N_("{who} sees your screen")
USES = N_("{who} sees your screen and uses your mouse and keyboard")
LOST = N_("Connection cut. Without it, everything stops in {seconds} s.")
STOP = N_("Stop now")


class Words:
    """The texts of one window about one request."""

    def __init__(self, catalogue: gettext.NullTranslations, asked: dict[str, Any]) -> None:
        self._ = catalogue.gettext
        self._n = catalogue.ngettext
        self.asked = asked
        self.control = asked.get("kind") == "control" or bool(asked.get("control"))
        # Isolated, so that a name in Latin letters does not turn an Arabic sentence around.
        self.given = {name: isolated(str(asked.get(name, ""))) for name in ("who", "organisation", "why")}

    def title(self) -> str:
        """Of the window."""
        return self._(TITLE)

    def heading(self) -> str:
        """Who asks for what."""
        return self._fill(USE if self.control else SEE)

    def facts(self) -> list[tuple[str, str]]:
        """Lines and the class of their look."""
        facts = [(self._fill(FROM), ""), (self._fill(WHY), "said")]
        if self.control:
            facts.append((self._(USE_MEANS), ""))
        else:
            facts += [(self.how_long(int(self.asked["minutes"])), ""), (self._(SEE_MEANS), "")]
        facts += [(self._(PRIVATE), ""), (self._(STOP_ANY_TIME), "")]
        return [*facts, (self._(UNSURE), "")]

    def how_long(self, minutes: int) -> str:
        """The most that the session may last."""
        return self._n("For {n} minute at most.", "For {n} minutes at most.", minutes).replace("{n}", str(minutes))

    def countdown(self, seconds: int) -> str:
        """How long the question stays."""
        text = self._n(
            "No answer means no. This window closes in {n} second.",
            "No answer means no. This window closes in {n} seconds.",
            seconds,
        )
        return text.replace("{n}", str(seconds))

    def by_key(self) -> str:
        """How Accept is pressed without a mouse."""
        return self._(BY_KEY)

    def accept(self) -> str:
        """The one button."""
        return self._(ACCEPT)

    def refuse(self) -> str:
        """The other."""
        return self._(REFUSE)

    def banner(self) -> str:
        """Who sees or does what at this moment."""
        return self._fill(USES if self.control else SEES)

    def left(self, seconds: int) -> str:
        """How long the session still lasts."""
        minutes = -(-seconds // 60)
        return self._n("{n} minute left", "{n} minutes left", minutes).replace("{n}", str(minutes))

    def lost(self, seconds: int) -> str:
        """The workshop is out of reach."""
        return self._(LOST).replace("{seconds}", str(seconds))

    def stop(self) -> str:
        """The banner's button."""
        return self._(STOP)

    def _fill(self, message: str) -> str:
        text = self._(message)
        for name, value in self.given.items():
            # Not str.format: a brace in somebody's name is a brace.
            if "{" + name + "}" in text:
                return text.replace("{" + name + "}", value)
        return text
