"""A window to write in, for Debian's own python3: ``python3 paper.py FILE``.

GTK's own editor, with its own handling of keyboards and clipboards; FILE always holds what stands in it. SIGUSR1
empties it, and only then is FILE.cleared there: what a test clears is never what it typed after asking.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Until killed."""
    import gi

    gi.require_version("Gtk", "3.0")
    from gi.repository import GLib, Gtk

    file = Path(sys.argv[1])
    window = Gtk.Window(title=file.name)
    text = Gtk.TextView(wrap_mode=Gtk.WrapMode.WORD)
    window.add(text)
    written = text.get_buffer()

    def keep(*_: Any) -> None:
        new = file.with_suffix(".new")
        new.write_text(written.get_text(written.get_start_iter(), written.get_end_iter(), True))
        new.rename(file)

    def clear(*_: Any) -> bool:
        written.set_text("")
        file.with_suffix(".cleared").touch()
        return True

    written.connect("changed", keep)
    window.connect("destroy", Gtk.main_quit)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, clear)
    keep()
    window.show_all()
    Gtk.main()


if __name__ == "__main__":
    main()
