"""What the keyboard's test knows so far: keys that answered, keys that are down, and since when."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.hands_on.input_devices import EV_KEY, PRESSED, RELEASED, REPEATED, InputDevice, InputEvent
from agent.hands_on.key_map import FROM_CHARACTER

ESCAPE = 1
FIRST_BUTTON = 0x100  # from here on the kernel's codes are mouse buttons and the like
HELD_SECONDS = 6.0  # nobody presses a key of this test for so long
END_SECONDS = 2.0  # Escape held for so long ends the test


@dataclass
class KeyboardState:
    """Fed with events and the time; knows nothing of files or screens."""

    pressed: set[int] = field(default_factory=set)
    stuck: set[int] = field(default_factory=set)
    device: str = ""  # the name of the keyboard that the keys belong to
    place: str = ""
    down: dict[int, float] = field(default_factory=dict)  # code → since when
    escapes: int = 0  # presses of Escape one after the other

    def feed(self, device: InputDevice, event: InputEvent, now: float) -> bool:
        """An event of a keyboard. True for a key of the keyboard under test (the first that was pressed) that moved.

        A stuck key repeats for ever: that is no sign of a person.
        """
        if event.kind != EV_KEY or event.code >= FIRST_BUTTON:
            return False
        if not self.device and event.value == PRESSED:
            self.device, self.place = device.name, device.place
        if not self._mine(device):
            return False
        if event.value == RELEASED:
            self.down.pop(event.code, None)
        else:
            self.down.setdefault(event.code, now)
            self.pressed.add(event.code)
            self.escapes = self.escapes + 1 if event.code == ESCAPE and event.value == PRESSED else 0
        return event.value != REPEATED

    def are_down(self, device: InputDevice, codes: set[int], now: float) -> None:
        """Keys that the kernel says are down: one that was so from the start never says it by itself."""
        if self._mine(device):
            for code in codes:
                self.down.setdefault(code, now)

    def character(self, key: str) -> None:
        """A key of a terminal that has no input devices: it is known by what it writes."""
        code = FROM_CHARACTER.get(key)
        if code is not None:
            self.pressed.add(code)
            self.escapes = self.escapes + 1 if code == ESCAPE else 0

    def held(self, now: float) -> set[int]:
        """Keys that are down for too long, remembered as stuck. Escape is held on purpose."""
        held = {code for code, since in self.down.items() if now - since >= HELD_SECONDS and code != ESCAPE}
        self.stuck |= held
        return held

    def ended_by_escape(self, now: float) -> bool:
        """The person holds Escape."""
        since = self.down.get(ESCAPE)
        return since is not None and now - since >= END_SECONDS

    def _mine(self, device: InputDevice) -> bool:
        """Some keyboards are several devices at one place."""
        return bool(self.device) and (device.name == self.device or (bool(device.place) and device.place == self.place))
