"""What can be asked of a machine at home: the tags of ``playbooks/maintain.yml``, in words, and what each needs."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from controller.errors import NotFound, RecyclerieError
from controller.i18n import N_

PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]{1,60}")
KEYBOARD = re.compile(r"[a-z]{2,3}(\([A-Za-z0-9_-]{1,20}\))?")
# What families ask for; any other layout goes over the API.
KEYBOARDS: tuple[tuple[str, str], ...] = (
    ("fr", N_("French (AZERTY)")),
    ("fr(oss)", N_("French (AZERTY), more characters")),
    ("fr(bepo)", N_("French (BÉPO)")),
    ("be", N_("Belgian")),
    ("ch(fr)", N_("Swiss, French")),
    ("gb", N_("British")),
    ("us", N_("American")),
    ("es", N_("Spanish")),
    ("pt", N_("Portuguese")),
    ("ara", N_("Arabic")),
)


@dataclass(frozen=True, kw_only=True)
class Action:
    """One kind of work. ``name`` is the play's tag."""

    name: str
    label: str  # message ids, as all texts here
    meaning: str
    icon: str
    changed: str  # what is said once it is done, and changed something
    same: str
    fields: tuple[str, ...] = ()
    everywhere: bool = False  # whether every machine at home can be asked at once


ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        Action(
            name="update",
            label=N_("Update"),
            meaning=N_("Installs the updates of the system and of its programs. The family can go on working."),
            icon="refresh-cw",
            changed=N_("Updates were installed: everything is up to date."),
            same=N_("Everything was up to date already."),
            everywhere=True,
        ),
        Action(
            name="antivirus",
            label=N_("Renew the antivirus"),
            meaning=N_("Fetches the newest virus signatures, then proves that a test virus is found."),
            icon="shield-check",
            changed=N_("The antivirus has the newest signatures and finds the test virus."),
            same=N_("The antivirus had the newest signatures already; it finds the test virus."),
            everywhere=True,
        ),
        Action(
            name="repair",
            label=N_("Repair the packages"),
            meaning=N_("For when an update was cut off: finishes what was begun and mends what is missing."),
            icon="wrench",
            changed=N_("What was half done is finished: the packages are in order."),
            same=N_("The packages were in order already."),
        ),
        Action(
            name="reinstall",
            label=N_("Install a program again"),
            meaning=N_("For a program that no longer starts. The family's documents and settings stay."),
            icon="package",
            changed=N_("The program is installed again."),
            same=N_("The program is installed again."),
            fields=("package",),
        ),
        Action(
            name="settings",
            label=N_("Change the time zone or the keyboard"),
            meaning=N_("The keyboard changes at the next sign-in."),
            icon="settings",
            changed=N_("The settings are changed."),
            same=N_("The settings were like that already."),
            fields=("timezone", "keyboard"),
        ),
        Action(
            name="agent",
            label=N_("Update the agent"),
            meaning=N_(
                "The workshop’s own program on it: it updates by itself too. A release that fails is taken back."
            ),
            icon="download",
            changed=N_("The agent is updated."),
            same=N_("There was nothing newer for its agent now; the log says why."),
            everywhere=True,
        ),
        Action(
            name="reinspect",
            label=N_("Inspect again"),
            meaning=N_("Reads what is in the machine, as in the workshop."),
            icon="search",
            changed=N_("The inventory is new: see Hardware."),
            same=N_("The inventory is new: see Hardware."),
        ),
        Action(
            name="logs",
            label=N_("Fetch the logs"),
            meaning=N_("The system's own logs in one file; nothing of the family's documents, sessions or passwords."),
            icon="file-text",
            changed=N_("The logs are here."),
            same=N_("The logs are here."),
        ),
    )
}
MAIN = "update"


def get_action(name: str) -> Action:
    """The action of this name.

    Raises:
        NotFound: there is none.
    """
    action = ACTIONS.get(name)
    if action is None:
        raise NotFound(N_("There is no maintenance “{name}”."), N_("Reload the page."), name=name[:40])
    return action


def checked(action: Action, given: Mapping[str, str]) -> dict[str, str]:
    """What an action is asked with, and nothing else.

    Raises:
        RecyclerieError: something is missing, or can't be what it says.
    """
    found = {name: given[name].strip() for name in action.fields if given.get(name, "").strip()}
    if action.name == "reinstall":
        if not PACKAGE.fullmatch(found.get("package", "")):
            raise RecyclerieError(
                N_("“{package}” can't be the name of a program's package."),
                N_("Write it as Debian does, for example libreoffice-writer or firefox-esr."),
                package=found.get("package", "")[:60],
            )
    elif action.name == "settings":
        if not found:
            raise RecyclerieError(N_("Nothing was chosen."), N_("Choose a time zone, a keyboard, or both."))
        if "timezone" in found and found["timezone"] not in timezones():
            raise RecyclerieError(
                N_("There is no time zone “{zone}”."), N_("Write it as Europe/Paris."), zone=found["timezone"][:60]
            )
        if "keyboard" in found and not KEYBOARD.fullmatch(found["keyboard"]):
            raise RecyclerieError(
                N_("“{keyboard}” is no keyboard layout."),
                N_("Write it as fr or fr(oss)."),
                keyboard=found["keyboard"][:40],
            )
    return found


@lru_cache(maxsize=1)
def timezones() -> frozenset[str]:
    """The names of time zones, as this computer knows them."""
    return frozenset(zoneinfo.available_timezones())
