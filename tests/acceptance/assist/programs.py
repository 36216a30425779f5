"""What a family has open: an editor whose text a test reads back, and a window of four colours."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from types import ModuleType

from tests.acceptance.assist import card, paper
from tests.acceptance.assist.framebuffer import Colour
from tests.acceptance.assist.screen import Screen
from tests.lab.waiting import wait_until


def place(screen: Screen, window: int, x: int, y: int, width: int, height: int) -> None:
    """Put a window somewhere, in front."""
    number = str(window)
    screen.tool("xdotool", "windowsize", number, str(width), str(height), "windowmove", number, str(x), str(y))
    screen.tool("xdotool", "windowactivate", "--sync", number)


def start(screen: Screen, program: ModuleType, *arguments: str) -> subprocess.Popen[bytes]:
    """Run a window of ours as the family: a copy, as the checkout may be where their account can't look."""
    copy = screen.folder / Path(str(program.__file__)).name
    copy.write_text(Path(str(program.__file__)).read_text())
    return screen.run("/usr/bin/python3", str(copy), *arguments)


class Editor:
    """A window to write in."""

    X, Y, WIDTH, HEIGHT = 40, 420, 760, 330

    def __init__(self, screen: Screen, name: str = "lettre.txt") -> None:
        self.screen = screen
        self.path = screen.home / name
        self.process = start(screen, paper, str(self.path))
        (self.window,) = wait_until(lambda: screen.windows(name), "the editor is on the screen", 30, poll=0.2)
        place(screen, self.window, self.X, self.Y, self.WIDTH, self.HEIGHT)

    def inside(self) -> tuple[int, int]:
        """A place on its paper."""
        return self.X + self.WIDTH // 2, self.Y + self.HEIGHT // 2

    def focus(self) -> None:
        """Bring it to the front."""
        self.screen.tool("xdotool", "windowactivate", "--sync", str(self.window))

    def text(self) -> str:
        """What stands in it."""
        return self.path.read_text()

    def wait_for(self, text: str, seconds: float = 20) -> None:
        """Until it holds this text, and nothing else."""
        hint = lambda: f"it holds {self.text()!r}"  # noqa: E731
        wait_until(lambda: self.text() == text, f"the editor holds {text!r}", seconds, poll=0.1, hint=hint)

    def clear(self) -> None:
        """Empty it; returns once it has done so, also where nothing stood in it."""
        cleared = self.path.with_suffix(".cleared")
        cleared.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        wait_until(cleared.exists, "the editor is emptied", 30, poll=0.02)
        self.wait_for("")

    def wait_focused(self) -> None:
        """Until keys go there: the window manager takes its time over a click, and keys don't wait for it."""
        focused = lambda: self.screen.tool("xdotool", "getwindowfocus", check=False) == str(self.window)  # noqa: E731
        wait_until(focused, "the editor has the keyboard", 30, poll=0.05)


class Card:
    """A window of four colours at a known place."""

    X, Y, WIDTH, HEIGHT = 840, 100, 320, 240

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        start(screen, card, str(self.WIDTH), str(self.HEIGHT))
        found = wait_until(lambda: screen.windows(card.TITLE), "the colours are on the screen", 30, poll=0.2)
        self.window = found[0]
        place(screen, self.window, self.X, self.Y, self.WIDTH, self.HEIGHT)
        wait_until(lambda: self.turned() is not None, "the colours are drawn", 30, poll=0.1)

    @classmethod
    def middle(cls) -> tuple[int, int]:
        """Where to click: no point that is looked at lies under the pointer then."""
        return cls.X + cls.WIDTH // 2, cls.Y + cls.HEIGHT // 2

    @classmethod
    def points(cls) -> list[tuple[int, int]]:
        """One in each colour on the screen (the window's frame moves it by less than that)."""
        wide, high = cls.WIDTH // 4, cls.HEIGHT // 4
        return [(cls.X + wide * (1 + 2 * (n % 2)), cls.Y + high * (1 + 2 * (n // 2))) for n in range(4)]

    def turned(self) -> int | None:
        """How many keys or clicks have reached it (modulo 4); None while the colours can't be seen."""
        return turned_by([self.screen.pixel(x, y) for x, y in self.points()])


def turned_by(colours: list[Colour], tolerance: int = 0) -> int | None:
    """By how much the four colours are turned; None when these aren't the four colours."""
    for turned in range(4):
        wanted = [card.COLOURS[(n + turned) % 4] for n in range(4)]
        if all(
            abs(a - b) <= tolerance
            for one, two in zip(wanted, colours, strict=True)
            for a, b in zip(one, two, strict=True)
        ):
            return turned
    return None
