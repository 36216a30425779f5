"""Giving the keyboard's repetition back: x11vnc takes it while somebody else types, and can't when it was killed."""

from __future__ import annotations

import ctypes


def run() -> int:
    """Once, on the display of the environment."""
    library = ctypes.CDLL("libX11.so.6")
    library.XOpenDisplay.restype = ctypes.c_void_p
    display = library.XOpenDisplay(None)
    if not display:
        return 1
    library.XAutoRepeatOn(ctypes.c_void_p(display))
    library.XCloseDisplay(ctypes.c_void_p(display))
    return 0
