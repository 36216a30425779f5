"""How our windows look: large letters, strong contrast, the same in every theme."""

from __future__ import annotations

from typing import Any

from gi.repository import Gdk, Gtk

CSS = b"""
.recyclerie { background: #ffffff; color: #16202a; font-size: 17px; }
.recyclerie label { color: #16202a; }
.recyclerie .heading { font-size: 25px; font-weight: bold; }
.recyclerie .said { background: #eef2f6; border-radius: 8px; padding: 12px 16px; }
.recyclerie .quiet { color: #46545f; font-size: 15px; }
.recyclerie button.answer { min-height: 64px; min-width: 220px; font-size: 22px; font-weight: bold; color: #16202a;
  background: #ffffff; border: 3px solid #16202a; border-radius: 10px; box-shadow: none; text-shadow: none; }
.recyclerie button.answer label { color: #16202a; }
.recyclerie button.answer:hover, .recyclerie button.answer:focus { background: #dce6ee; }
.recyclerie button.answer:disabled, .recyclerie button.answer:disabled label { color: #8b979f; border-color: #8b979f; }
.recyclerie button.language { font-size: 16px; padding: 6px 14px; }
.recyclerie progressbar progress { background: #b35c00; min-height: 8px; border-radius: 4px; }
.recyclerie progressbar trough { background: #dfe4e8; min-height: 8px; border-radius: 4px; }
.recyclerie.small { font-size: 14px; }
.recyclerie.small .heading { font-size: 18px; }
.recyclerie.small .said { padding: 6px 10px; }
.recyclerie.small .quiet { font-size: 13px; }
.recyclerie.small button.answer { min-height: 44px; font-size: 18px; }
.recyclerie.small button.language { font-size: 13px; padding: 2px 10px; }
.recyclerie scrolledwindow, .recyclerie viewport { background: none; border: none; }
.banner { background: #b3261e; color: #ffffff; font-size: 17px; }
.banner label { color: #ffffff; }
.banner .who { font-weight: bold; }
.banner .left { font-size: 14px; }
.banner.lost { background: #6b4a00; }
.banner button { min-height: 40px; padding: 0 18px; font-size: 18px; font-weight: bold; color: #16202a;
  background: #ffffff; border: none; border-radius: 8px; box-shadow: none; text-shadow: none; }
.banner button label { color: #16202a; }
.banner button:hover { background: #ffe3e0; }
"""


def load() -> None:
    """Our own look over the theme's."""
    provider = Gtk.CssProvider()
    provider.load_from_data(CSS)
    screen = Gdk.Screen.get_default()
    Gtk.StyleContext.add_provider_for_screen(screen, provider, Gtk.STYLE_PROVIDER_PRIORITY_USER + 1)


def height() -> int:
    """Of the screen that the family looks at, in pixels."""
    display = Gdk.Display.get_default()
    monitor = display.get_primary_monitor() or display.get_monitor(0)
    return int(monitor.get_geometry().height) if monitor is not None else 768


def label(text: str, *classes: str, width: int = 60) -> Any:
    """A text as it is: no markup, no links, wrapped."""
    made = Gtk.Label()
    made.set_text(text)
    made.set_line_wrap(True)
    made.set_line_wrap_mode(2)  # Pango.WrapMode.WORD_CHAR: a word without an end does not widen the window
    made.set_max_width_chars(width)
    made.set_xalign(0.0)  # where the reading begins: GTK turns it around for Arabic
    for name in classes:
        made.get_style_context().add_class(name)
    return made


def one_line(name: str) -> Any:
    """A text on one line."""
    made = Gtk.Label(xalign=0.0)
    made.get_style_context().add_class(name)
    return made


def available() -> bool:
    """Whether a display could be opened."""
    return Gdk.Display.get_default() is not None
