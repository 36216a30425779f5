"""The question: who asks, why, for how long; Accept and Refuse. Everything but a click on Accept means no."""

from __future__ import annotations

import sys
import time
from typing import Any

from gi.repository import Gdk, GLib, Gtk

from agent.assist.window import look, words
from agent.assist.window.lines import Lines, say
from agent.locales import LANGUAGES, RIGHT_TO_LEFT, language_of, translation

PRESSING = (Gdk.KEY_Return, Gdk.KEY_KP_Enter, Gdk.KEY_ISO_Enter, Gdk.KEY_space, Gdk.KEY_KP_Space)
SMALL_HEIGHT = 720  # pixels: netbooks have 600
ARMED_SECONDS = 1.2  # a click or key that was meant for something else, as the window came up, is no answer


class Question:
    """One window."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.asked: dict[str, Any] = {}
        self.language = language_of()
        self.until = float("inf")  # nobody has read it before it is on the screen
        self.armed_at = float("inf")
        self.answered = False
        self.small = False
        self.window: Any = None
        self.body: Any = None
        self.countdown: Any = None
        self.bar: Any = None
        self.buttons: list[Any] = []

    # -- talking with the agent ----------------------------------------------------------------------

    def on_input(self, *_: Any) -> bool:
        """What to show; the end of the input is the end of the window."""
        for message in self.lines.read():
            if not self.asked:
                self.asked = message
                if message.get("language") in LANGUAGES:
                    self.language = str(message["language"])
                self.open()
        if self.lines.ended:
            Gtk.main_quit()
        return not self.lines.ended

    def answer(self, answer: str) -> None:
        """The one answer; the agent closes the window."""
        if not self.answered:
            self.answered = True
            say("answer", answer=answer, language=self.language)
            Gtk.main_quit()

    # -- the window ----------------------------------------------------------------------------------

    def open(self) -> None:
        """Put it on the screen, in front, without taking the keyboard away from what is being typed."""
        window = self.window = Gtk.Window()
        window.get_style_context().add_class("recyclerie")
        self.small = look.height() < SMALL_HEIGHT
        if self.small:
            window.get_style_context().add_class("small")
        window.set_position(Gtk.WindowPosition.CENTER_ALWAYS)
        window.set_type_hint(Gdk.WindowTypeHint.NORMAL)
        window.set_keep_above(True)
        window.stick()
        window.set_focus_on_map(False)
        window.set_resizable(False)
        window.set_skip_taskbar_hint(False)
        window.set_urgency_hint(True)
        window.connect("delete-event", self.on_close)
        window.connect("key-press-event", self.on_key)
        window.connect("map-event", self.on_shown)
        self.fill()
        window.show_all()
        window.set_focus(None)
        GLib.timeout_add(250, self.tick)

    def fill(self) -> None:
        """The contents, in the chosen language."""
        right_to_left = self.language in RIGHT_TO_LEFT
        Gtk.Widget.set_default_direction(Gtk.TextDirection.RTL if right_to_left else Gtk.TextDirection.LTR)
        if self.body is not None:
            self.window.remove(self.body)
            self.body.destroy()
        spoken = words.Words(translation(self.language), self.asked)
        space, margin, width = (7, 12, 84) if self.small else (14, 24, 60)
        body = self.body = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=space, margin=margin)
        body.pack_start(self.languages(), False, False, 0)
        facts = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=space)
        facts.pack_start(look.label(spoken.heading(), "heading", width=width * 3 // 4), False, False, 0)
        for text, name in spoken.facts():
            facts.pack_start(look.label(text, *([name] if name else []), width=width), False, False, 0)
        # The longest texts on the smallest screen: the answers are always to be seen.
        scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER, propagate_natural_height=True)
        scrolled.set_propagate_natural_width(True)
        scrolled.set_overlay_scrolling(False)
        scrolled.set_max_content_height(max(160, look.height() - (240 if self.small else 330)))
        scrolled.add(facts)
        body.pack_start(scrolled, True, True, 0)
        self.countdown = look.label("", "quiet")
        self.bar = Gtk.ProgressBar()
        body.pack_start(self.bar, False, False, 0)
        body.pack_start(self.countdown, False, False, 0)
        row = Gtk.Box(spacing=24, homogeneous=True, margin_top=6)
        self.buttons = []
        for text, answer in ((spoken.refuse(), "refuse"), (spoken.accept(), "accept")):
            button = Gtk.Button(label=text)
            button.get_style_context().add_class("answer")
            button.set_name(answer)
            button.connect("clicked", self.on_click, answer)
            self.buttons.append(button)
            row.pack_start(button, True, True, 0)
        body.pack_end(row, False, False, 0)
        self.spoken = spoken
        self.window.set_title(spoken.title())
        self.window.add(body)
        self.tick()
        body.show_all()
        self.window.set_focus(None)

    def languages(self) -> Any:
        """The other languages, each under its own name."""
        row = Gtk.Box(spacing=8, halign=Gtk.Align.END)
        for code, name in LANGUAGES.items():
            if code != self.language:
                button = Gtk.Button(label=name)
                button.get_style_context().add_class("language")
                button.connect("clicked", self.on_language, code)
                button.set_focus_on_click(False)
                row.pack_start(button, False, False, 0)
        return row

    # -- what happens --------------------------------------------------------------------------------

    def on_shown(self, *_: Any) -> bool:
        """It is on the screen: from now on the agent counts too."""
        if self.armed_at == float("inf"):
            now = time.monotonic()
            self.armed_at, self.until = now + ARMED_SECONDS, now + float(self.asked["seconds"])
            say("shown")
            self.tick()
        return False

    def on_close(self, *_: Any) -> bool:
        """Closing the window is an answer."""
        self.answer("refuse")
        return True

    def on_language(self, _: Any, code: str) -> None:
        """Say everything in another language."""
        self.language = code
        self.fill()

    def on_click(self, button: Any, answer: str) -> None:
        """A click, or Space or Enter on a button that was reached with Tab."""
        if answer == "refuse" or time.monotonic() >= self.armed_at:
            self.answer(answer)

    def on_key(self, _: Any, event: Any) -> bool:
        """Escape is no. Enter or Space alone never accept: whoever types or plays with the keyboard did not agree."""
        if event.keyval == Gdk.KEY_Escape:
            self.answer("refuse")
            return True
        focused = self.window.get_focus()
        if event.keyval not in PRESSING or focused is None or focused.get_name() != "accept":
            return False
        if event.state & Gdk.ModifierType.CONTROL_MASK:
            self.on_click(focused, "accept")
        return True

    def tick(self) -> bool:
        """Count down; at the end it is no answer, and no answer is no."""
        left = min(max(0.0, self.until - time.monotonic()), float(self.asked["seconds"]))
        armed = time.monotonic() >= self.armed_at
        for button in self.buttons:
            button.set_sensitive(armed)
        focused = self.window.get_focus()
        by_key = focused is not None and focused.get_name() == "accept"
        self.countdown.set_text(self.spoken.by_key() if by_key else self.spoken.countdown(round(left)))
        self.bar.set_fraction(left / max(1.0, float(self.asked["seconds"])))
        if left <= 0:
            Gtk.main_quit()
        return left > 0


def run() -> int:
    """Show the question that comes on standard input."""
    if not look.available():
        print("the display can't be opened", file=sys.stderr)
        return 1
    look.load()
    question = Question()
    GLib.io_add_watch(
        sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, question.on_input
    )
    Gtk.main()
    return 0
