"""The banner: who sees the screen, for how long still, and the one button that ends it. There as long as they are."""

from __future__ import annotations

import sys
import time
from typing import Any

from gi.repository import Gdk, GLib, Gtk

from agent.assist.window import look, words
from agent.assist.window.lines import Lines, say
from agent.locales import LANGUAGES, RIGHT_TO_LEFT, language_of, translation

RAISE_MILLISECONDS = 700  # what comes up later and covers everything covers the banner for no longer than this
LONGEST_NAME = 40  # characters
ALIVE_TICKS = 3  # of these: how often the agent hears that the banner is there


class Banner:
    """One window of the kind that no window manager moves, covers or closes, on all workspaces."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.state: dict[str, Any] = {}
        self.until = 0.0
        self.lost_until: float | None = None
        self.window: Any = None
        self.text: Any = None
        self.left: Any = None
        self.button: Any = None
        self.ticks = 0
        self.language = ""
        self.catalogue: Any = None
        self.said: tuple[Any, ...] = ()  # what it shows now
        self.at = (-1, -1)

    def on_input(self, *_: Any) -> bool:
        """The agent says what to show; the end of the input is the end of the banner."""
        for message in self.lines.read():
            self.take(message)
        if self.lines.ended:
            Gtk.main_quit()
        return not self.lines.ended

    def take(self, message: dict[str, Any]) -> None:
        """Show this from now on."""
        self.state = message
        self.until = time.monotonic() + float(message["seconds"])
        lost = message.get("lost")
        self.lost_until = None if lost is None else time.monotonic() + float(lost)
        if self.window is None:
            self.open()
        self.fill()
        if self.window.get_mapped():
            say("shown", control=bool(message.get("control")))

    def open(self) -> None:
        """At the top, in the middle."""
        window = self.window = Gtk.Window(type=Gtk.WindowType.POPUP)
        window.set_title("banner")
        window.get_style_context().add_class("banner")
        window.set_keep_above(True)
        window.stick()
        window.set_accept_focus(False)
        window.add_events(Gdk.EventMask.VISIBILITY_NOTIFY_MASK | Gdk.EventMask.STRUCTURE_MASK)
        window.connect("map-event", self.on_shown)
        window.connect("unmap-event", self.on_gone)
        window.connect("destroy", self.on_gone)
        window.connect("delete-event", self.on_stop)
        window.connect("visibility-notify-event", self.on_covered)
        window.connect("size-allocate", lambda *_: self.place())
        screen = Gdk.Screen.get_default()
        for signal in ("size-changed", "monitors-changed"):
            screen.connect(signal, lambda *_: self.place())
        row = Gtk.Box(spacing=18, margin_start=18, margin_end=8, margin_top=6, margin_bottom=6)
        self.text, self.left = look.one_line("who"), look.one_line("left")
        lines = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, valign=Gtk.Align.CENTER)
        lines.pack_start(self.text, False, False, 0)
        lines.pack_start(self.left, False, False, 0)
        self.button = Gtk.Button()
        self.button.set_name("stop")
        self.button.connect("clicked", self.on_stop)
        row.pack_start(lines, True, True, 0)
        row.pack_end(self.button, False, False, 0)
        window.add(row)
        GLib.timeout_add(RAISE_MILLISECONDS, self.tick)

    def fill(self) -> None:
        """The words of this moment. Nothing is drawn anew that is there already: a slow PC has other things to do."""
        language = self.state.get("language")
        language = str(language) if language in LANGUAGES else language_of()
        if language != self.language:
            self.language, self.catalogue = language, translation(language)
            right_to_left = language in RIGHT_TO_LEFT
            Gtk.Widget.set_default_direction(Gtk.TextDirection.RTL if right_to_left else Gtk.TextDirection.LTR)
        spoken = words.Words(self.catalogue, self.state | {"who": shortened(str(self.state["who"]))})
        now = time.monotonic()
        if self.lost_until is None:
            left = spoken.left(max(0, round(self.until - now)))
        else:
            left = spoken.lost(max(0, round(self.lost_until - now)))
        said = (spoken.banner(), left, spoken.stop(), self.lost_until is not None)
        if said == self.said:
            return
        self.said = said
        self.text.set_text(said[0])
        self.left.set_text(left)
        self.button.set_label(said[2])
        style = self.window.get_style_context()
        (style.add_class if said[3] else style.remove_class)("lost")
        self.window.resize(1, 1)  # no larger than its words
        self.window.show_all()

    def place(self) -> None:
        """Where it belongs, also after the screen got another size."""
        display = Gdk.Display.get_default()
        monitor = display.get_primary_monitor() or display.get_monitor(0)
        if monitor is not None and self.window is not None:
            area = monitor.get_geometry()
            width = self.window.get_allocated_width()
            at = (area.x + max(0, (area.width - width) // 2), area.y)
            if at != self.at or self.window.get_position() != at:
                self.at = at
                self.window.move(*at)

    def on_shown(self, *_: Any) -> bool:
        """It is on the screen."""
        say("shown", control=bool(self.state.get("control")))
        return False

    def on_covered(self, _: Any, event: Any) -> bool:
        """Something lies over it: back on top."""
        if event.state != Gdk.VisibilityState.UNOBSCURED:
            self.window.get_window().raise_()
        return False

    def on_stop(self, *_: Any) -> bool:
        """The button."""
        say("stop")
        self.button.set_sensitive(False)
        return True

    def on_gone(self, *_: Any) -> bool:
        """Something took it off the screen: then nothing is seen any more either."""
        say("stop")
        Gtk.main_quit()
        return False

    def tick(self) -> bool:
        """Again on top, again in its place, again the time."""
        window = self.window.get_window()
        if window is not None:
            window.raise_()
        self.place()
        self.fill()
        self.ticks += 1
        if self.ticks % ALIVE_TICKS == 0 and self.window.get_mapped():
            say("alive")
        return True


def shortened(name: str) -> str:
    """A name that fits beside the button, also on a small screen. The question showed all of it."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def run() -> int:
    """Wait for what to show, then show it."""
    if not look.available():
        print("the display can't be opened", file=sys.stderr)
        return 1
    look.load()
    banner = Banner()
    conditions = GLib.IOCondition.IN | GLib.IOCondition.HUP
    GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, conditions, banner.on_input)
    Gtk.main()
    return 0
