"""What a play's end means, in words that a volunteer understands; the tools' own words stay beside them."""

from __future__ import annotations

from dataclasses import dataclass

from controller.i18n import N_

# A code → what happened, and what to do next. Codes are in the ledger, texts are not.
WORDS: dict[str, tuple[str, str]] = {
    "offline": (
        N_("{machine} reaches no server of the internet, only this controller."),
        N_("Try again later; if it stays so, look at the family's connection with them."),
    ),
    "locked": (
        N_("Another program was installing something on {machine} at that moment."),
        N_("Its own daily updates, most likely: try again in half an hour."),
    ),
    "full": (
        N_("The disk of {machine} is full."),
        N_("Make room with the family (downloads, wastebasket), then try again."),
    ),
    "no-package": (
        N_("There is no such program for {machine}."),
        N_("Check its name: Debian's names are lower-case, as in libreoffice-writer."),
    ),
    "half-done": (
        N_("Packages of {machine} are half installed."),
        N_("Use “Repair the packages”, then try again."),
    ),
    "signatures": (
        N_("The antivirus of {machine} did not find the test virus."),
        N_("Renew it once more; if it stays so, fetch the logs and look into it."),
    ),
    "missing": (
        N_("A program that this needs is not installed on {machine}."),
        N_("Look into the log: it says which."),
    ),
    "no-entry": (
        N_("{machine} is connected, but does not let maintenance in."),
        N_("Look into the log: it says why. A system sealed without a maintenance key is installed again."),
    ),
    "too-long": (
        N_("It took more than {hours} h on {machine}."),
        N_("What the machine has begun it goes on with by itself. Look again tomorrow."),
    ),
    "too-big": (
        N_("The log bundle of {machine} is larger than {megabytes} MB: it was not taken."),
        N_("Use the terminal to look at the logs."),
    ),
    "not-here": (
        N_("{machine} is no longer at a family's home."),
        N_("In the workshop it is gone over by a run."),
    ),
    "rights-ended": (N_("The rights of {machine} were ended."), N_("It has to be installed again.")),
    "expired": (
        N_("{machine} was not connected in time."),
        N_("Call the family: it must be switched on and have internet access. Then ask again."),
    ),
    "cancelled": (N_("It was cancelled."), ""),
    "cancelled-running": (
        N_("It was cancelled."),
        N_("What {machine} had begun it finishes by itself: an update is never cut off in the middle."),
    ),
    "broken": (
        N_("Something unexpected happened in the controller."),
        N_("Try again, and report it with the technical detail."),
    ),
    "failed": (N_("It did not work on {machine}."), N_("Look into the log: it says why.")),
}
# The first sign that is found says what it was; Ansible's and apt's own English.
SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("offline", ("reaches no server of the internet",)),
    ("locked", ("Could not get lock", "is another process using it", "is locked by another")),
    ("full", ("No space left on device", "You don't have enough free space")),
    ("no-package", ("Unable to locate package", "has no installation candidate", "is not possible, it cannot be")),
    ("half-done", ("dpkg was interrupted", "Unmet dependencies", "unmet dependencies")),
    ("missing", ("not found", "No such file or directory")),
)
# The connection went away under the play, however Ansible calls that.
LOST = (
    "Data could not be sent",
    "closed by remote host",
    "Connection closed by",
    "Connection reset by",
    "Connection timed out",
    "Shared connection to",
    "Broken pipe",
    "is not connected right now",
)


@dataclass(frozen=True, kw_only=True)
class End:
    """How an action ended."""

    state: str  # one of tables.ENDED
    outcome: str = ""
    changed: bool | None = None
    detail: str = ""
    bundle_bytes: int = 0


def cause(action: str, error: str) -> str:
    """The code of what went wrong."""
    if action == "antivirus" and "signatures" in error.lower() and "freshclam" not in error.lower():
        return "signatures"
    for code, signs in SIGNS:
        if any(sign in error for sign in signs):
            return code
    return "failed"


def was_lost(status: str, error: str) -> bool:
    """Whether the play ended because the machine was no longer there: what it began goes on there."""
    return status == "unreachable" or (status == "failed" and any(sign in error for sign in LOST))
