"""``python3 -m agent.assist.window question|banner|keys|wake``."""

from __future__ import annotations

import sys

from agent.assist.window.lines import NO_LIBRARY


def main() -> int:
    """One window, until it has its answer or its input ends."""
    if sys.argv[1:] == ["keys"]:
        from agent.assist.window.keys import run as give_back

        return give_back()
    if sys.argv[1:] == ["wake"]:
        from agent.assist.window.wake import run as light

        return light()
    try:
        import gi

        gi.require_version("Gtk", "3.0")
        from gi.repository import Gtk  # noqa: F401
    except (ImportError, ValueError) as problem:
        print(f"GTK is missing: {problem}", file=sys.stderr)
        return NO_LIBRARY
    if sys.argv[1:] == ["question"]:
        from agent.assist.window.question import run
    elif sys.argv[1:] == ["banner"]:
        from agent.assist.window.banner import run
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return run()


sys.exit(main())
