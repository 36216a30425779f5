"""Whoever sits in front of the family's screen: reads our windows and clicks in them with a real pointer."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

from tests.acceptance.assist.home import BANNER, QUESTION, FamilyPC
from tests.acceptance.assist.screen import Screen
from tests.lab.waiting import wait_until


@dataclass(frozen=True)
class Box:
    """Where a window is, in pixels of the screen."""

    x: int
    y: int
    width: int
    height: int


class Family:
    """Eyes and hand."""

    def __init__(self, pc: FamilyPC, screen: Screen) -> None:
        self.pc, self.screen = pc, screen

    def window(self, kind: str) -> Box | None:
        """The visible window of our process of that kind."""
        for process in self.pc.windows(kind):
            for number in self._of(process):
                return self._box(number)
        return None

    def _of(self, process: psutil.Process) -> list[int]:
        found = self.screen.tool("xdotool", "search", "--onlyvisible", "--pid", str(process.pid), check=False)
        return [int(line) for line in found.split()]

    def _box(self, number: int) -> Box | None:
        told = self.screen.tool("xdotool", "getwindowgeometry", "--shell", str(number), check=False)
        fields = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
        if "WIDTH" not in fields:
            return None
        return Box(*(int(fields[name]) for name in ("X", "Y", "WIDTH", "HEIGHT")))

    def sees(self, kind: str, seconds: float = 40) -> Box:
        """Wait for a window, until it has its size and place."""
        before: list[Box | None] = [None]

        def steady() -> Box | None:
            now = self.window(kind)
            same, before[0] = now == before[0], now
            return now if same else None

        hint = lambda: self.pc.home.log[-3000:]  # noqa: E731
        return wait_until(steady, f"the family sees the {kind}", seconds, poll=0.15, hint=hint)

    def accept(self) -> None:
        """Click on Accept, as soon as it takes clicks."""
        self._answer(0.75)

    def refuse(self) -> None:
        """Click on Refuse."""
        self._answer(0.25)

    def _answer(self, share: float) -> None:
        """Click in the row of buttons at the bottom of the question, at that share of its width, until it is gone."""
        box = self.sees(QUESTION)

        def gone() -> bool:
            if self.window(QUESTION) is None:
                return True
            self.screen.click(box.x + round(box.width * share), box.y + box.height - 24 - 32)
            limit = time.monotonic() + 0.4
            while self.pc.windows(QUESTION) and time.monotonic() < limit:
                time.sleep(0.02)
            return not self.pc.windows(QUESTION)

        wait_until(gone, "the question is answered", 30, poll=0.05)

    def stop(self) -> None:
        """Click on the banner's button."""
        box = self.sees(BANNER)
        self.screen.click(box.x + box.width - 60, box.y + box.height // 2)

    def no_banner(self) -> bool:
        """Whether no banner is there."""
        return not self.pc.windows(BANNER)
