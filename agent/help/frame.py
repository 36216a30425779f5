"""The window around the pages: languages, heading, the row of buttons, and what became of the last request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from gi.repository import GLib, Gtk

from agent.help import style
from agent.help import words_of_desk as desk
from agent.help.counter import question
from agent.help.words import TITLE, Words
from agent.locales import LANGUAGES, RIGHT_TO_LEFT, translation

LOOK_SECONDS = 5  # how often it is looked whether somebody has the last request


class Frame:
    """One window that shows a page at a time: a function that fills the body and returns what has the focus."""

    def __init__(self, language: str, page: Callable[[], Any]) -> None:
        """``page``: the first one."""
        self.language = language
        self.words = Words(translation(language))
        self.page = page
        self.body: Any = None
        self.news: Any = None
        self.status: Any = None  # the label of the last request, on pages that have it
        self.window = Gtk.Window()
        style.load()
        self.window.get_style_context().add_class("recyclerie")
        self.window.set_position(Gtk.WindowPosition.CENTER)
        self.window.set_icon_name("recyclerie-help")
        self.window.connect("destroy", lambda *_: Gtk.main_quit())

    def show(self) -> None:
        """Put it on the screen, and look what became of the last request."""
        self.fill()
        self.ask_state()
        GLib.timeout_add_seconds(LOOK_SECONDS, self.ask_state)

    def fill(self, page: Callable[[], Any] | None = None) -> None:
        """Show a page, or the same one again."""
        self.page = page or self.page
        right_to_left = self.language in RIGHT_TO_LEFT
        Gtk.Widget.set_default_direction(Gtk.TextDirection.RTL if right_to_left else Gtk.TextDirection.LTR)
        if self.body is not None:
            self.window.remove(self.body)
            self.body.destroy()
        self.status = None
        self.body = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=14, margin=24)
        self.body.pack_start(self.languages(), False, False, 0)
        focus = self.page()
        self.window.set_title(self.say(TITLE))
        self.window.add(self.body)
        self.window.resize(1, 1)  # as small as the page lets it be
        self.window.show_all()
        if focus is not None:
            focus.grab_focus()

    def say(self, message: str) -> str:
        """In the language of the window."""
        return self.words.say(message)

    def heading(self, message: str) -> None:
        """The one line that says what this page is."""
        self.body.pack_start(style.label(self.say(message), "heading", width=44), False, False, 0)

    def languages(self) -> Any:
        """The other languages, each under its own name."""
        row = Gtk.Box(spacing=8, halign=Gtk.Align.END)
        for code, name in LANGUAGES.items():
            if code != self.language:
                button = Gtk.Button(label=name)
                button.get_style_context().add_class("language")
                button.connect("clicked", self.on_language, code)
                row.pack_start(button, False, False, 0)
        return row

    def buttons(self, *made: tuple[str, Callable[[], None]]) -> Any:
        """The row at the bottom; returns its last button, the one that goes on."""
        row = Gtk.Box(spacing=24, homogeneous=True, margin_top=6)
        button = None
        for message, do in made:
            button = Gtk.Button(label=self.say(message))
            button.get_style_context().add_class("answer")
            button.connect("clicked", lambda _, go=do: go())
            row.pack_start(button, True, True, 0)
        self.body.pack_end(row, False, False, 0)
        return button

    def add_status(self) -> None:
        """What became of the last request, where there is one."""
        self.status = style.label("", "said", width=62)
        self.body.pack_start(self.status, False, False, 0)
        self.status.set_no_show_all(True)
        self.show_status()

    def show_status(self) -> None:
        """Its newest state."""
        if self.status is not None and self.news:
            self.status.set_text("\n".join(line for line in self.words.last(self.news) if line))
            self.status.show()

    def on_language(self, _: Any, code: str) -> None:
        """Say everything in another language."""
        self.language, self.words = code, Words(translation(code))
        self.fill()

    def ask_state(self) -> bool:
        """Look what became of the last request; again and again."""

        def heard(answer: dict[str, Any]) -> bool:
            requests = answer.get("requests")
            if isinstance(requests, list) and requests and isinstance(requests[0], dict):
                self.news = requests[0]
                self.show_status()
            return False

        threading.Thread(target=lambda: GLib.idle_add(heard, question(desk.STATE)), daemon=True).start()
        return True
