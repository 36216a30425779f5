"""Lighting a screen that went dark by itself: a question that nobody sees is answered by nobody.

What the person set stays as it is: the times after which it goes dark, and whether it does.
"""

from __future__ import annotations

import ctypes

RESET = 0  # XForceScreenSaver: as if somebody had moved the mouse
ON = 0  # DPMSForceLevel (X.org's dpms.h)


def run() -> int:
    """Once, on the display of the environment."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    if not display:
        return 1
    x11.XForceScreenSaver(display, RESET)
    _light(ctypes.CDLL("libXext.so.6"), display)
    x11.XCloseDisplay(display)
    return 0


def _light(ext: ctypes.CDLL, display: ctypes.c_void_p) -> None:
    """End the monitor's sleep. A display that knows none of it, or has it switched off, is left alone."""
    event, error = ctypes.c_int(), ctypes.c_int()
    if not ext.DPMSQueryExtension(display, ctypes.byref(event), ctypes.byref(error)) or not ext.DPMSCapable(display):
        return
    level, enabled = ctypes.c_ushort(), ctypes.c_ubyte()
    if ext.DPMSInfo(display, ctypes.byref(level), ctypes.byref(enabled)) and enabled.value and level.value != ON:
        ext.DPMSForceLevel(display, ON)
