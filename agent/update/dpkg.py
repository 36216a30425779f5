"""dpkg: what is installed, mending what was interrupted, and the way back."""

from __future__ import annotations

import time

from agent.protocol_updates import PACKAGE
from agent.tools import Ran, run
from agent.update.places import Places

SECONDS = 900.0
LOCKED = "lock"  # in what dpkg says while another program holds its database


def installed() -> tuple[str, bool]:
    """Version, and whether dpkg calls it installed without any reserve. ("", False) where there is none."""
    ran = run(["dpkg-query", "--show", "--showformat=${Version} ${db:Status-Abbrev}", PACKAGE], seconds=60)
    version, _, state = ran.out.partition(" ")
    return (version, state.strip() == "ii") if ran.ok else ("", False)


def interrupted() -> bool:
    """Whether a run of dpkg was cut off, or a package was left half way."""
    ran = run(["dpkg", "--audit"], seconds=120)
    return bool(ran.out.strip())


def mend(seconds: float) -> Ran:
    """Finish what was interrupted, as far as it can be."""
    return _patiently(["dpkg", "--force-confdef", "--force-confold", "--configure", "--pending"], seconds)


def go_back(places: Places, seconds: float) -> Ran:
    """Put the kept package in the place of whatever is there."""
    return _patiently(["dpkg", "--force-confdef", "--force-confold", "--install", str(places.kept)], seconds)


def _patiently(argv: list[str], seconds: float) -> Ran:
    """Wait while something else (Debian's own updates) works on packages."""
    until = time.monotonic() + seconds
    while True:
        ran = run(argv, seconds=SECONDS)
        if ran.ok or LOCKED not in ran.err or time.monotonic() > until:
            return ran
        time.sleep(5)
