"""*Ask for help*: the window behind the icon on the desktop. GTK 3, as the person at the screen."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Show it until it is closed; 3 where GTK is missing, 1 without a display."""
    try:
        import gi

        gi.require_version("Gtk", "3.0")
        from gi.repository import Gtk
    except (ImportError, ValueError) as problem:
        print(f"GTK is missing: {problem}", file=sys.stderr)
        return 3
    from agent.assist.window import look

    if not look.available():
        print("the display can't be opened", file=sys.stderr)
        return 1
    from agent.help.pages import HelpWindow
    from agent.locales import language_of

    look.load()
    window = HelpWindow(language_of(os.environ))
    window.show()
    Gtk.main()
    return 0
