"""What the pointer's test knows so far: where the cross is, which corners it was in, which buttons clicked."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.hands_on.input_devices import (
    ABS_X,
    ABS_Y,
    BTN_LEFT,
    BTN_RIGHT,
    BTN_TOUCH,
    EV_ABS,
    EV_KEY,
    EV_REL,
    PRESSED,
    REL_WHEEL,
    REL_X,
    REL_Y,
    InputEvent,
)

COUNTS = 900.0  # of a mouse or stick from one side of the screen to the other
STROKE = 1.6  # screens that one stroke over a whole touchpad moves the cross
NEAR = 0.06  # of a side: so near counts as being in the corner
RIGHT_PART = 0.55  # of a touchpad that is one button: pressed beyond this, it is a right click
CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))
Range = tuple[int, int]


@dataclass
class PointerState:
    """Fed with the events of one device. Places are shares of the screen, 0 to 1."""

    kind: str
    one_button: bool = False
    ranges: tuple[Range, Range] = ((0, 1000), (0, 1000))  # of ABS_X and ABS_Y
    x: float = 0.5
    y: float = 0.5
    corners: set[tuple[int, int]] = field(default_factory=set)
    buttons: set[str] = field(default_factory=set)
    wheel: bool = False
    _last: dict[int, float] = field(default_factory=dict)  # by axis, as a share; empty after the finger left

    @property
    def touches_screen(self) -> bool:
        return self.kind in ("touchscreen", "tablet")

    @property
    def done(self) -> bool:
        """Everything was tried."""
        return len(self.corners) == len(CORNERS) and (self.touches_screen or self.buttons >= {"left", "right"})

    @property
    def moved(self) -> bool:
        return bool(self.corners or self.buttons) or (self.x, self.y) != (0.5, 0.5)

    def feed(self, event: InputEvent) -> None:
        """One event of the device."""
        if event.kind == EV_REL:
            self._relative(event.code, event.value)
        elif event.kind == EV_ABS and event.code in (ABS_X, ABS_Y):
            self._absolute(event.code, event.value)
        elif event.kind == EV_KEY:
            self._button(event.code, event.value)
        corner = (_end(self.x), _end(self.y))
        if corner in CORNERS:
            self.corners.add(corner)

    def _relative(self, code: int, value: int) -> None:
        if code == REL_X:
            self.x = _share(self.x + value / COUNTS)
        elif code == REL_Y:
            self.y = _share(self.y + value / COUNTS)
        elif code == REL_WHEEL:
            self.wheel = True

    def _absolute(self, code: int, value: int) -> None:
        low, high = self.ranges[code]
        share = (value - low) / max(1, high - low)
        before = self._last.get(code)
        self._last[code] = share
        if self.touches_screen:
            moved = share
        elif before is None:
            return  # the finger has just come down
        else:
            moved = (self.x if code == ABS_X else self.y) + STROKE * (share - before)
        if code == ABS_X:
            self.x = _share(moved)
        else:
            self.y = _share(moved)

    def _button(self, code: int, value: int) -> None:
        if code == BTN_TOUCH:
            self._last.clear()
        elif value == PRESSED and code == BTN_LEFT:
            on_the_right = self.one_button and self._last.get(ABS_X, 0.0) > RIGHT_PART
            self.buttons.add("right" if on_the_right else "left")
        elif value == PRESSED and code == BTN_RIGHT:
            self.buttons.add("right")


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def _end(value: float) -> int:
    """0 or 1 near an end, -1 between."""
    return 0 if value <= NEAR else 1 if value >= 1 - NEAR else -1
