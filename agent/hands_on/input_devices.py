"""Keyboards and pointing devices read straight from the kernel (evdev), so that no layout stands in between.

Events are ``struct input_event`` of linux/input.h. A device file may also be a plain pipe of such events (tests).
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import re
import struct
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from agent.collectors.inputs import bitmap, parse_inputs
from agent.files import read_text

EVENT = struct.Struct("llHHi")  # time in seconds and microseconds, type, code, value
EV_KEY, EV_REL, EV_ABS = 1, 2, 3
REL_X, REL_Y, REL_WHEEL = 0, 1, 8
ABS_X, ABS_Y = 0, 1
BTN_LEFT, BTN_RIGHT, BTN_MIDDLE, BTN_TOUCH = 0x110, 0x111, 0x112, 0x14A
RELEASED, PRESSED, REPEATED = 0, 1, 2
PROP_BUTTONPAD = 2  # one button below the whole surface
EVIOCGRAB = 0x40044590
KEY_BYTES = 96  # of the bitmap of all keys (KEY_MAX 0x2ff)
EVIOCGKEY = 2 << 30 | KEY_BYTES << 16 | ord("E") << 8 | 0x18
EVIOCGABS = 2 << 30 | 24 << 16 | ord("E") << 8 | 0x40  # + the axis
LISTED = "proc/bus/input/devices"


class InputEvent(NamedTuple):
    """Something was pressed or moved. ``seconds`` is the kernel's clock, only good for differences."""

    seconds: float
    kind: int
    code: int
    value: int


@dataclass(frozen=True)
class InputDevice:
    """One line of the kernel's list."""

    kind: str  # of agent.collectors.inputs: keyboard, touchpad, trackpoint, mouse, touchscreen, tablet
    name: str
    path: Path
    place: str  # where it hangs (usb-0000:00:14.0-1), the same for all parts of one keyboard
    built_in: bool | None
    one_button: bool = False  # a touchpad that is pressed as a whole


def find_devices(root: Path = Path("/"), kinds: Iterable[str] = ()) -> list[InputDevice]:
    """The devices of these kinds (all when empty), the built-in ones first."""
    listed = read_text(root / LISTED)
    places = {}
    for block in re.split(r"\n\s*\n", listed):
        event = re.search(r"\bevent\d+", block)
        physical = re.search(r"^P: Phys=(.*)$", block, re.MULTILINE)
        properties = re.search(r"^B: PROP=([0-9a-fA-F ]+)$", block, re.MULTILINE)
        if event:
            place = re.sub(r"/input\d+$", "", physical.group(1).strip()) if physical else ""
            bits = bitmap(properties.group(1), 32) if properties else 0
            places[f"/dev/input/{event.group()}"] = (place, bool(bits >> PROP_BUTTONPAD & 1))
    wanted = set(kinds)
    found = [
        InputDevice(
            kind=str(entry["kind"]),
            name=str(entry["name"]),
            path=root / str(entry["path"]).lstrip("/"),
            place=places.get(str(entry["path"]), ("", False))[0],
            built_in=entry["built_in"],
            one_button=places.get(str(entry["path"]), ("", False))[1],
        )
        for entry in parse_inputs(listed)
        if entry["path"] and (not wanted or entry["kind"] in wanted)
    ]
    return sorted(found, key=lambda device: device.built_in is not True)


def decode(data: bytes) -> tuple[list[InputEvent], bytes]:
    """Whole events, and the bytes of one that isn't all there."""
    whole = len(data) // EVENT.size * EVENT.size
    events = [
        InputEvent(seconds + micro / 1e6, kind, code, value)
        for seconds, micro, kind, code, value in EVENT.iter_unpack(data[:whole])
    ]
    return events, data[whole:]


def encode(kind: int, code: int, value: int, seconds: float = 0.0) -> bytes:
    """One event as the kernel writes it."""
    return EVENT.pack(int(seconds), int(seconds % 1 * 1e6), kind, code, value)


@dataclass
class OpenDevice:
    """A device that is being read."""

    device: InputDevice
    fd: int
    gone: bool = False  # pulled out: nothing will come any more, and waiting for it would not wait
    _rest: bytes = field(default=b"", repr=False)

    def fileno(self) -> int:
        return self.fd

    def events(self) -> list[InputEvent]:
        """What happened since the last look; nothing when the device was pulled out."""
        try:
            data = os.read(self.fd, 64 * EVENT.size)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        self.gone = not data
        events, self._rest = decode(self._rest + data)
        return events

    def grab(self) -> None:
        """Nobody else hears it: Ctrl+Alt+Del or a power key that is tried out must not restart the PC."""
        with contextlib.suppress(OSError):
            fcntl.ioctl(self.fd, EVIOCGRAB, 1)

    def held(self) -> set[int]:
        """Codes of the keys that are down right now; nothing where the kernel can't be asked."""
        bits = array.array("B", bytes(KEY_BYTES))
        try:
            fcntl.ioctl(self.fd, EVIOCGKEY, bits)
        except OSError:
            return set()
        return {8 * place + bit for place, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1}

    def ranges(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Lowest and highest value of ABS_X and of ABS_Y; 0 to 1000 where the kernel can't be asked."""
        found = []
        for axis in (ABS_X, ABS_Y):
            info = array.array("i", [0] * 6)  # struct input_absinfo: value, minimum, maximum, …
            try:
                fcntl.ioctl(self.fd, EVIOCGABS + axis, info)
            except OSError:
                found.append((0, 1000))
            else:
                found.append((info[1], info[2]))
        return found[0], found[1]


@contextlib.contextmanager
def opened(devices: Iterable[InputDevice], *, grab: bool = False) -> Iterator[list[OpenDevice]]:
    """The devices that can be opened, closed (and let go) at the end."""
    found: list[OpenDevice] = []
    try:
        for device in devices:
            with contextlib.suppress(OSError):
                fd = os.open(device.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
                found.append(OpenDevice(device, fd))
        if grab:
            _wait_released(found)
            for one in found:
                one.grab()
        yield found
    finally:
        for one in found:
            os.close(one.fd)


def _wait_released(found: list[OpenDevice]) -> None:
    # A key that is down while its device is grabbed stays down for the console: Enter would repeat for ever.
    until = time.monotonic() + 1.0
    while any(one.held() for one in found) and time.monotonic() < until:
        time.sleep(0.02)
