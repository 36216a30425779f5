"""The program on the PC: says what the machine is, does what it is told to, and proves what it did.

Runs on Debian's own python3 with python3-psutil, python3-pyudev and python3-websockets; it never imports the
controller. One program for the live image of the workshop and for the installed system at a family's home.
"""

from __future__ import annotations

from pathlib import Path

BASE_VERSION = "0.1.0"  # read as text by controller/releases: keep it on a line of its own


def _version() -> str:
    """The package's version, where the agent was installed as one (docs/updates.md); else the source's."""
    try:
        return Path(__file__).with_name("RELEASE").read_text(encoding="ascii").strip() or BASE_VERSION
    except (OSError, ValueError):
        return BASE_VERSION


VERSION = _version()
