"""What a family does at its PC: looks at the screen, moves the mouse, types on a French keyboard."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.virtualpc import VirtualPC
from tests.lab.waiting import wait_until

MOUSE = ("-device", "usb-tablet,bus=usb.0")  # a mouse that can be put at a place: QEMU's arguments
Colour = tuple[int, int, int]

# Keys of a French keyboard (AZERTY), by QEMU's names of the places on an American one.
_PLACES = {
    **dict(zip("azertyuiopqsdfghjklmwxcvbn", "qwertyuiopasdfghjkl;zxcvbn", strict=True)),
    **dict(zip("&é\"'(-è_çà", "1234567890", strict=True)),
    " ": "spc",
    ",": "m",
    ";": "comma",
    ":": "dot",
    "!": "slash",
    "\n": "ret",
    "\t": "tab",
}
_SHIFTED = {**dict(zip("1234567890", "1234567890", strict=True)), ".": "comma", "/": "dot", "?": "m"}


def keys_for(letter: str) -> list[str]:
    """The keys that make this letter.

    :raises LabError: when this keyboard hasn't got it
    """
    if letter in _SHIFTED:
        return ["shift", _SHIFTED[letter]]
    place = _PLACES.get(letter.lower())
    if place is None or (letter != letter.lower() and letter.lower() not in "abcdefghijklmnopqrstuvwxyz"):
        raise LabError(f"{letter!r} is not on the lab's French keyboard")
    place = {";": "semicolon"}.get(place, place)
    return ["shift", place] if letter != letter.lower() else [place]


@dataclass(frozen=True)
class Run:
    """Neighbours of one colour in one row: from ``left`` to before ``right``."""

    y: int
    left: int
    right: int

    @property
    def middle(self) -> int:
        """Its middle column."""
        return (self.left + self.right) // 2


@dataclass(frozen=True)
class Picture:
    """What the screen shows: rows of red, green, blue."""

    width: int
    height: int
    pixels: bytes

    def count(self, colour: Colour) -> int:
        """How many places have exactly this colour."""
        wanted, found, at = bytes(colour), 0, self.pixels.find(bytes(colour))
        while at >= 0:
            found += at % 3 == 0
            at = self.pixels.find(wanted, at + 1)
        return found

    def unlike(self, other: Picture) -> int:
        """How many places in the middle half, where new windows open, have another colour than in ``other``."""
        found = 0
        for y in range(self.height // 4, self.height * 3 // 4):
            middle = slice((y * self.width + self.width // 4) * 3, (y * self.width + self.width * 3 // 4) * 3)
            mine, theirs = self.pixels[middle], other.pixels[middle]
            if mine != theirs:
                found += sum(mine[at : at + 3] != theirs[at : at + 3] for at in range(0, len(mine), 3))
        return found

    def runs(self, colour: Colour, least: int) -> list[Run]:
        """Where ``least`` places or more of this colour stand in a line, from the top."""
        found, wanted, one = [], bytes(colour) * least, bytes(colour)
        for y in range(self.height):
            row = self.pixels[y * self.width * 3 : (y + 1) * self.width * 3]
            at = row.find(wanted)
            while at >= 0:
                if at % 3:
                    at = row.find(wanted, at + 1)
                    continue
                end = at + len(wanted)
                while row[end : end + 3] == one:
                    end += 3
                found.append(Run(y, at // 3, end // 3))
                at = row.find(wanted, end)
        return found


class Family:
    """Somebody in front of a virtual PC's screen."""

    def __init__(self, pc: VirtualPC, pictures: Path) -> None:
        self.pc, self.pictures = pc, pictures

    # -- eyes ------------------------------------------------------------------------------------------

    def look(self) -> Picture:
        """The screen as it is now."""
        raw = self.pictures / f"{self.pc.donated.name}.ppm"
        self.pc.qmp.execute("screendump", filename=str(raw))
        _kind, size, _depth, pixels = raw.read_bytes().split(b"\n", 3)
        raw.unlink()
        width, height = map(int, size.split())
        return Picture(width, height, pixels)

    def keep(self, name: str) -> Path:
        """Keep a picture of the screen, for people."""
        return self.pc.screenshot(self.pictures / f"{name}.png")

    def wait_for(self, what: str, seen: Callable[[Picture], bool], timeout: float = 300) -> Picture:
        """Wait until the screen shows it; returns that picture."""

        def now() -> Picture | None:
            self.pc.must_run()
            picture = self.look()
            return picture if seen(picture) else None

        return wait_until(now, f"the screen shows {what}", timeout, poll=1.0, hint=lambda: f"see {self.keep('wait')}")

    def wait_still(self, what: str, seconds: float = 6, timeout: float = 300) -> Picture:
        """Wait until nothing has moved on the screen for a while."""
        last, since = self.look(), time.monotonic()

        def still() -> Picture | None:
            nonlocal last, since
            self.pc.must_run()
            now = self.look()
            if now.pixels != last.pixels:
                last, since = now, time.monotonic()
            return now if time.monotonic() - since >= seconds else None

        return wait_until(still, f"the screen is still: {what}", timeout, poll=0.7)

    # -- hands -----------------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Keys together, by QEMU's names (``ctrl``, ``ret``, ``s``)."""
        pressed = [{"type": "qcode", "data": key} for key in keys]
        self.pc.qmp.execute("send-key", keys=pressed, **{"hold-time": 60})
        time.sleep(0.2)  # a person's pace: an emulated PC drops what comes faster

    def type(self, text: str) -> None:
        """Letters of a French keyboard."""
        for letter in text:
            self.press(*keys_for(letter))

    def click(self, x: int, y: int, times: int = 1) -> None:
        """Move the mouse there and press its left button."""
        screen = self.look()
        places = {"x": (x + 0.5) / screen.width, "y": (y + 0.5) / screen.height}
        moves = [{"type": "abs", "data": {"axis": a, "value": int(share * 32767)}} for a, share in places.items()]
        self.pc.qmp.execute("input-send-event", events=moves)
        time.sleep(0.5)
        for _ in range(times):
            for down in (True, False):
                button = {"type": "btn", "data": {"down": down, "button": "left"}}
                self.pc.qmp.execute("input-send-event", events=[button])
                time.sleep(0.12)
