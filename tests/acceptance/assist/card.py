"""A window of four colours, for Debian's own python3: ``python3 card.py WIDTH HEIGHT``.

Top left, top right, bottom left, bottom right. Each key or click that reaches it turns the colours by one.
"""

from __future__ import annotations

import sys
from typing import Any

COLOURS = ((200, 30, 30), (30, 160, 60), (40, 70, 200), (230, 190, 20))
TITLE = "Four colours"


def main() -> None:
    """Until killed."""
    import gi

    gi.require_version("Gdk", "3.0")
    gi.require_version("Gtk", "3.0")
    from gi.repository import Gdk, Gtk

    styles = Gtk.CssProvider()
    styles.load_from_data(
        "".join(f"#c{n} {{ background: rgb{colour}; }}\n" for n, colour in enumerate(COLOURS)).encode()
    )
    Gtk.StyleContext.add_provider_for_screen(Gdk.Screen.get_default(), styles, Gtk.STYLE_PROVIDER_PRIORITY_USER)
    window = Gtk.Window(title=TITLE, default_width=int(sys.argv[1]), default_height=int(sys.argv[2]))
    grid = Gtk.Grid(row_homogeneous=True, column_homogeneous=True)
    parts = [Gtk.Box(hexpand=True, vexpand=True) for _ in COLOURS]
    for n, part in enumerate(parts):
        grid.attach(part, n % 2, n // 2, 1, 1)
    window.add(grid)
    window.add_events(Gdk.EventMask.KEY_PRESS_MASK | Gdk.EventMask.BUTTON_PRESS_MASK)
    turned = [0]

    def show() -> None:
        for n, part in enumerate(parts):
            part.set_name(f"c{(n + turned[0]) % len(COLOURS)}")

    def turn(*_: Any) -> bool:
        turned[0] += 1
        show()
        return True

    window.connect("key-press-event", turn)
    window.connect("button-press-event", turn)
    window.connect("destroy", Gtk.main_quit)
    show()
    window.show_all()
    Gtk.main()


if __name__ == "__main__":
    main()
