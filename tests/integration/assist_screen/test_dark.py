"""A screen that went dark by itself lights up for the question."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.assist_screen.desktop import Desktop
from tests.integration.assist_screen.household import Household
from tests.lab.waiting import wait_until

House = Callable[..., Household]
# libXss (x11vnc needs it too): struct XScreenSaverInfo {Window window; int state; …}, state 1 is on.
SAVER = """
import ctypes, sys
x, s = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXss.so.1")
x.XOpenDisplay.restype = x.XDefaultRootWindow.restype = ctypes.c_void_p
display = ctypes.c_void_p(x.XOpenDisplay(None))
class Info(ctypes.Structure):
    _fields_ = [("window", ctypes.c_ulong), ("state", ctypes.c_int), ("more", ctypes.c_ulong * 8)]
info = Info()
if sys.argv[1:] == ["darken"]:
    x.XForceScreenSaver(display, 1)
s.XScreenSaverQueryInfo(display, ctypes.c_void_p(x.XDefaultRootWindow(display)), ctypes.byref(info))
print("dark" if info.state == 1 else "lit")
"""


def saver(desktop: Desktop, *darken: str) -> str:
    """Whether the screen is dark."""
    return desktop.ask("/usr/bin/python3", "-c", SAVER, *darken).strip()


def test_the_question_lights_the_screen(house: House, desktop: Desktop) -> None:
    home = house()
    assert saver(desktop, "darken") == "dark"
    session = home.ask()
    home.controller.wait_for(session, "asked")
    wait_until(lambda: saver(desktop) == "lit", "the screen is lit", 30, poll=0.2)
    home.stop_session(session)
    home.controller.wait_for(session, "unanswered")
    home.wait_quiet()


def test_nothing_else_lights_it(house: House, desktop: Desktop) -> None:
    """The negative control: the agent alone, and what a controller says without a question."""
    home = house()
    assert saver(desktop, "darken") == "dark"
    home.ask_control("0" * 32)
    home.controller.wait_for("0" * 32, "control-impossible")
    assert saver(desktop) == "dark"
