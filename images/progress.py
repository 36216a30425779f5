"""What mmdebstrap and apt print → how far a root file system is. Pure: lines in, reports out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from images.command import Report

_BASE_SHARE = 0.15  # the base system's part of the whole; the packages asked for are the rest
_SECONDS_BETWEEN = 10.0

_STEPS = {
    "running apt-get update": (0.02, "reading the package lists"),
    "extracting archives": (0.05, "unpacking the base"),
    "installing essential": (0.08, "installing the base"),
    "installing remaining": (_BASE_SHARE, "looking for the packages"),
    "cleaning package lists": (0.98, "cleaning up"),
}


class Progress:
    """Counts packages fetched, unpacked and set up; says so now and then."""

    def __init__(self, name: str, report: Report, clock: Callable[[], float] = time.monotonic) -> None:
        """``name``: of the image, put before each line."""
        self.name, self.report, self.clock = name, report, clock
        self.main = False  # past the base system
        self.total = 0  # packages that apt installs
        self.fetched = self.unpacked = self.ready = 0
        self._said_at = clock()

    def line(self, line: str) -> None:
        """One line that mmdebstrap or apt printed."""
        for words, (share, told) in _STEPS.items():
            if line.startswith("I: ") and words in line:
                self.main = self.main or words == "installing remaining"
                self._say(told, share)
        if not self.main:
            return
        if match := re.match(r"\d+ upgraded, (\d+) newly installed", line):
            if not self.total:  # packages' own scripts say such things too
                self.total = int(match[1])
                self._say(f"{self.total} packages", _BASE_SHARE)
        elif match := re.match(r"Need to get ([\d.,/ ]+ ?[kMG]?B(?:/[\d.,]+ ?[kMG]?B)?) of archives", line):
            self._say(f"{match[1]} to download", _BASE_SHARE)
        elif line.startswith("Get:"):
            self.fetched += 1
            self._now_and_then(f"downloading, {self.fetched} of {self.total} packages")
        elif line.startswith("Unpacking "):
            self.unpacked += 1
            self._now_and_then(f"unpacking, {self.unpacked} of {self.total} packages")
        elif line.startswith("Setting up "):
            self.ready += 1
            self._now_and_then(f"setting up, {self.ready} of {self.total} packages")

    @property
    def share(self) -> float:
        """How much of the whole is done, 0 to 1."""
        if not self.total:
            return _BASE_SHARE
        # Packages from the cache are never fetched: whoever is unpacked was there.
        done = max(self.fetched, self.unpacked) + self.unpacked + self.ready
        return _BASE_SHARE + (0.97 - _BASE_SHARE) * min(1.0, done / (3 * self.total))

    def _now_and_then(self, told: str) -> None:
        if self.clock() - self._said_at >= _SECONDS_BETWEEN:
            self._say(told, self.share)

    def _say(self, told: str, share: float) -> None:
        self._said_at = self.clock()
        self.report(f"{self.name}: {told}", share)
