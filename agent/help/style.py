"""What this window looks like beyond what all our windows do: pictograms, six large digits."""

from __future__ import annotations

from typing import Any

from gi.repository import Gdk, GdkPixbuf, GLib, Gtk

from agent.assist.window import look
from agent.help.pictures import svg

CSS = b"""
.recyclerie button.topic { min-height: 104px; min-width: 176px; padding: 8px; background: #ffffff; color: #16202a;
  border: 2px solid #9aa7b1; border-radius: 10px; box-shadow: none; text-shadow: none; font-size: 17px; }
.recyclerie button.topic label { color: #16202a; }
.recyclerie button.topic:hover, .recyclerie button.topic:focus { background: #dce6ee; border-color: #16202a; }
.recyclerie button.wide { min-height: 60px; }
.recyclerie .written, .recyclerie .written text, .recyclerie entry {
  background: #ffffff; color: #16202a; font-size: 18px; }
.recyclerie .frame { border: 2px solid #9aa7b1; border-radius: 8px; padding: 6px; }
.recyclerie entry { border: 2px solid #9aa7b1; border-radius: 8px; min-height: 40px; box-shadow: none; }
.recyclerie entry:focus { border-color: #16202a; }
.recyclerie .figures { font-size: 96px; font-weight: bold; font-family: monospace; color: #16202a; }
"""


def load() -> None:
    """Over the look of all our windows."""
    provider = Gtk.CssProvider()
    provider.load_from_data(CSS)
    screen = Gdk.Screen.get_default()
    Gtk.StyleContext.add_provider_for_screen(screen, provider, Gtk.STYLE_PROVIDER_PRIORITY_USER + 2)


def label(text: str, *classes: str, width: int = 60) -> Any:
    """A text at the beginning of its line: on the right in Arabic (GTK turns alignment round by itself)."""
    made = look.label(text, *classes, width=width)
    made.set_xalign(0.0)
    return made


def picture(name: str, size: int) -> Any | None:
    """A pictogram; None where this system can't draw SVG: the words say it too."""
    try:
        loader = GdkPixbuf.PixbufLoader.new_with_type("svg")
        loader.write(svg(name, size=size).encode())
        loader.close()
    except GLib.Error:
        return None
    pixbuf = loader.get_pixbuf()
    return Gtk.Image.new_from_pixbuf(pixbuf) if pixbuf is not None else None


def picture_button(name: str, text: str) -> Any:
    """A big button: pictogram above, words below."""
    return _button(name, text, Gtk.Orientation.VERTICAL, 48)


def wide_button(name: str, text: str) -> Any:
    """A wide one: pictogram beside the words."""
    button = _button(name, text, Gtk.Orientation.HORIZONTAL, 32)
    button.get_style_context().add_class("wide")
    return button


def _button(name: str, text: str, direction: Any, size: int) -> Any:
    button = Gtk.Button()
    button.set_name(name)
    button.get_style_context().add_class("topic")
    box = Gtk.Box(orientation=direction, spacing=10, halign=Gtk.Align.CENTER, valign=Gtk.Align.CENTER)
    drawn = picture(name, size)
    if drawn is not None:
        box.pack_start(drawn, False, False, 0)
    words = label(text, width=60 if direction == Gtk.Orientation.HORIZONTAL else 18)
    words.set_justify(Gtk.Justification.CENTER)
    words.set_xalign(0.5)
    box.pack_start(words, False, False, 0)
    button.add(box)
    return button
