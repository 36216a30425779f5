"""An editor of the family, for tests: ``python3 editor.py FILE [fullscreen]`` keeps in FILE what is typed into it."""

from __future__ import annotations

import sys
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402

window = Gtk.Window(title="editor")
entry = Gtk.Entry()
entry.connect("changed", lambda _: Path(sys.argv[1]).write_text(entry.get_text()))
window.add(entry)
window.set_default_size(400, 60)
window.connect("map-event", lambda *_: Path(sys.argv[1]).write_text(""))
if "fullscreen" in sys.argv:
    window.set_keep_above(True)
    window.fullscreen()
window.show_all()
Gtk.main()
