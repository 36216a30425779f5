"""The list: what must have been tried before a machine may be called reconditioned, by kind of machine.

Code de la consommation, article R122-4 (décret 2022-190): a product is reconditioned only when it went through tests
of **all its functions** and when **every datum of an earlier user was deleted**. So everything that a machine has is
on the list; what a machine of its kind always has is asked for even where the inventory doesn't show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from controller.i18n import N_

FORMS: Final = ("laptop", "desktop", "all-in-one", "mini", "tablet", "other")
FORM_NAMES: Final[Mapping[str, str]] = {
    "laptop": N_("laptop"),
    "desktop": N_("desktop"),
    "all-in-one": N_("all-in-one"),
    "mini": N_("mini PC"),
    "tablet": N_("tablet"),
    "other": N_("other"),
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of the list. Texts are message ids."""

    key: str  # of a hardware test: its subsystem (agent.protocol_tests)
    name: str
    untested: str  # nobody tried it
    failed: str  # it was tried, {reason}
    always: tuple[str, ...] = ()  # kinds of machines that always have it
    present: str = ""  # facts.PARTS: for the others, only if the inventory shows one; "": only those of ``always``
    hands: bool = False  # a person tries it at the machine
    person_decides: bool = False  # what a person saw or heard counts more than what a program measured


# The memory, the processor… in the order in which they are shown.
TESTS: Final[tuple[Item, ...]] = (
    Item(
        key="memory",
        name=N_("Memory"),
        untested=N_("The memory was not tested"),
        failed=N_("The memory failed: {reason}"),
        always=FORMS,
    ),
    Item(
        key="cpu",
        name=N_("Processor under load"),
        untested=N_("The processor was not tested under load"),
        failed=N_("The processor failed under load: {reason}"),
        always=FORMS,
    ),
    Item(
        key="drive",
        name=N_("Every drive"),
        untested=N_("The drive {drive} was not tested"),
        failed=N_("The drive {drive} failed: {reason}"),
        always=FORMS,
    ),
    Item(
        key="battery",
        name=N_("Battery"),
        untested=N_("The battery was not tested"),
        failed=N_("The battery failed: {reason}"),
        always=("laptop", "tablet"),
        present="battery",
    ),
    Item(
        key="network",
        name=N_("Network by cable"),
        untested=N_("The network by cable was not tested"),
        failed=N_("The network by cable failed: {reason}"),
        present="wired",
    ),
    Item(
        key="wifi",
        name=N_("Wi-Fi"),
        untested=N_("The Wi-Fi was not tested"),
        failed=N_("The Wi-Fi failed: {reason}"),
        always=("tablet",),
        present="wireless",
    ),
    Item(
        key="sound",
        name=N_("Sound"),
        untested=N_("The sound was not tested"),
        failed=N_("The sound failed: {reason}"),
        present="sound",
        person_decides=True,
    ),
    Item(
        key="camera",
        name=N_("Camera"),
        untested=N_("The camera was not tested"),
        failed=N_("The camera failed: {reason}"),
        present="camera",
        person_decides=True,
    ),
    Item(
        key="graphics",
        name=N_("Graphics"),
        untested=N_("The graphics were not tested"),
        failed=N_("The graphics failed: {reason}"),
        always=FORMS,
        person_decides=True,
    ),
    Item(
        key="clock",
        name=N_("Clock and its battery"),
        untested=N_("The clock was not tested"),
        failed=N_("The clock failed: {reason}"),
        always=FORMS,
    ),
    Item(
        key="fans",
        name=N_("Fans"),
        untested=N_("The fans were not tested"),
        failed=N_("The fans failed: {reason}"),
        present="fan",
    ),
    Item(
        key="screen",
        name=N_("Screen"),
        untested=N_("The screen was not tried"),
        failed=N_("The screen failed: {reason}"),
        always=("laptop", "all-in-one", "tablet"),
        present="screen",
        hands=True,
        person_decides=True,
    ),
    Item(
        key="keyboard",
        name=N_("Keyboard"),
        untested=N_("The keyboard was not tried"),
        failed=N_("The keyboard failed: {reason}"),
        always=("laptop",),
        present="keyboard",
        hands=True,
        person_decides=True,
    ),
    Item(
        key="pointer",
        name=N_("Touchpad or touch screen"),
        untested=N_("The touchpad was not tried"),
        failed=N_("The touchpad failed: {reason}"),
        always=("laptop", "tablet"),
        present="pointer",
        hands=True,
        person_decides=True,
    ),
    Item(
        key="usb",
        name=N_("USB ports"),
        untested=N_("The USB ports were not tried"),
        failed=N_("The USB ports failed: {reason}"),
        always=("laptop", "desktop", "all-in-one", "mini"),
        present="usb",
        hands=True,
        person_decides=True,
    ),
)
BY_KEY: Final[Mapping[str, Item]] = {item.key: item for item in TESTS}


@dataclass(frozen=True, kw_only=True)
class Duty:
    """A line that is no hardware test. All machines have it; nobody may let it pass but ``broken``."""

    key: str
    name: str
    missing: str


DUTIES: Final[tuple[Duty, ...]] = (
    Duty(key="inventory", name=N_("Inspected"), missing=N_("It was not inspected: nobody knows what it is made of")),
    Duty(key="look", name=N_("Looked at from all sides"), missing=N_("Nobody looked at its case: cosmetic check")),
    Duty(key="broken", name=N_("Nothing broken"), missing=N_("Broken: {zone}")),
    Duty(key="cleaned", name=N_("Cleaned, the donor's labels off"), missing=N_("Cleaning still to do: {what}")),
    Duty(
        key="erased",
        name=N_("Every drive proven erased"),
        missing=N_("The data on the drive {drive} is not proven erased"),
    ),
    Duty(
        key="system",
        name=N_("The installed system checked"),
        missing=N_("The installed system was not checked"),
    ),
)
MISSING: Final[Mapping[str, str]] = {duty.key: duty.missing for duty in DUTIES}

NO_DRIVE = N_("No drive is known: nothing shows that its data is gone")
NO_BATTERY = N_("It has no battery")
PASSED_OVER = N_("{what}: passed over ({reason})")
NO_ANSWER = N_("{what}: it did not answer in time")
NO_REASON = N_("the test gave no reason")
