"""What the family was promised, in words for them: shown on the PC and printed in the notice. Only data.

The numbers are those of docs/consent.md, which names for each the code that keeps it and
the test that tries to break it.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.locales import N_


@dataclass(frozen=True)
class Part:
    """One heading and its sentences, as message ids of agent/locales."""

    name: str
    heading: str
    sentences: tuple[str, ...]
    numbered: bool = False


TITLE = N_("What this computer sends, and what it never does")

SCREEN = Part(
    "screen",
    N_("When somebody helps you from a distance"),
    (
        N_("Nobody sees your screen unless you have pressed “Accept” on this computer. Each time you are asked again."),
        N_("Before you answer, you read who asks, why, and for how long. Nobody can change that afterwards."),
        N_("No answer means no. If you close the window, that means no."),
        N_("After a no you are left alone for a while. Nobody can ask you again and again."),
        N_("The person only looks. To use your mouse and your keyboard, they must ask you a second time."),
        N_(
            "A red bar stays at the top of the screen all the time. It says who is looking and how long it still lasts."
        ),
        N_(
            "You stop whenever you like: the button on the red bar ends everything at once. You do not have to say why."
        ),
        N_(
            "It ends by itself: when the time is over (one hour at most), when the connection is cut for a minute, "
            "when you sign out or lock the screen."
        ),
        N_("Only one person at a time can look. When it is over, nothing of it goes on running."),
        N_("While somebody only looks, no file and nothing that you have copied leaves your computer."),
    ),
    numbered=True,
)
SENDS = Part(
    "sends",
    N_("What this computer tells the workshop"),
    (
        N_("That it is switched on, and since when."),
        N_("What it is made of: its model, its parts and their serial numbers."),
        N_("How it is: temperatures, wear of the disk and of the battery, how full the disk is, faults of the system."),
        N_("Whether its updates were installed."),
        N_("What you write yourself when you ask for help, with the state of the computer at that moment."),
        N_("Whether you accepted or refused to show your screen, and when it began and ended."),
    ),
)
NEVER = Part(
    "never",
    N_("What it never sends"),
    (
        N_("Your documents, your photos, your messages, your passwords."),
        N_("The pages you visit, the programs you use, what you type."),
        N_("The names of your files, of your USB sticks, of your Wi-Fi."),
        N_("Pictures from the camera or sound from the microphone: it never switches them on."),
    ),
)
LIMITS = Part(
    "limits",
    N_("What you should also know"),
    (
        N_(
            "The workshop can repair and update this computer from a distance without seeing your screen, and without "
            "asking each time. It is written down who did it and when."
        ),
        N_(
            "For that a technician has the rights of an administrator: no program can keep an administrator from "
            "opening files. The technicians have undertaken not to. If you do not want this, tell us: we switch it off."
        ),
        N_("If you give mouse and keyboard, the person can do what you can do. Stay in front of the screen and watch."),
        N_(
            "We never ask for your passwords or your bank card. If somebody does, "
            "press the red bar’s button and call us."
        ),
    ),
)
PARTS = (SCREEN, SENDS, NEVER, LIMITS)
