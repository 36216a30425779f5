"""The vocabulary of the agent's own updates (docs/updates.md).

The updater is a program of its own; what it has to say goes into the agent's spool like every other message.
"""

from __future__ import annotations

from typing import Literal, TypedDict

# -- agent → controller: spooled until acknowledged ----------------------------------------------------------
UPDATE_DONE = "update.done"  # the new version proved itself. body: UpdateReport
UPDATE_ROLLED_BACK = "update.rolled-back"  # the version before is there again. body: UpdateReport

PACKAGE = "recyclerie-agent"
APT_PATH = "/api/agent/apt"  # of the repository on the controller; the machine's token opens it

UpdateCode = Literal[
    "",  # update.done
    "install-failed",  # dpkg did not come to its end, or a script of the package failed
    "broken",  # its own self-test failed
    "not-started",  # the service did not stay up
    "not-linked",  # it ran, but the controller, which was in reach, never welcomed it
]


class UpdateReport(TypedDict):
    """Body of ``update.done`` and ``update.rolled-back``."""

    update: str  # 32 hex digits, one attempt
    from_version: str
    to_version: str
    code: UpdateCode
    detail: str  # English, for the fold of technical details
    began_at: str
    ended_at: str
    seconds: int  # from the first change to the proof
